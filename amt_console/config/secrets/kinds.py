"""The kinds of secrets: headers, URLs, database URLs. Each has its check and its masked form."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from amt_console.config.faults import Refused
from amt_console.config.secrets.secret import Secret
from amt_console.config.secrets.urls import (
    database_url,
    mask_hook_url,
    mask_url,
    secret_parts_of_url,
    sounds_secret,
    split_http_url,
    store_url,
)

HOOK_SECRET_BYTES = 24
"""Least length of a key of signatures, as Standard Webhooks has it."""
MAX_ARGUMENT_CHARS = 4096
_LONG_PIECE = 12
"""Characters of a piece of a secret URL that is secret by itself; shorter ones are words like ``hooks``."""
_DATA_KEY = re.compile(r"^(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$")


def _whole_reference(written: str) -> bool:
    return written.startswith(("file:", "credential:", "${"))


class HeaderSecret(Secret):
    """The value of an HTTP header: no line breaks."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse text that would inject another header."""
        if not text.isprintable() or not text.isascii() or text != text.strip():
            raise Refused("must be one line of printable ASCII characters, to be sent as a header")

    def holds_secret(self, key: str) -> bool:
        """Whether the header's name says so."""
        return sounds_secret(key)

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """A reference, or what follows a word like Bearer: other inline values are ordinary headers."""
        parts = Secret.secret_parts(self, text)
        return parts if not self.inline else tuple(part for part in parts if part != text)


class ArgumentSecret(Secret):
    """An argument of a command: plain text is shown, a reference is a secret."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse what no argument can hold."""
        if "\x00" in text or len(text) > MAX_ARGUMENT_CHARS:
            raise Refused(f"must be text of at most {MAX_ARGUMENT_CHARS} characters without NUL")

    def holds_secret(self, key: str) -> bool:
        """An argument that is written in the file is none."""
        return False

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """Nothing of an argument that is written in the file."""
        return () if self.inline else (text,)

    def __str__(self) -> str:
        """As it is written."""
        return self.written


class UrlSecret(Secret):
    """An http or https URL that is secret as a whole, like a chat webhook's."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse anything but an absolute http or https URL."""
        split_http_url(text)

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """The whole, what follows the host, and long pieces of it."""
        parts = urlsplit(text)
        path = parts.path.strip("/")
        pieces = (piece for piece in re.split(r"[/&=]", f"{path}&{parts.query}") if len(piece) >= _LONG_PIECE)
        return (text, path, *pieces, *secret_parts_of_url(text))

    def __str__(self) -> str:
        """Scheme and host only."""
        return mask_hook_url(self.written) if self.inline else Secret.__str__(self)


class LoginUrlSecret(UrlSecret):
    """An http or https URL; only user name, password and parameters may be secret."""

    __slots__ = ()

    def holds_secret(self, key: str) -> bool:
        """Whether masking removes anything."""
        return mask_url(self.written) != self.written

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """Password and parameters."""
        return secret_parts_of_url(text)

    def __str__(self) -> str:
        """Without password."""
        return Secret.__str__(self) if _whole_reference(self.written) else mask_url(self.written)


class TeamsUrlSecret(UrlSecret):
    """The URL of a Teams workflow."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse retired connector URLs."""
        host = split_http_url(text).hostname or ""
        if host == "outlook.office.com" or host == "webhook.office.com" or host.endswith(".webhook.office.com"):
            raise Refused(
                "is the URL of an Office 365 connector, which Microsoft has retired: nothing sent to it arrives",
                'in Teams create a workflow "When a Teams webhook request is received" and put its URL here',
            )


class SigningSecret(Secret):
    """The key of signatures: ``whsec_`` and base64 as Standard Webhooks writes it, or any text."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse ``whsec_`` in front of what is no base64."""
        if text.startswith("whsec_"):
            try:
                b64decode(text.removeprefix("whsec_"), validate=True)
            except binascii.Error:
                raise Refused("must be base64 after whsec_, as Standard Webhooks writes keys") from None


class HookSecret(SigningSecret):
    """The key of signatures that come in: long enough that nobody finds it by trying."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse less than 24 bytes, the least that Standard Webhooks allows."""
        super().check(text)
        key = b64decode(text.removeprefix("whsec_")) if text.startswith("whsec_") else text.encode()
        if len(key) < HOOK_SECRET_BYTES:
            raise Refused(
                f"has {len(key)} bytes, and must have {HOOK_SECRET_BYTES}: whoever guesses it can open and end alerts",
                "whsec_ and the output of: openssl rand -base64 32",
            )


class TopicUrlSecret(UrlSecret):
    """The URL of an ntfy topic."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse a URL without exactly one path segment, which is the topic."""
        parts = split_http_url(text)
        if not re.fullmatch(r"/[A-Za-z0-9_-]{1,64}", parts.path) or parts.query or parts.fragment:
            raise Refused("must be the URL of a topic, such as https://ntfy.sh/our-alerts")


class DataKeySecret(Secret):
    """A key of the database. One that cannot be had makes the values unreadable that need it, and nothing else."""

    __slots__ = ()
    needed = False

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse what is not 32 bytes in base64 or hexadecimal digits."""
        if not _DATA_KEY.match(text):
            raise Refused("must be 32 random bytes in base64", "make one with `openssl rand -base64 32`")


class DatabaseUrlSecret(Secret):
    """A database URL that may hold a password. A reference in its user part is percent-encoded automatically."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse a URL that SQLAlchemy cannot parse."""
        database_url(text)

    def holds_secret(self, key: str) -> bool:
        """Whether masking removes anything."""
        return mask_url(self.written) != self.written

    def secret_parts(self, text: str) -> tuple[str, ...]:
        """Password and parameters."""
        return secret_parts_of_url(text)

    def _variable(self, found: re.Match[str], env: Mapping[str, str]) -> str:
        value = Secret._variable(self, found, env)
        return quote(value, safe="") if found.end() <= self.written.rfind("@") else value

    def __str__(self) -> str:
        """Without password."""
        return Secret.__str__(self) if _whole_reference(self.written) else mask_url(self.written)


class StoreUrlSecret(DatabaseUrlSecret):
    """The URL of the program's own database."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse a URL that the store cannot use."""
        store_url(text)
