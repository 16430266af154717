"""Text that is safe to show, and the pure formatting that every front door shares."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from urllib.parse import urlsplit, urlunsplit

from amt_console.model import AlertState, AlertType, FigureFault, FigureUnit, ServiceState, Severity
from amt_console.model.inbound import HeartbeatState, HeartbeatView

DEFAULT_MAX_CHARS = 500
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
    "\u2028\u2029"  # line and paragraph separators
    "\u00ad\u200b\u2060\ufeff"  # without width
    "\ud800-\udfff"  # halves of characters
    "\U000e0000-\U000e007f]"  # invisible tags
)


def _visible(char: str, keep_newlines: bool) -> str:
    """The replacement of an unsafe character."""
    code = ord(char)
    if char in "\t\n":
        return char if keep_newlines else " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code <= 0x9F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return "" if code >= 0xE0000 else f"\\u{code:04x}"


def safe_text(value: object, max_chars: int = DEFAULT_MAX_CHARS, *, keep_newlines: bool = False) -> str:
    """Make untrusted text harmless: control, bidirectional and zero-width characters become visible, length is capped.

    Args:
        value: Anything; bytes are decoded as UTF-8 with replacement, other objects by ``str``.
        max_chars: Longest result; a longer text ends in an ellipsis.
        keep_newlines: Keep newlines and tabs (for bodies); otherwise they become blanks.
    """
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    cut = len(text) > max_chars
    text = text[: max_chars * 2]
    text = _UNSAFE.sub(lambda found: _visible(found[0], keep_newlines), text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if cut or len(text) > max_chars:
        text = text[: max_chars - 1] + "…"
    return text


def first_line(text: str | None) -> str | None:
    """The first line that holds anything, without the blanks around it; ``None`` if there is none."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), None)


STATE_GLYPHS: dict[ServiceState, str] = {
    ServiceState.UP: "●",
    ServiceState.DEGRADED: "▲",
    ServiceState.DOWN: "✖",
    ServiceState.UNKNOWN: "○",
    ServiceState.MAINTENANCE: "‖",
}
STATE_ASCII: dict[ServiceState, str] = {
    ServiceState.UP: "+",
    ServiceState.DEGRADED: "!",
    ServiceState.DOWN: "X",
    ServiceState.UNKNOWN: "?",
    ServiceState.MAINTENANCE: "=",
}
STATE_WORDS: dict[ServiceState, str] = {
    ServiceState.UP: "UP",
    ServiceState.DEGRADED: "SLOW",
    ServiceState.DOWN: "DOWN",
    ServiceState.UNKNOWN: "UNKNOWN",
    ServiceState.MAINTENANCE: "MAINT",
}
SEVERITY_GLYPHS: dict[Severity, str] = {Severity.CRITICAL: "✖", Severity.WARNING: "▲", Severity.INFO: "●"}
SEVERITY_ASCII: dict[Severity, str] = {Severity.CRITICAL: "X", Severity.WARNING: "!", Severity.INFO: "i"}
SEVERITY_WORDS: dict[Severity, str] = {
    Severity.CRITICAL: "CRITICAL",
    Severity.WARNING: "WARNING",
    Severity.INFO: "INFO",
}
ALERT_STATE_WORDS: dict[AlertState, str] = {
    AlertState.PENDING: "pending",
    AlertState.FIRING: "firing",
    AlertState.RECOVERING: "recovering",
    AlertState.RESOLVED: "resolved",
}
EVENT_WORDS: dict[str, str] = {
    "opened": "first bad observation",
    "fired": "fired",
    "severity": "severity changed",
    "recovering": "recovering",
    "relapsed": "bad again",
    "resolved": "resolved",
    "cleared": "cleared before it fired",
    "error_changed": "another error",
    "stale": "no fresh data",
    "fresh": "fresh data again",
    "acknowledged": "acknowledged",
    "unacknowledged": "unacknowledged",
    "ack_revoked": "acknowledgement withdrawn",
    "ack_expired": "acknowledgement ended",
    "snoozed": "snoozed",
    "snooze_ended": "snooze ended",
    "rated": "rated",
    "step": "further limit passed",
    "undone": "undone",
    "note": "note",
}
"""What happened to an alert, by the kind of event."""
MISSING = "–"
_PERCENT_ALERTS = frozenset(
    (AlertType.ERROR_RATE, AlertType.UPTIME, AlertType.CPU_USAGE, AlertType.MEMORY_USAGE, AlertType.DISK_USAGE)
)

ONGOING = "+"
"""Stands behind a duration that still grows; an ellipsis would look like a cut text."""
_OLD = timedelta(days=300)
"""From this age a day and a month alone could be taken for the coming ones."""
_SPARK = "▁▂▃▄▅▆▇█"
_SPARK_ASCII = "_.-=+*#@"


def state_glyph(state: ServiceState, *, ascii_only: bool = False) -> str:
    """One-cell sign of a service's state."""
    return (STATE_ASCII if ascii_only else STATE_GLYPHS)[state]


def severity_glyph(severity: Severity, *, ascii_only: bool = False) -> str:
    """One-cell sign of a severity."""
    return (SEVERITY_ASCII if ascii_only else SEVERITY_GLYPHS)[severity]


def duration(seconds: float) -> str:
    """A span in at most two units, rounded to the last one shown: ``8s``, ``3m 20s``, ``2h 5m``, ``4d 3h``."""
    minutes, rest = divmod(_whole(seconds), 60)
    if minutes < 10:
        return f"{rest}s" if not minutes else f"{minutes}m {rest}s" if rest else f"{minutes}m"
    hours, minutes = divmod(_whole(seconds / 60), 60)
    if hours < 24:
        return f"{minutes}m" if not hours else f"{hours}h {minutes}m" if minutes else f"{hours}h"
    days, hours = divmod(_whole(seconds / 3600), 24)
    if days < 10:
        return f"{days}d {hours}h" if hours else f"{days}d"
    return f"{_whole(seconds / 86400)}d"


def _whole(number: float) -> int:
    """Rounded half up, at least 0."""
    return max(0, int(number + 0.5))


def window_length(hours: float) -> str:
    """``30 min``, ``24 h``, ``7 days``."""
    whole = round(hours * 60)
    if whole < 60:
        return f"{whole} min"
    if hours < 71.5:
        return f"{round(hours, 1):g} h" if hours < 10 else f"{round(hours)} h"
    return f"{round(hours / 24, 1):g} days"


def age(then: datetime | None, now: datetime, step: int = 1) -> str:
    """How long ago, coarse on purpose so that it changes seldom: ``12s``, ``3m``, ``2h``, ``4d``; a dash for never.

    Args:
        then: The moment.
        now: The present moment.
        step: Seconds by which ages below a minute change.
    """
    if then is None:
        return MISSING
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 60:
        seconds -= seconds % step
    for limit, divisor, unit in ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{seconds // divisor}{unit}"
    return f"{seconds // 86400}d"


def near_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """A time of day, with its date unless that is today's; in ``zone``, the host's by default."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def short_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """At most 12 cells: a time of day, with day and month unless it is today's; an old one is a date with its year."""
    local = moment.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if abs(now - moment) < _OLD else f"{local:%d %b %Y}"


def soon_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """A time of day, with its weekday in the coming six days, else with its date; in ``zone``, else the host's."""
    local = moment.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    return f"{local:%a %H:%M}" if 0 < days < 7 else near_moment(moment, now, zone)


def unread_words(fault: FigureFault, now: datetime, zone: tzinfo | None = None) -> str:
    """Why there are no new figures: ``cannot be read: 500 since 12:39``, ``no endpoint is configured``."""
    if fault.since is None:  # no endpoint
        return fault.reason
    return f"cannot be read: {fault.reason} since {near_moment(fault.since, now, zone)}"


def milliseconds(value: float | None) -> str:
    """``0.4 ms``, ``12 ms``, ``1.24 s``, a dash for none."""
    if value is None:
        return MISSING
    if value < 1:
        return f"{value:.1f} ms"
    if value < 1000:
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f} s" if value < 10000 else f"{value / 1000:.1f} s"


_MOST_PERCENT_DIGITS = 4


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage that never rounds a fault away: 99.996 is ``99.9 %``, not ``100 %``; 0.0275 is ``0.03 %``."""
    if value is None:
        return MISSING
    if value == int(value) and value in (0, 100):
        return f"{int(value)} %"
    scale = 10**digits
    shown = int(value * scale) / scale if value > 99 else round(value, digits)
    while shown == 0 and digits < _MOST_PERCENT_DIGITS:
        digits += 1
        shown = round(value, digits)
    return f"{shown:.{digits}f} %"


def plural(number: int, noun: str) -> str:
    """``1 alert``, ``3 alerts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def following(number: int) -> str:
    """``1 follows``, ``4 follow``."""
    return f"{number} follow{'s' if number == 1 else ''}"


def there_are(names: Sequence[str]) -> str:
    """``there is ann``, ``there are ann, ben``."""
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def alert_amount(alert_type: AlertType, value: float | None) -> str:
    """What an alert measured, or its threshold, in its unit; a dash for none."""
    if value is None:
        return MISSING
    if alert_type is AlertType.RESPONSE_TIME:
        return milliseconds(value)
    if alert_type in _PERCENT_ALERTS:
        return percent(value)
    if alert_type is AlertType.TLS_EXPIRY:
        return plural(int(value), "day")
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def percent_cell(value: float | None, digits: int = 1) -> str:
    """``percent`` for a column: 0 and 100 have as many digits as their neighbours."""
    return f"{value:.{digits}f} %" if value in (0, 100) else percent(value, digits)


def limit_percent(value: float) -> str:
    """A limit or target as it was configured: ``99 %``, ``99.95 %``."""
    return f"{value:g} %"


def byte_size(value: float | None) -> str:
    """``512 B``, ``1.5 MiB``; a dash for none."""
    if value is None:
        return MISSING
    size = float(value)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


def count(value: float | None) -> str:
    """``1,234``, ``12.3 K``, ``4.5 M``; a dash for none."""
    if value is None:
        return MISSING
    if abs(value) < 10_000:
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    for limit, divisor, unit in ((1e6, 1e3, "K"), (1e9, 1e6, "M"), (float("inf"), 1e9, "G")):
        if abs(value) < limit:
            return f"{value / divisor:.1f} {unit}"
    return str(value)


_SHORT_SECONDS = 10.0


def figure_text(value: float, unit: FigureUnit) -> str:
    """A figure of the platform in its unit, without a currency."""
    match unit:
        case FigureUnit.PERCENT:
            return percent(value, 1)
        case FigureUnit.SECONDS:
            return milliseconds(value * 1000) if value < _SHORT_SECONDS else duration(value)
        case FigureUnit.SCORE:
            return f"{value:.1f} of 5"
        case FigureUnit.PER_MINUTE if value < 100:
            return f"{value:.1f}"
        case FigureUnit.MONEY if abs(value) < 1000 and value != int(value):
            return f"{value:.2f}"
    return count(value)


def sparkline(
    values: tuple[float | None, ...],
    width: int,
    *,
    low: float | None = None,
    high: float | None = None,
    ascii_only: bool = False,
) -> str:
    """One line of bars, newest at the right; a gap where nothing was measured.

    Args:
        values: Oldest first; the newest ``width`` of them are drawn.
        width: Cells.
        low: Value of the lowest bar; the smallest value drawn if none.
        high: Value of the highest bar; the largest value drawn if none.
        ascii_only: Use ASCII characters.
    """
    if width <= 0:
        return ""
    drawn = values[-width:]
    known = [value for value in drawn if value is not None]
    blocks = _SPARK_ASCII if ascii_only else _SPARK
    if not known:
        return " " * width
    floor = min(known) if low is None else low
    span = (max(known) if high is None else high) - floor
    bars = (" " if value is None else blocks[_level(value - floor, span, len(blocks))] for value in drawn)
    return "".join(bars).rjust(width)


def _level(height: float, span: float, levels: int) -> int:
    if span <= 0:
        return 0
    return max(0, min(levels - 1, int(height / span * levels)))


_SECRET_KEYS = ("token", "key", "secret", "password", "sig", "signature", "auth")


ESCAPE_CREDENTIALS = "in a user name or password write / @ : ? # [ ] % as %2F %40 %3A %3F %23 %5B %5D %25"


def well_formed(database_url: str) -> bool:
    """Whether the parts of a database URL are what they look like.

    An unescaped character in a password moves a part of it into the host, the port, the path or the query.
    """
    try:
        parts = urlsplit(database_url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.netloc:
        return True
    userinfo, _, host = parts.netloc.rpartition("@")
    cut = "@" in userinfo + parts.path + parts.query or userinfo.count(":") > 1 or bool(parts.fragment)
    bracketed = any(bracket in userinfo for bracket in "[]") or host.strip("[]").count("[")
    printable = database_url.isprintable() and not any(sign in parts.netloc for sign in " \\")
    escaped = all(re.match("[0-9A-Fa-f]{2}", rest) for rest in userinfo.split("%")[1:])
    return not (cut or bracketed) and printable and escaped


def public_url(url: str) -> str:
    """A URL without user name, password and the values of query parameters that look secret."""
    web = url.partition(":")[0].lower() in ("http", "https")
    if not web and not well_formed(url):
        return "(unreadable URL)"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unreadable URL)"
    place = parts.netloc.rpartition("@")[2]
    query = "&".join(_public_parameter(parameter) for parameter in parts.query.split("&"))
    return urlunsplit((parts.scheme, place, parts.path, query, "")) if place else url.partition("?")[0]


def _public_parameter(parameter: str) -> str:
    name, separator, _ = parameter.partition("=")
    return f"{name}=…" if separator and any(key in name.lower() for key in _SECRET_KEYS) else parameter


def reason_of(message: str, subject: str) -> str:
    """The reason in an alert's message, without the subject and its verb, for a line that names the subject."""
    for lead in (f"{subject} is down: ", f"{subject} warns: ", f"{subject}: ", f"{subject} is ", f"{subject} "):
        if message.startswith(lead):
            return message.removeprefix(lead)
    return message


def jobs_words(heartbeats: Sequence[HeartbeatView]) -> str:
    """The jobs that must report in a few words, worst first: ``1 job down (backup), 4 up``; empty without any."""
    parts = []
    for state in (HeartbeatState.DOWN, HeartbeatState.LATE):
        names = [safe_text(each.name, 64) for each in heartbeats if each.state is state]
        if names:
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            parts.append(f"{len(names)} job{'s' if len(names) > 1 else ''} {state.value} ({shown})")
    for state, word in ((HeartbeatState.UP, "up"), (HeartbeatState.NEW, "never reported")):
        number = sum(each.state is state for each in heartbeats)
        if number:
            parts.append(f"{number} {'' if parts else 'job ' if number == 1 else 'jobs '}{word}")
    return ", ".join(parts)


def follows_words(cause: int, subjects: Mapping[int, str]) -> str:
    """Of an alert that follows from another one: which, by its subject if that is known, else by its number."""
    return f"follows {subjects.get(cause) or f'alert {cause}'}"


_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")


def locale_speaks_utf8(env: Mapping[str, str], *, utf8_mode: bool = bool(sys.flags.utf8_mode)) -> bool:
    """Whether the environment names a locale in UTF-8; ``C``, ``POSIX`` and none at all are ASCII (POSIX.1, 8.2).

    Args:
        env: The environment.
        utf8_mode: Python is in its UTF-8 mode. In a locale ``C`` it enters that mode by itself and then sets
            ``LC_CTYPE`` (PEP 538), which says nothing about the terminal.
    """
    ctype = env.get("LC_CTYPE")
    if utf8_mode and ctype in _COERCED and not env.get("PYTHONUTF8"):
        ctype = None
    named = env.get("LC_ALL") or ctype or env.get("LANG") or ""
    return named.partition("@")[0].lower().replace("-", "").endswith("utf8")


COUNTER_UNIT = "c"
"""What plugins write behind a number that only grows."""


def number(value: float, beside: float | None = None) -> str:
    """A number with three significant digits, or more if it would look equal to ``beside``."""
    for digits in range(3, 9):
        shown = _digits(value, digits)
        if beside is None or value == beside or shown != _digits(beside, digits):
            return shown
    return repr(value)


def with_unit(value: float, unit: str | None, beside: float | None = None) -> str:
    """A value of a check: ``93 %``, ``1.5 GiB``, ``12 ms``; as many digits as tell it from ``beside``."""
    if unit == "B":
        return byte_size(value)
    shown = number(value, beside)
    return shown if unit in (None, COUNTER_UNIT) else f"{shown} {unit}"


def _digits(value: float, digits: int) -> str:
    size = abs(value)
    if size == 0.0:
        return "0"
    if not 1e-9 <= size < 1e15:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    shown = f"{value:,.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if decimals else shown
