"""Secrets: references or inline values, resolved when used, never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from amt_console.config.faults import Refused
from amt_console.config.secrets.urls import (
    MASK,
)
from amt_console.redaction import remember

MAX_SECRET_BYTES = 64 * 1024
_REFERENCE = re.compile(r"\$?\$\{([^}]*)\}?")
_ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_CREDENTIAL_NAME = re.compile(r"^[A-Za-z0-9_.-]+$")
_SCHEME_WORD = re.compile(r"^(Bearer|Basic|Token|Digest) +", re.I)


def _read_secret_file(path: Path, what: str) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_SECRET_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise Refused(f"cannot be resolved: {what} is not readable ({reason})") from None
    if len(content) > MAX_SECRET_BYTES:
        raise Refused(f"cannot be resolved: {what} is larger than {MAX_SECRET_BYTES // 1024} KiB")
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refused(f"cannot be resolved: {what} is not UTF-8 text") from None


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that must not be seen.

    ``${NAME}`` is replaced by an environment variable, also within a text (``$${`` writes a plain ``${``);
    ``file:/path`` is the content of a file; ``credential:NAME`` is a systemd credential from
    ``$CREDENTIALS_DIRECTORY``. Anything else is the secret itself.
    """

    FORMAT: ClassVar[str] = "secret"
    needed: ClassVar[bool] = True
    """Whether nothing may start without it."""
    written: str = field(repr=False)
    """The text in the file; may be the secret itself."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """A secret from the text in the file. Raises Refused."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            raise Refused("must be text, or a reference: ${NAME}, file:/path or credential:NAME")
        secret = cls(value)
        for found in _REFERENCE.finditer(value):
            if not found[0].startswith("$$") and not (_ENV_NAME.match(found[1]) and found[0].endswith("}")):
                raise Refused("has a malformed reference", "write ${NAME}, or $${ for a plain ${")
        if value.startswith("credential:") and not _CREDENTIAL_NAME.match(value.removeprefix("credential:")):
            raise Refused("must name a credential by letters, digits, dot, dash and underscore")
        if secret.inline:
            cls.check(secret.resolve({}))
        return secret

    @classmethod
    def check(cls, text: str) -> None:
        """Check the resolved text. Raises Refused."""

    @property
    def references(self) -> tuple[str, ...]:
        """Where the value comes from, e.g. ``environment TOKEN``; empty for an inline secret."""
        for prefix, word in (("file:", "file"), ("credential:", "credential")):
            if self.written.startswith(prefix):
                return (f"{word} {self.written.removeprefix(prefix)}",)
        return tuple(f"environment {found[1]}" for found in self._variables())

    @property
    def inline(self) -> bool:
        """Whether the secret itself is in the file."""
        return not self.references

    def holds_secret(self, key: str) -> bool:
        """Whether an inline value under ``key`` should be private."""
        return True

    def _variables(self) -> list[re.Match[str]]:
        return [found for found in _REFERENCE.finditer(self.written) if not found[0].startswith("$$")]

    def resolve(self, env: Mapping[str, str]) -> str:
        """The secret itself. Raises Refused, naming the variable, file or credential that is missing."""
        if self.written.startswith("file:"):
            path = Path(self.written.removeprefix("file:"))
            if not path.is_absolute():
                raise Refused("cannot be resolved: the path after file: must be absolute")
            text = _read_secret_file(path, f"the file {path}")
        elif self.written.startswith("credential:"):
            text = self._credential(env)
        else:
            text = _REFERENCE.sub(lambda found: self._variable(found, env), self.written)
        if not text:
            raise Refused("cannot be resolved: it is empty")
        if not self.inline:
            self.check(text)
        remember(self.secret_parts(text))
        return text

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """What of the resolved text nobody shall read, wherever it turns up."""
        return (text, _SCHEME_WORD.sub("", text))

    def _credential(self, env: Mapping[str, str]) -> str:
        name = self.written.removeprefix("credential:")
        folder = env.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise Refused(
                f"cannot be resolved: credential {name} needs systemd's $CREDENTIALS_DIRECTORY",
                f"start under a unit with LoadCredential={name}:/path",
            )
        return _read_secret_file(Path(folder) / name, f"the credential {name}")

    def _variable(self, found: re.Match[str], env: Mapping[str, str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        value = env.get(found[1], "")
        if not value:
            raise Refused(f"cannot be resolved: the environment variable {found[1]} is not set, or empty")
        return value

    def __str__(self) -> str:
        """The masked form: references are shown, everything else is stars."""
        if self.written.startswith(("file:", "credential:")):
            return self.written
        scheme = _SCHEME_WORD.match(self.written)
        names = [f"${{{found[1]}}}" for found in self._variables()]
        return f"{scheme[0] if scheme else ''}{''.join(names) or MASK}"

    def __repr__(self) -> str:
        """Masked as well."""
        return f"{type(self).__name__}({str(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by ``parse``, serialise masked."""
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Text, marked by its format for editors."""
        return {"type": "string", "minLength": 1, "format": cls.FORMAT}
