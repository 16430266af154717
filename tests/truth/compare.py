"""Compare a report with what is expected of it: a number that nothing expects is a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ROUNDED = 0.00051
"""Numbers in reports have at least three decimals."""


@dataclass(frozen=True, slots=True)
class Near:
    """A number known to a share of itself: a percentile of the histogram is within 1 %."""

    value: float | None
    share: float = 0.0102
    least: float = 0.0021

    def admits(self, number: float | None) -> bool:
        if number is None or self.value is None:
            return number is self.value
        return abs(number - self.value) <= max(self.least, self.share * abs(self.value))


@dataclass(frozen=True, slots=True)
class Between:
    """A number known between two bounds."""

    low: float
    high: float

    def admits(self, number: float | None) -> bool:
        return number is not None and self.low - ROUNDED <= number <= self.high + ROUNDED


@dataclass(frozen=True, slots=True)
class Explained:
    """No independent number exists; says why."""

    why: str


@dataclass(frozen=True, slots=True)
class ByKey:
    """What is expected of objects that a report lists in an order of its own, by the value of one key."""

    key: str
    items: dict[Any, Any]


class OneOf(set[int]):
    """Any of these numbers."""

    def __eq__(self, other: object) -> bool:
        return other in self

    __hash__ = None  # type: ignore[assignment]


def faults(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where a document differs from what is expected, or has numbers that nothing expects."""
    if isinstance(expected, Explained):
        return []
    if isinstance(expected, Near | Between):
        return [] if expected.admits(found) else [f"{path}: {found} instead of {expected}"]
    if isinstance(found, list) and isinstance(expected, ByKey):
        told = [(item[expected.key], item) for item in found]
        return [fault for name, item in told for fault in faults(item, expected.items.get(name), f"{path}[{name}]")]
    if isinstance(found, dict) and isinstance(expected, dict):
        wrong = [f"{path}.{key}: missing" for key in expected if key not in found]
        for key, value in found.items():
            below = f"{path}.{key}"
            wrong += faults(value, expected[key], below) if key in expected else _unexpected(value, below)
        return wrong
    if isinstance(found, list) and isinstance(expected, list):
        if len(found) != len(expected):
            return [f"{path}: {len(found)} items instead of {len(expected)}"]
        return [
            fault
            for index, (item, wanted) in enumerate(zip(found, expected, strict=True))
            for fault in faults(item, wanted, f"{path}[{index}]")
        ]
    if _is_number(found) and _is_number(expected):
        return [] if abs(found - expected) <= ROUNDED else [f"{path}: {found} instead of {expected}"]
    return [] if found == expected else [f"{path}: {found!r} instead of {expected!r}"]


def _unexpected(value: Any, path: str) -> list[str]:
    if _is_number(value):
        return [f"{path}: {value}, and nothing checks it"]
    below: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        below = [(f"{path}.{key}", each) for key, each in value.items()]
    elif isinstance(value, list):
        below = [(f"{path}[{index}]", each) for index, each in enumerate(value)]
    return [fault for place, each in below for fault in _unexpected(each, place)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
