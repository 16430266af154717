"""The output of a plugin: a message, and performance data as the plugin guidelines write them.

``DISK OK - free space: / 3326 MB | '/'=2643MB;5948;5958;0;5968``: text, then ``'label'=value[unit];[warning];
[critical];[minimum];[maximum]``, separated by blanks. A quote within a quoted label is doubled, a value that could not
be determined is ``U``. Further lines are long text, until another ``|`` begins further performance data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from amt_console.model import MAX_LABEL_CHARS, MAX_VALUES, Value
from amt_console.text import safe_text

MAX_MESSAGE_CHARS = 300
MAX_UNIT_CHARS = 10
MAX_RANGE_CHARS = 40
_ITEM = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^\s=']+))=(\S*)")
_NUMBER = re.compile(r"([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)(.*)", re.DOTALL)
_RANGE = re.compile(r"@?(?:(?:~|[+-]?[\d.,eE+-]+)?:)?(?:[+-]?[\d.,eE+-]+)?")


@dataclass(frozen=True, slots=True)
class Output:
    """What a plugin said."""

    message: str
    """One line, safe to show; empty if it said nothing."""
    values: dict[str, Value] = field(default_factory=dict)
    """By label, in its order."""
    unknown: tuple[str, ...] = ()
    """Labels without a value (``U``)."""


def read_output(text: str) -> Output:
    """Read what a plugin printed; what is no performance data is passed over."""
    first, _, rest = text.lstrip("\r\n").partition("\n")
    message, _, data = first.partition("|")
    _, bar, more = rest.partition("|")
    values: dict[str, Value] = {}
    unknown: list[str] = []
    for label, value in _items(f"{data} {more}" if bar else data):
        if label in values or label in unknown or len(values) + len(unknown) >= MAX_VALUES:
            continue
        if value is None:
            unknown.append(label)
        else:
            values[label] = value
    return Output(safe_text(message.strip(), MAX_MESSAGE_CHARS), values, tuple(unknown))


def _items(data: str) -> Iterator[tuple[str, Value | None]]:
    at = 0
    while at < len(data):
        found = _ITEM.match(data, at)
        if found is None:
            # Something else: go on behind the next blank.
            blank = data.find(" ", at + 1)
            at = len(data) if blank < 0 else blank
            continue
        at = found.end()
        quoted, plain, written = found.groups()
        label = safe_text(plain if quoted is None else quoted.replace("''", "'"), MAX_LABEL_CHARS).strip()
        value, *limits = written.split(";")
        if not label:
            continue
        if value == "U":
            yield label, None
        elif (number := _value(value, limits)) is not None:
            yield label, number


def _value(text: str, limits: list[str]) -> Value | None:
    found = _NUMBER.fullmatch(text)
    value = None if found is None else _finite(found[1])
    if found is None or value is None:
        return None
    warning, critical, low, high = (*limits, "", "", "", "")[:4]
    return Value(
        value,
        safe_text(found[2], MAX_UNIT_CHARS) or None,
        warning=_range(warning),
        critical=_range(critical),
        low=_finite(low),
        high=_finite(high),
    )


def _range(text: str) -> str | None:
    return text if text and len(text) <= MAX_RANGE_CHARS and _RANGE.fullmatch(text) else None


def _finite(text: str) -> float | None:
    """The number; some plugins write a decimal comma."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
