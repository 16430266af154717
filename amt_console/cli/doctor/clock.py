"""Whether this machine's clock is right: times of alerts, signatures and certificates depend on it."""

from __future__ import annotations

import ctypes
import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.startup.context import Context
from amt_console.hosts import is_loopback, never_a_target
from amt_console.text import duration

if TYPE_CHECKING:
    from amt_console.clock import Clock

TOLERANCE = 5.0
"""Seconds that a clock may be off: a ``Date`` header counts whole seconds, and its answer takes a while."""
MOST_ASKED = 3
PATIENCE = 2.0
"""Seconds that a service has for its answer."""
_STATE_BYTES = 512
"""More than the kernel's structure has on any system."""
_UNSYNCHRONISED = 5
"""``TIME_ERROR``."""
_MEND = "run a time service: chrony, or timedatectl set-ntp true"


def check_clock(context: Context) -> Iterator[CheckResult]:
    """By the kernel, and where it does not know, by the times that watched services answer with."""
    kept = kept_by_kernel()
    yield judged(kept, () if kept else offsets(context))


def judged(kept: bool | None, found: tuple[float, ...]) -> CheckResult:
    """What the kernel's word and the differences to other clocks mean.

    Args:
        kept: Whether the kernel says that a time service keeps the clock; ``None`` where it does not tell.
        found: By how many seconds this clock is ahead of others.
    """
    if kept:
        return CheckResult("clock", Health.OK, "a time service keeps it")
    ahead = median(found) if found else 0.0
    if abs(ahead) > TOLERANCE:
        message = f"{duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the clocks of the watched services"
        return CheckResult("clock", Health.WARNING, message, _MEND)
    word = "whether a time service keeps it is unknown" if kept is None else "no time service keeps it"
    if found:
        return CheckResult("clock", Health.OK, f"{word}; it agrees with the clocks of the watched services")
    message = f"{word}, and no watched service tells the time"
    return CheckResult("clock", Health.OK if kept is None else Health.WARNING, message, None if kept is None else _MEND)


def kept_by_kernel() -> bool | None:
    """Whether a time service keeps the clock, as ``timedatectl`` tells it; ``None`` where the kernel does not say."""
    try:
        state = ctypes.CDLL(None).ntp_adjtime(ctypes.create_string_buffer(_STATE_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


def offsets(context: Context) -> tuple[float, ...]:
    """By how many seconds this clock is ahead of those of some services that are watched over HTTP."""
    from amt_console.model import Service

    origins = [urlsplit(each.url) for each in context.targets if isinstance(each, Service)]
    web = {(each.scheme, each.netloc): each for each in origins if each.scheme in ("http", "https")}
    found = (
        _ahead_of(each.scheme, each.hostname, each.port, context.clock) for each in list(web.values())[:MOST_ASKED]
    )
    return tuple(each for each in found if each is not None)


def _ahead_of(scheme: str, host: str | None, port: int | None, clock: Clock) -> float | None:
    secure = scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    # A service on this machine has this clock.
    if host is None or is_loopback(host) or _is_never_asked(host):
        return None
    try:
        with closing(kind(host, port, timeout=PATIENCE)) as connection:
            before = clock.now()
            connection.request("HEAD", "/")
            date = connection.getresponse().getheader("Date")
            after = clock.now()
        told = parsedate_to_datetime(date or "")
    except (OSError, http.client.HTTPException, ssl.SSLError, ValueError):
        return None
    return _difference(before, after, told if told.tzinfo is not None else told.replace(tzinfo=UTC))


def _difference(before: datetime, after: datetime, told: datetime) -> float:
    """Zero where the told second fits between the question and the answer."""
    if told > after:
        return (after - told).total_seconds()
    return max(0.0, (before - told).total_seconds() - 1.0)


def _is_never_asked(host: str) -> bool:
    import ipaddress

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return any(never_a_target(ipaddress.ip_address(str(each[4][0]).partition("%")[0])) for each in found)
    except (OSError, ValueError):
        return True
