"""Scales of charts: round numbers with a unit, and round times in a zone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from amt_console.text import byte_size, number

_LARGEST = 1e300
"""Beyond this a span of two values would overflow."""
_SMALLEST = 1e-290
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
_FINE_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0)
"""For a scale of a single step."""
_SIZES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K"))
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(part * _MINUTE for part in (1, 2, 5, 10, 15, 20, 30)),
    *(part * _HOUR for part in (1, 2, 3, 4, 6, 12)),
    *(part * _DAY for part in (1, 2, 5, 7, 14, 30, 61, 91, 183, 365)),
)
_MOST_DAYS = 40_000
_ALL = 100.0
"""No scale of percent goes beyond it for values that do not."""
_MOST_DIGITS = 4


def known(value: float | None) -> float | None:
    """A value that can be drawn; ``None`` for what is no number or infinite."""
    if value is None or not math.isfinite(value):
        return None
    return max(-_LARGEST, min(_LARGEST, float(value)))


def all_known(values: Iterable[float | None]) -> tuple[float | None, ...]:
    """Each value as ``known`` has it."""
    return tuple([value if value is not None and -_LARGEST <= value <= _LARGEST else known(value) for value in values])


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale from ``low`` to ``high`` with values at which it is labelled."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where a value stands, 0 to 1; what lies beyond the scale stands at its end."""
        return max(0.0, min(1.0, (value - self.low) / (self.high - self.low)))


def scale_of(
    values: Iterable[float], *, rows: int, unit: str = "", from_zero: bool = True, high: float | None = None
) -> Scale:
    """A scale between round numbers that holds all values.

    Args:
        values: Finite numbers.
        rows: Lines of the chart: more lines have more labels.
        unit: ``B`` has powers of two.
        from_zero: Include zero. Otherwise the scale shows the range of the values alone.
        high: A fixed upper end, for example 100 for percent; larger values still move it.
    """
    found = list(values) or [0.0]
    low, top = min(found), max(found)
    if high is not None:
        top = max(top, high)
    if from_zero:
        low, top = min(low, 0.0), max(top, 0.0)
    if not top - low > max(abs(top), abs(low)) * 1e-9:
        room = abs(top) * 0.1 or 1.0
        low, top = (low, top + room) if from_zero else (low - room, top + room)
    # The smallest numbers have no tenth.
    top = max(top, low + _SMALLEST)
    parts = max(1, min(5, (rows - 1) // 2))
    raw = (top - low) / parts
    powers_of_two = unit == "B" and raw >= 1
    step = 2.0 ** math.ceil(math.log2(raw)) if powers_of_two else _round_step(raw, _STEPS if parts > 1 else _FINE_STEPS)
    first, last = math.floor(low / step + 1e-9), math.ceil(top / step - 1e-9)
    if last <= first:
        last = first + 1
    if unit == "%" and top <= _ALL < last * step:
        top = high = _ALL
    if high is not None and top == high:
        return Scale(first * step, high, (*(n * step for n in range(first, last) if n * step < high), high))
    return Scale(first * step, last * step, tuple(n * step for n in range(first, last + 1)))


def _round_step(raw: float, steps: Sequence[float]) -> float:
    """The next round number: one of the steps times a power of ten."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in steps if step * power >= raw * (1 - 1e-9))


def value_label(value: float, unit: str = "", *, digits: int | None = None) -> str:
    """A value with its unit in at most about nine cells.

    Args:
        value: A finite number.
        unit: ``ms`` becomes seconds from 1000 on, ``B`` has the units of 1024; any other unit stands behind the number.
        digits: Digits behind the point; ``None`` for as many as its size asks for.
    """
    if unit == "B":
        return byte_size(value)
    if unit == "ms" and abs(value) >= 1000:
        value, unit = value / 1000, "s"
    shown, letter = value, ""
    if 1e4 <= abs(value) < 1e18:
        shown, letter = next((value / size, letter) for size, letter in _SIZES if abs(value) >= size)
    usual = number(shown) if digits is None else f"{shown:.{digits}f}"
    text = usual if abs(shown) < 1e18 else f"{shown:.2g}"
    return " ".join(part for part in (text, letter, unit) if part)


def tick_labels(scale: Scale, unit: str) -> tuple[str, ...]:
    """The labels of a scale, with as many digits as tell them apart; zero has no unit."""
    labels: tuple[str, ...] = ()
    for digits in (None, *range(1, _MOST_DIGITS + 1)):
        labels = tuple("0" if tick == 0 else value_label(tick, unit, digits=digits) for tick in scale.ticks)
        if unit == "B" or len(set(labels)) == len(labels):
            break
    return labels


def time_ticks(start: datetime, end: datetime, zone: tzinfo | None, most: int) -> list[tuple[float, str]]:
    """Round times of a zone between two moments, as their place from 0 to 1 and their label, at most ``most``.

    A time of day has hours and minutes, midnight its date; a long range has dates alone.
    """
    # Two times of one zone are subtracted by the clock on the wall, which jumps.
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    whole = (end - start).total_seconds()
    if whole <= 0 or most < 1 or whole > _MOST_DAYS * _DAY:
        return []
    step = next((each for each in _TIME_STEPS if whole // each < most), 365 * _DAY)
    while whole // step >= most:
        step *= 2
    found: list[tuple[float, str]] = []
    for moment in _round_moments(start, end, zone, step):
        place = (moment - start).total_seconds() / whole
        if 0.0 <= place <= 1.0 and (not found or place > found[-1][0]):
            found.append((place, _time_label(moment.astimezone(zone), step, whole)))
    return found[:most]


def _round_moments(start: datetime, end: datetime, zone: tzinfo | None, step: int) -> Iterable[datetime]:
    """Moments whose time of day in the zone is a multiple of the step; days are counted since the year 1."""
    local = start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if step >= _DAY:
        days = step // _DAY
        for number_of_day in range(int((end - start).total_seconds() // _DAY) + 2):
            day = midnight + timedelta(days=number_of_day)
            if day.toordinal() % days == 0:
                yield _moment(day, zone)
        return
    steps_so_far = int((local.replace(tzinfo=None) - midnight).total_seconds()) // step
    count = int((end - start).total_seconds() // step) + 2 + 2 * _HOUR // step
    for at in range(steps_so_far, steps_so_far + count):
        yield _moment(midnight + timedelta(seconds=at * step), zone)


def _moment(wall: datetime, zone: tzinfo | None) -> datetime:
    return (wall if zone is None else wall.replace(tzinfo=zone)).astimezone(UTC)


def _time_label(local: datetime, step: int, whole: float) -> str:
    if step >= _DAY:
        return f"{local:%d %b}" if whole < 400 * _DAY else f"{local:%b %Y}"
    if whole > _DAY * 1.5 and (local.hour, local.minute) == (0, 0):
        return f"{local:%d %b}"
    return f"{local:%H:%M}" if step >= _MINUTE else f"{local:%H:%M:%S}"


def spread_labels(labels: Sequence[str], values: int) -> list[tuple[float, str]]:
    """Given labels at their places: below their values if there are as many, else from the start to the end."""
    if len(labels) == values:
        return [((at + 0.5) / values, label) for at, label in enumerate(labels)]
    gaps = max(1, len(labels) - 1)
    return [(at / gaps, label) for at, label in enumerate(labels)]
