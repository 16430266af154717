"""Reads a file into a plain document: JSON or TOML by suffix. Refuses hostile content with its place."""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from amt_console.config.faults import ConfigError, Fault
from amt_console.text import safe_text

MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_FINDINGS = 100
MAX_WHOLE_NUMBER = 2**53
MAX_DIGITS = 300
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
Document = dict[str, Any]


class _Table(dict[str, Any]):
    """A JSON object that remembers repeated keys."""

    repeated: tuple[str, ...] = ()


def _table(pairs: list[tuple[str, Any]]) -> _Table:
    table = _Table(pairs)
    if len(table) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        table.repeated = tuple(key for key, count in counts.items() if count > 1)
    return table


def join(path: str, part: str | int) -> str:
    """The dotted path of a key or list item below ``path``; hostile keys are sanitised."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    key = _key(part)
    return f"{path}.{key}" if path else key


@lru_cache(maxsize=1024)
def _key(part: str) -> str:
    """A key as it is shown: each of many services has the same ones."""
    key = safe_text(part, 80)
    return key if re.fullmatch(r"[\w*-]+", key) else f'"{key}"'


def has_part(value: Any, part: str | int) -> bool:
    """Whether a document's table or list has a key or item."""
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def fingerprint(path: Path) -> str:
    """A digest of the file's content, to notice changes; empty for a file that is missing or unreadable."""
    try:
        with path.open("rb") as stream:
            return hashlib.sha256(stream.read(MAX_FILE_BYTES + 1)).hexdigest()
    except OSError:
        return ""


def read_document(path: Path) -> Document:
    """The file's content as nested plain values. Raises ConfigError."""
    text = _read_text(path)
    if not text.strip():
        hint = "write one with `amt-console config init`, or remove the file: without one the defaults apply"
        raise ConfigError((Fault("", "is empty", suggestion=hint),), path)
    suffix = path.suffix.lower()
    try:
        document = parse_json(text) if suffix == ".json" else parse_toml(text)
        if not isinstance(document, dict):
            raise _broken("the file must hold an object: { ... } with the keys of the configuration")
    except ConfigError as error:
        raise ConfigError(error.faults, path) from None
    faults = tuple(_findings(document))
    if faults:
        raise ConfigError(faults, path)
    return document


def _broken(message: str, suggestion: str | None = None) -> ConfigError:
    return ConfigError((Fault("", message, suggestion=suggestion),))


def _read_text(path: Path) -> str:
    if path.suffix.lower() not in (".json", ".toml"):
        raise ConfigError(
            (Fault("", "the name of the file must end in .json or .toml, which says what is in it"),), path
        )
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError((Fault("", "is not a regular file"),), path)
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        hint = "write one with `amt-console config init`"
        raise ConfigError((Fault("", "there is no such file", suggestion=hint),), path) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise ConfigError((Fault("", f"cannot be read: {reason}"),), path) from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError((Fault("", "is larger than 1 MB, the limit for a configuration"),), path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text: line {line} holds byte 0x{content[error.start]:02x}"
        raise ConfigError((Fault("", message, suggestion="save the file as UTF-8"),), path) from None


def parse_json(text: str) -> Any:
    """Parse JSON. NaN, Infinity and repeated keys pass here; a later check reports them with their place.

    Raises:
        ConfigError: with line and column.
    """
    try:
        return json.loads(text, object_pairs_hook=_table, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        raise _broken(f"line {error.lineno}, column {error.colno}: this is no JSON: {error.msg}") from None
    except RecursionError:
        raise _broken("is nested too deeply") from None


def _whole_number(digits: str) -> int | float:
    """Too many digits count as infinite, and infinite is refused with its place."""
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


def parse_toml(text: str) -> Document:
    """TOML. Raises ConfigError with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        reason = _TOML_PLACE.sub("", str(error))
        if found is None:
            place = ""
        elif found[1]:
            place = f"line {found[1]}, column {found[2]}: "
        else:
            place = f"line {text.count(chr(10)) + 1}, at the end of the file: "
        raise _broken(f"{place}this is no TOML: {safe_text(reason, 160)}") from None
    except RecursionError:
        raise _broken("is nested too deeply") from None
    except (ValueError, OverflowError):
        raise _broken("holds a number or date that is out of range") from None


def _findings(document: Document) -> Iterator[Fault]:
    """Faults of any document: repeated keys, non-finite numbers, text that cannot be encoded, deep nesting."""
    found = 0
    pending: list[tuple[str, Any, int]] = [("", document, 0)]
    while pending and found < MAX_FINDINGS:
        path, value, depth = pending.pop()
        fault = _finding(path, value, depth)
        if fault is not None:
            found += 1
            yield fault
        if depth > MAX_DEPTH:
            continue
        if isinstance(value, dict):
            yield from (
                Fault(join(path, key), "stands twice in the same object", suggestion="keep one of them")
                for key in _repeated(value)
            )
            children = [(join(path, key), child, depth + 1) for key, child in value.items()]
            yield from (Fault(join(path, key), "is a key that is no text") for key in value if not _encodable(key))
            pending.extend(reversed(children))
        elif isinstance(value, list):
            pending.extend((join(path, index), value[index], depth + 1) for index in reversed(range(len(value))))


def _repeated(value: dict[str, Any]) -> tuple[str, ...]:
    return value.repeated if isinstance(value, _Table) else ()


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _finding(path: str, value: Any, depth: int) -> Fault | None:
    if depth > MAX_DEPTH:
        return Fault(path[:80], f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, float) and not math.isfinite(value):
        return Fault(path, "must be a finite number")
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        return Fault(path, "is a number with far too many digits")
    if isinstance(value, str) and not _encodable(value):
        return Fault(path, "holds half of a character (a lone surrogate), which is no text")
    return None
