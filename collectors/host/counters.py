"""Figures that are the difference of two readings of the kernel's counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from amt_console.model import NetworkRates

SHORTEST_NETWORK_SPAN = 0.2
"""Seconds between two readings; over less, one packet would look like a flood."""
_SHORTEST_CPU_SPAN = 0.1
"""Seconds of one core between two readings; less holds too few clock ticks for a percentage."""
_IDLE = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")
"""Linux has them inside ``user`` and ``nice`` already."""


class Traffic(Protocol):
    """The counters of one network interface, as psutil gives them."""

    @property
    def bytes_sent(self) -> int: ...
    @property
    def bytes_recv(self) -> int: ...
    @property
    def errin(self) -> int: ...
    @property
    def errout(self) -> int: ...
    @property
    def dropin(self) -> int: ...
    @property
    def dropout(self) -> int: ...


@dataclass(frozen=True, slots=True)
class TrafficReading:
    """The counters of all interfaces but loopback at one moment of the monotonic clock."""

    at: float
    interfaces: Mapping[str, Traffic]


def cpu_percent(before: Mapping[str, float], after: Mapping[str, float]) -> float | None:
    """Percent of all cores that was not idle between two readings of the CPU's times, or ``None`` if too little passed.

    A field that ran backwards (``iowait`` may) counts as unchanged.
    """
    total = busy = 0.0
    for field, value in after.items():
        if field in _COUNTED_TWICE:
            continue
        spent = max(0.0, value - before.get(field, value))
        total += spent
        if field not in _IDLE:
            busy += spent
    if total < _SHORTEST_CPU_SPAN:
        return None
    return min(100.0, 100.0 * busy / total)


def network_rates(before: TrafficReading, after: TrafficReading) -> NetworkRates | None:
    """Traffic per second over the interfaces that both readings have.

    ``None`` when a counter ran backwards (it wrapped, or the interface was reset), when no interface of the earlier
    reading is left, or when less than ``SHORTEST_NETWORK_SPAN`` passed.
    """
    seconds = after.at - before.at
    common = before.interfaces.keys() & after.interfaces.keys()
    if seconds < SHORTEST_NETWORK_SPAN or (before.interfaces and not common):
        return None
    sent = received = errors = drops = 0
    for name in common:
        old, new = before.interfaces[name], after.interfaces[name]
        deltas = (
            new.bytes_sent - old.bytes_sent,
            new.bytes_recv - old.bytes_recv,
            new.errin - old.errin,
            new.errout - old.errout,
            new.dropin - old.dropin,
            new.dropout - old.dropout,
        )
        if min(deltas) < 0:
            return None
        sent += deltas[0]
        received += deltas[1]
        errors += deltas[2] + deltas[3]
        drops += deltas[4] + deltas[5]
    return NetworkRates(sent / seconds, received / seconds, errors / seconds, drops / seconds)


def is_loopback(interface: str) -> bool:
    """Whether an interface is the machine talking to itself (``lo``, ``lo0``)."""
    return interface.startswith("lo") and (len(interface) == 2 or interface[2:].isdigit())
