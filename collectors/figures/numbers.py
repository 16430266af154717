"""Read numbers from text where the form is unambiguous; otherwise refuse them with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

NO_NUMBER = "text where a number is expected"
_LONGEST = 40
_SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "$": "$", "US$": "USD", "¥": "¥"}
"""Currency signs and their codes; a dollar or a yen sign may mean one of several currencies."""
_ENGLISH_MONEY = ("$", "USD", "GBP")
"""Currencies whose amounts group thousands with a comma."""
_SECONDS = {"ms": "ms", "s": "s", "sec": "s", "secs": "s", "seconds": "s"}
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PARTS = re.compile(
    r"(?P<sign>[-−+]?)(?P<before>US\$|[€£₹$¥]|[A-Z]{3})? ?(?P<inner_sign>[-−]?)"
    r"(?P<digits>[0-9][0-9 .,'’]*(?:[eE][-+]?[0-9]+)?)"
    r" ?(?P<after>%|US\$|[€£₹$¥]|[A-Z]{3}|ms|secs?|seconds|s)?"
)
_PLAIN = re.compile(r"\d+(?:\.\d+)?[eE][-+]?\d+|\d+")
_DECIMAL = re.compile(r"(\d+)([.,])(\d+)")
_GROUPED = re.compile(r"\d{1,3}(?:(?P<group>[ .,'])\d{3})(?:(?P=group)\d{3})*(?P<rest>[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class TextNumber:
    """A number from a text, and its unit sign."""

    value: float
    mark: str | None = None
    """``%``, ``ms``, ``s``, a currency code, or a currency sign that belongs to several."""


def parse_number(text: str) -> TextNumber | str:
    """The number in a text such as ``$50,000.50``, ``17.5 %`` or ``1 234,5``; else the reason why there is none."""
    shown = _SPACES.sub(" ", text.strip())
    found = _PARTS.fullmatch(shown) if len(shown) <= _LONGEST else None
    if found is None or (found["before"] and found["after"]):
        return NO_NUMBER
    beside = found["before"] or found["after"]
    mark = None if beside is None else _SECONDS.get(beside) or _SYMBOLS.get(beside, beside)
    value = _value(found["digits"].strip().replace("’", "'"), comma_groups=mark in _ENGLISH_MONEY)
    if isinstance(value, str):
        return value
    negative = (found["sign"] in ("-", "−")) != bool(found["inner_sign"])
    return TextNumber(-value if negative else value, mark)


def _value(digits: str, *, comma_groups: bool) -> float | str:
    if _PLAIN.fullmatch(digits):
        return float(digits)
    decimal = _DECIMAL.fullmatch(digits)
    if decimal is not None:
        whole, mark, part = decimal.groups()
        if len(part) == 3 and len(whole) <= 3 and not whole.startswith("0"):
            if mark == "," and comma_groups:
                return float(whole + part)
            return f"'{digits}' may be {whole}.{part} or {whole}{part}: it has to be sent as a number"
        return float(f"{whole}.{part}")
    grouped = _GROUPED.fullmatch(digits)
    if grouped is None:
        return NO_NUMBER
    group, rest = grouped["group"], grouped["rest"] or ""
    if rest[:1] == group:
        return NO_NUMBER
    whole = digits[: len(digits) - len(rest)].replace(group, "")
    return float(f"{whole}.{rest[1:]}" if rest else whole)
