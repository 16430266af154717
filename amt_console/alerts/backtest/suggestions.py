"""Better limits from recorded data: what is proposed, and when the present limit is left alone. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAST_QUIET_DAYS = 7
"""Fewer quiet days say too little."""
LEAST_SAMPLES = 500
MARGIN = 3.0
"""A new limit is this many times the 99th percentile of quiet days."""
LOOSE = 12.0
"""A limit this many times above the 99th percentile misses most slowness."""
TIGHT = 1.2
"""A limit closer to the 99th percentile than this fires on quiet days."""
LEAST_P99_MS = 70.0
"""A quicker service is taken to be this slow: nobody notices the difference."""
MOST_A_WEEK = 3.0
"""More alerts of one rule in a week are noise."""
_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change of the configuration."""

    rule: str
    """The rule whose alerts it changes."""
    subject: str
    evidence: tuple[str, ...]
    patch: Mapping[str, Any]
    """The keys that change, nested as in the configuration."""
    now_per_week: float
    """Alerts of the rule for this subject with the present configuration, counted on history."""
    expected_per_week: float = 0.0
    """Alerts with the change, counted on history."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A limit that stays as it is, and why."""

    rule: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class QuietDays:
    """Response times of a service on its quiet days, in milliseconds."""

    days: int
    samples: int
    p99_ms: float | None


def response_limit(quiet: QuietDays, present_ms: float | None) -> float | str:
    """A new limit in milliseconds, or why the present one stays."""
    if quiet.days < LEAST_QUIET_DAYS:
        return f"too little data: {quiet.days} quiet days, {LEAST_QUIET_DAYS} are needed"
    if quiet.samples < LEAST_SAMPLES or quiet.p99_ms is None:
        return f"too little data: {quiet.samples} answers on quiet days, {LEAST_SAMPLES} are needed"
    usual = max(quiet.p99_ms, LEAST_P99_MS)
    if present_ms is not None and TIGHT * usual <= present_ms <= LOOSE * usual:
        return f"the limit is {present_ms / quiet.p99_ms:.1f} times the 99th percentile of quiet days"
    return round_up(MARGIN * usual)


def round_up(value: float) -> float:
    """The next value of a scale of round numbers."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9))


def toml_of(patch: Mapping[str, Any]) -> str:
    """A patch as TOML: tables, and lists of tables, of plain values."""
    blocks = []
    for key, value in patch.items():
        tables = value if isinstance(value, list) else [value]
        head = f"[[{key}]]" if isinstance(value, list) else f"[{key}]"
        blocks += ["\n".join([head, *(f"{name} = {_toml(each)}" for name, each in table.items())]) for table in tables]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _toml(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    return str(value)


def together(suggestions: list[Suggestion]) -> dict[str, Any]:
    """One patch of all suggestions."""
    whole: dict[str, Any] = {}
    for each in suggestions:
        for key, value in each.patch.items():
            if isinstance(value, list):
                whole.setdefault(key, []).extend(value)
            else:
                whole.setdefault(key, {}).update(value)
    return whole
