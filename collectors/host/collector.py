"""Samples the host that the monitor runs on: CPU, memory, disks, network, connections, load."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from amt_console.clock import Clock
from amt_console.model import DiskUsage, HostSample, NetworkRates
from collectors.host.counters import SHORTEST_NETWORK_SPAN, TrafficReading, cpu_percent, is_loopback, network_rates
from collectors.host.disks import Mount, measure, mount_table, real_disks

_MOUNTS_MAX_AGE = 30.0
"""Seconds after which the mount table is read again."""
_OPEN_STATES = (psutil.CONN_ESTABLISHED, psutil.CONN_CLOSE_WAIT)

T = TypeVar("T")


class HostCollector:
    """Reads the host (about 0.3 ms of CPU). Unreadable values are ``None``, never zero.

    CPU and network cover the time since the previous sample; the first sample covers the time since the collector was
    created. A sample that follows too soon repeats the previous CPU figure.

    Args:
        clock: Where time stamps and the length of the network's interval come from.
        proc: Mount point of the proc file system.
        mounts: Reads the mount table.
    """

    def __init__(
        self, *, clock: Clock, proc: Path = Path("/proc"), mounts: Callable[[], Sequence[Mount]] = mount_table
    ) -> None:
        self._clock = clock
        self._proc = proc
        self._read_mounts = mounts
        self._mounts: Sequence[Mount] = ()
        self._mounts_read_at: float | None = None
        self._cpu_percent: float | None = None
        self._cpu_before = _readable(_cpu_times)
        self._traffic_before = _readable(self._traffic)

    def sample(self) -> HostSample:
        """Read everything once. Never raises for values that the host refuses to report."""
        memory = _readable(psutil.virtual_memory)
        disks = self._disks()
        return HostSample(
            timestamp=self._clock.now(),
            cpu_usage=self._cpu(),
            memory_usage=memory.percent if memory else None,
            disk_usage=max((disk.percent for disk in disks), default=None),
            disks=disks,
            network=self._network(),
            active_connections=self._connections(),
            load=_readable(os.getloadavg),
            memory_total_bytes=memory.total if memory else None,
            swap_usage=self._swap(),
        )

    def _cpu(self) -> float | None:
        times = _readable(_cpu_times)
        if times is None:
            self._cpu_before = self._cpu_percent = None
            return None
        if self._cpu_before is None:
            self._cpu_before = times
            return None
        percent = cpu_percent(self._cpu_before, times)
        if percent is not None:
            self._cpu_before, self._cpu_percent = times, percent
        return self._cpu_percent

    def _disks(self) -> tuple[DiskUsage, ...]:
        now = self._clock.monotonic()
        if self._mounts_read_at is None or now - self._mounts_read_at >= _MOUNTS_MAX_AGE:
            table = _readable(self._read_mounts)
            if table is not None:
                self._mounts, self._mounts_read_at = real_disks(table), now
        measured = (measure(mount) for mount in self._mounts)
        return tuple(disk for disk in measured if disk is not None)

    def _network(self) -> NetworkRates | None:
        before, now = self._traffic_before, _readable(self._traffic)
        if now is None or before is None:
            self._traffic_before = now
            return None
        if 0 <= now.at - before.at < SHORTEST_NETWORK_SPAN:
            return None
        self._traffic_before = now
        return network_rates(before, now)

    def _traffic(self) -> TrafficReading:
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        return TrafficReading(
            at=self._clock.monotonic(),
            interfaces={name: traffic for name, traffic in counters.items() if not is_loopback(name)},
        )

    def _connections(self) -> int | None:
        """Open TCP connections of both address families: ``tcpCurrEstab`` of RFC 4022 (established and close-wait)."""
        counted = _readable(lambda: _current_established((self._proc / "net/snmp").read_text("ascii")))
        if counted is not None or (self._proc / "net").is_dir():
            return counted
        connections = _readable(lambda: psutil.net_connections("tcp"))
        return None if connections is None else sum(each.status in _OPEN_STATES for each in connections)

    def _swap(self) -> float | None:
        """Percent of the swap space in use; ``None`` without swap space."""
        try:
            with (self._proc / "meminfo").open(encoding="ascii") as lines:
                kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
            total, free = kilobytes["SwapTotal"], kilobytes["SwapFree"]
        except FileNotFoundError:
            swap = _readable(psutil.swap_memory)
            return swap.percent if swap and swap.total else None
        except (OSError, ValueError, LookupError):
            return None
        return 100.0 * (total - free) / total if total else None


def _cpu_times() -> dict[str, float]:
    return dict(psutil.cpu_times()._asdict())


def _current_established(snmp: str) -> int:
    """``CurrEstab`` from ``/proc/net/snmp``: a line of names and a line of values for each protocol."""
    names, values = (line.split() for line in snmp.splitlines() if line.startswith("Tcp:"))
    return int(values[names.index("CurrEstab")])


def _readable(read: Callable[[], T]) -> T | None:
    """What ``read`` returns, or ``None`` if the host refuses: no permission, no file descriptors, no such counter."""
    try:
        return read()
    except (OSError, psutil.Error, RuntimeError, ValueError, LookupError, NotImplementedError):
        return None
