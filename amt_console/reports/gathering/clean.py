"""Clean all data of a report once, when the view model is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from amt_console.model import HostRollup, Rollup
from amt_console.text import safe_text

MAX_CHARS = 300
"""Longest text in a report."""

_UNCHANGED = (Rollup, HostRollup, bool, int, Enum, date)
"""The first two hold whole numbers alone, and there are very many."""
_NUMBERS_ALONE = frozenset((Rollup, HostRollup))
T = TypeVar("T")


def cleaned(value: T) -> T:
    """The same value with safe text, and ``None`` for every number that is not finite.

    Walks through dataclasses, tuples, lists and mappings; enums and times stay unchanged.
    """
    return _clean(value)  # type: ignore[no-any-return]


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, _UNCHANGED):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (str, bytes)):
        text = safe_text(value, MAX_CHARS)
        return value if text == value else text
    if is_dataclass(value) and not isinstance(value, type):
        changes = {}
        for field in fields(value):
            before = getattr(value, field.name)
            after = _clean(before)
            if after is not before:
                changes[field.name] = after
        return replace(value, **changes) if changes else value
    if isinstance(value, Mapping):
        pairs = [(key, item, _clean(key), _clean(item)) for key, item in value.items()]
        same = all(key is new_key and item is new_item for key, item, new_key, new_item in pairs)
        return value if same else {new_key: new_item for _, _, new_key, new_item in pairs}
    if isinstance(value, (tuple, list)):
        if _NUMBERS_ALONE.issuperset(map(type, value)):
            return value
        items = [_clean(item) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else type(value)(items)
    return value
