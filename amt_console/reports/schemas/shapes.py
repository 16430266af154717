"""The words that schemas are written in. Objects are closed: a key that is not named is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
SECONDS: Schema = {"type": "number", "minimum": 0, "description": "Seconds."}
MS: Schema = {"type": "number", "minimum": 0, "description": "Milliseconds."}
PERCENT: Schema = {"type": "number", "minimum": 0, "maximum": 100, "description": "Percent."}
HOUR: Schema = {"type": "integer", "minimum": 0, "maximum": 23, "description": "Hour of the day in the report's zone."}
P_VALUE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}


def closed(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, about: str = "") -> Schema:
    """An object with exactly these keys."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }
    return found | {"description": about} if about else found


def by_name(value: Schema, about: str = "") -> Schema:
    """An object whose keys are names of the watched system."""
    found: dict[str, Any] = {"type": "object", "additionalProperties": value}
    return found | {"description": about} if about else found


def many(item: Schema, about: str = "") -> Schema:
    """A list."""
    found: dict[str, Any] = {"type": "array", "items": item}
    return found | {"description": about} if about else found


def maybe(value: Schema) -> Schema:
    """The value, or ``null`` where it is missing."""
    if isinstance(value.get("type"), str) and "enum" not in value:
        return {**value, "type": [value["type"], "null"]}
    return {"anyOf": [value, {"type": "null"}]}


def one_of(values: Iterable[str | Enum]) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": [value.value if isinstance(value, Enum) else value for value in values]}


def each(names: Iterable[str], value: Schema) -> dict[str, Schema]:
    """The same schema under several names."""
    return dict.fromkeys(names, value)
