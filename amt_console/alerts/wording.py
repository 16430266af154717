"""Messages of alerts, for a person at three in the morning: subject, value and limit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from amt_console.alerts.rules.rule import PERCENT_SIGNALS, Aggregate, Limit, Rule, Signal
from amt_console.text import byte_size, duration, number, with_unit

_COUNT = re.compile(r" \(\d+ of \d+\)$")

_NAMES = {
    Signal.SWAP_USAGE: "swap",
    Signal.LOAD: "load",
    Signal.ACTIVE_CONNECTIONS: "open connections",
    Signal.NETWORK_SENT: "network traffic sent",
    Signal.NETWORK_RECEIVED: "network traffic received",
}
_AGGREGATES = {
    Aggregate.MEAN: "on average",
    Aggregate.MAX: "at most",
    Aggregate.MIN: "at least",
    Aggregate.P95: "at the 95th percentile",
    Aggregate.LAST: "at last",
    Aggregate.RATE: "from the first to the last value",
}
_DAY = 86400.0
MOST_NAMED = 4
"""Most locations that are named; beyond this only their number is given."""


def describe(
    rule: Rule, subject: str, value: float, broken: Limit, *, between: bool = False, unit: str | None = None
) -> str:
    """One line about a value: ``backend-api answers in 6.2 s, limit 5 s``.

    Args:
        rule: The rule.
        subject: Its subject.
        value: In the unit of the rule's signal.
        broken: The exceeded limit, or the one that is reached first.
        between: The value is between the limit and the end of the alert; the line says so.
        unit: Of a value of a check.
    """
    if rule.aggregate is Aggregate.RATE:
        return _rate(rule, subject, value, broken, between=between, unit=unit)
    signal, enter = rule.signal, broken.enter
    text = f"{_statement(rule, subject, value, enter, unit)}{_window(rule)}, limit {_amount(signal, enter, unit=unit)}"
    return f"{text}, ends at {_amount(signal, broken.leave, unit=unit)}" if between else text


def _rate(rule: Rule, subject: str, value: float, broken: Limit, *, between: bool, unit: str | None) -> str:
    """``disk / rises by 2.1 % a minute over 10m, limit 1 % a minute``."""
    verb = "falls" if value < 0 else "rises"
    name = _NAMES.get(rule.signal, subject)
    changed = _amount(rule.signal, abs(value), abs(broken.enter), unit)
    most = _amount(rule.signal, abs(broken.enter), unit=unit)
    over = f" over {duration(rule.window)}" if rule.window else ""
    text = f"{name} {verb} by {changed} a minute{over}, limit {most} a minute"
    return f"{text}, ends at {_amount(rule.signal, broken.leave, unit=unit)} a minute" if between else text


def is_down(subject: str, why: str) -> str:
    """``backend-api is down: HTTP 503``."""
    return f"{subject} is down: {why}"


def why_down(subject: str, message: str) -> str:
    """The ``why`` of a line of ``is_down``; any other line unchanged."""
    return message.removeprefix(is_down(subject, ""))


def error_of(subject: str, message: str) -> str:
    """``why_down`` without the count of confirmations behind it."""
    return _COUNT.sub("", why_down(subject, message))


def warns(subject: str, why: str) -> str:
    """``disks warns: /var is 91 % full``."""
    return f"{subject} warns: {why}"


def seen_from(subject: str, message: str, where: str) -> str:
    """The same line with the locations that saw it: ``backend-api is down: from fra, nyc (2 of 3): HTTP 503``."""
    down = is_down(subject, "")
    if message.startswith(down):
        return is_down(subject, f"{where}: {message.removeprefix(down)}")
    return f"{message}, {where}"


def from_locations(names: Iterable[str], of: int) -> str:
    """``from fra, nyc (2 of 3)``, by name."""
    named = sorted(names)
    more = len(named) - MOST_NAMED
    shown = ", ".join(named if more <= 0 else [*named[:MOST_NAMED], f"{more} more"])
    return f"from {shown} ({len(named)} of {of})"


def _statement(rule: Rule, subject: str, value: float, enter: float, unit: str | None) -> str:
    shown = _amount(rule.signal, value, enter, unit)
    match rule.signal:
        case Signal.RESPONSE_TIME:
            return f"{subject} answers in {shown}"
        case Signal.ERROR_RATE:
            return f"{subject} fails {shown} of its probes"
        case Signal.UPTIME:
            return f"{subject} was up {shown} of the time"
        case Signal.DISK_USAGE:
            return f"{subject} is {shown} full"
        case Signal.TLS_EXPIRY:
            verb = "ended" if value < 0 else "ends in"
            return f"{subject}: the certificate {verb} {shown}{' ago' if value < 0 else ''}"
        case Signal.CPU_USAGE | Signal.MEMORY_USAGE | Signal.FIGURE | Signal.VALUE:
            return f"{subject} is at {shown}"
    name = _NAMES.get(rule.signal, str(rule.signal))
    return f"{name} is at {shown}"


def _window(rule: Rule) -> str:
    if rule.window is None:
        return ""
    span = duration(rule.window)
    if rule.signal in (Signal.ERROR_RATE, Signal.UPTIME):
        return f" over {span}"
    return f" {_AGGREGATES[rule.aggregate]} over {span}"


def _amount(signal: Signal, value: float, beside: float | None = None, unit: str | None = None) -> str:
    if signal is Signal.VALUE:
        return with_unit(value, unit, beside)
    if signal is Signal.RESPONSE_TIME:
        if abs(value if beside is None else max(abs(value), abs(beside))) >= 1000:
            return f"{number(value / 1000, None if beside is None else beside / 1000)} s"
        return f"{number(value, beside)} ms"
    if signal in PERCENT_SIGNALS:
        return f"{number(value, beside)} %"
    if signal is Signal.TLS_EXPIRY:
        days = abs(value)
        return duration(days * _DAY) if days < 2 else f"{int(days)} days"
    if signal in (Signal.NETWORK_SENT, Signal.NETWORK_RECEIVED):
        return f"{byte_size(value)}/s"
    return number(value, beside)
