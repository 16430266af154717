"""What every row is made of: texts, numbers and JSON that any database takes and any screen may show.

Numbers that are not finite become ``None``; texts pass ``safe_text``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, Union

from amt_console.clock import Instant
from amt_console.model import MAX_NOTE_CHARS
from amt_console.text import safe_text

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

Row = Union[Mapping[str, Any], "RowMapping"]
_ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_MAX_TEXT = MAX_NOTE_CHARS
_EnumT = TypeVar("_EnumT", bound=StrEnum)
_T = TypeVar("_T")


def clean(text: str | None) -> str | None:
    """A text that every database takes and every screen may show."""
    if text is None or (len(text) <= _MAX_TEXT and text.isascii() and text.isprintable()):
        return text
    return safe_text(text, _MAX_TEXT)


def clean_text(text: str, max_chars: int = _MAX_TEXT) -> str:
    """``clean`` for what is always there."""
    return text if len(text) <= max_chars and text.isascii() and text.isprintable() else safe_text(text, max_chars)


def finite(value: float | None) -> float | None:
    """The number, or ``None`` for none, NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


def number(value: object) -> float | None:
    """The finite number in a column that other programs may have filled with anything."""
    return finite(value) if isinstance(value, int | float) else None


def to_json(value: Any) -> str:
    """Compact ASCII JSON; numbers that are not finite become ``null``, texts are made safe."""
    try:
        text = _ENCODE(value)
    except (ValueError, TypeError):
        return _ENCODE(_plain(value))
    # Only escapes or great length can hide a text that is not safe yet; nearly all values are neither.
    return _ENCODE(_plain(value)) if "\\" in text or len(text) > _MAX_TEXT else text


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return clean_text(str(value))


def from_json(text: str | None) -> Any:
    """The value of a JSON column, or ``None`` for nothing or for what is no JSON (others may write the tables too)."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def json_object(text: str | None) -> dict[str, Any]:
    """The object of a JSON column; empty for anything else."""
    value = from_json(text)
    return value if isinstance(value, dict) else {}


def member(kind: type[_EnumT], value: str | None) -> _EnumT | None:
    """The enum member of a stored word; ``None`` for a word that is none of ours."""
    try:
        return None if value is None else kind(value)
    except ValueError:
        return None


def moment_of(text: object) -> datetime | None:
    """The moment in a JSON value."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def instance_of(kind: type[_T], values: Mapping[str, Any]) -> _T:
    """A dataclass from stored values; names that it does not know are left out."""
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: value for name, value in values.items() if name in known})


def instant_json(instant: Instant | None) -> str | None:
    """An instant with all its hands."""
    if instant is None:
        return None
    return to_json(
        {
            "wall": instant.wall.astimezone(UTC).isoformat(),
            "monotonic": instant.monotonic,
            "boottime": instant.boottime,
            "boot_id": instant.boot_id,
        }
    )


def instant_of(text: str | None) -> Instant | None:
    """The inverse of ``instant_json``."""
    stored = json_object(text)
    wall = moment_of(stored.get("wall"))
    if wall is None:
        return None
    return Instant(wall, float(stored["monotonic"]), float(stored["boottime"]), str(stored["boot_id"]))
