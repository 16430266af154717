"""Results that a monitor would have measured on the simulated platform and its host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from amt_console.demo.past_incidents import PastIncident, PastKind
from amt_console.demo.rhythm import activity
from amt_console.demo.simulation import think_seconds
from amt_console.model import (
    DiskUsage,
    ErrorClass,
    HostSample,
    NetworkRates,
    Phases,
    ProbeResult,
    Service,
    ServiceState,
)

PAST_INTERVAL = 60.0
"""Seconds between the probes of the history."""
_DATABASE_DELAY = timedelta(seconds=54)
"""The second of each minute for database probes: after the services."""
_FULLEST_DISK = 85.0
_DISK_GROWTH_PER_DAY = 0.35
USUAL_HOST = HostSample(
    timestamp=datetime.fromtimestamp(0).astimezone(),
    cpu_usage=None,
    memory_usage=48.0,
    disk_usage=41.0,
    disks=(DiskUsage("/", "/dev/sda1", "ext4", 500_000_000_000, 205_000_000_000, 41.0),),
    memory_total_bytes=16_000_000_000,
)
"""The past host if the present one is not given."""


@dataclass(frozen=True, slots=True)
class _Probed:
    """A service with the parameters of its simulation."""

    service: Service
    route: str
    delay: timedelta
    """The second of each minute at which it is probed."""

    @property
    def on_api(self) -> bool:
        return self.route.startswith("/api/")


class PastDatabase:
    """Probe results of a healthy database, minute by minute. Deterministic for a seed and an end."""

    def __init__(self, *, seed: int, name: str, end: datetime) -> None:
        self._name = name
        self._seed = seed
        self._chance = Random(f"{seed}:{end.timestamp()}:{name}")

    def result(self, minute: datetime) -> ProbeResult:
        """The probe of one minute."""
        chance, busy = self._chance.random(), activity(self._seed, minute)
        connect_ms = 0.3 + 0.2 * chance
        query_ms = 0.15 + 0.1 * busy + 0.15 * chance * chance
        return ProbeResult(
            service=self._name,
            timestamp=minute + _DATABASE_DELAY,
            state=ServiceState.UP,
            interval=PAST_INTERVAL,
            response_time_ms=connect_ms + query_ms,
            phases=Phases(connect_ms=connect_ms),
            details={"connect_ms": connect_ms, "query_ms": query_ms},
        )


class PastSamples:
    """The samples, minute by minute. Deterministic if all minutes are requested in order.

    Args:
        seed: Seed of the simulated platform.
        services: The probed services.
        incidents: The incidents.
        end: The present; disks fill up to it.
        recheck: Seconds between a first failure and its quick re-checks.
        host: The present host; the history leads to its memory and disks.
    """

    def __init__(
        self,
        *,
        seed: int,
        services: Sequence[Service],
        incidents: Sequence[PastIncident],
        end: datetime,
        recheck: Sequence[float] = (),
        host: HostSample = USUAL_HOST,
    ) -> None:
        self._seed = seed
        self._chance = Random(f"{seed}:{end.timestamp()}")
        self._incidents = incidents
        self._recheck = tuple(recheck)
        self._end = end
        self._host = host
        self._failing: set[str] = set()
        self._probed = [
            _Probed(
                replace(service, interval=PAST_INTERVAL),
                urlsplit(service.url).path or "/",
                timedelta(seconds=1 + 50 * index / len(services)),
            )
            for index, service in enumerate(services)
        ]

    def results(self, minute: datetime) -> list[ProbeResult]:
        """All probes of one minute by start, with re-checks of a first failure."""
        busy = activity(self._seed, minute)
        kinds = self.kinds(minute)
        found: list[ProbeResult] = []
        for probed in self._probed:
            at = minute + probed.delay
            result = self._probe(probed, at, busy, kinds)
            found.append(result)
            name = probed.service.name
            if result.state is not ServiceState.DOWN:
                self._failing.discard(name)
            elif name not in self._failing:
                self._failing.add(name)
                found += self._rechecks(probed, at, busy, kinds)
        return found

    def kinds(self, at: datetime) -> frozenset[PastKind]:
        """The incident at a moment."""
        return frozenset(incident.kind for incident in self._incidents if incident.start <= at < incident.end)

    def host_sample(self, at: datetime) -> HostSample:
        """The host at a moment."""
        chance, now = self._chance.random, self._host
        busy = activity(self._seed, at)
        spike = PastKind.CPU_SPIKE in self.kinds(at)
        cpu = 88 + 9 * chance() if spike else min(70.0, 6 + 16 * busy + 6 * chance())
        days = (self._end - at).total_seconds() / 86400
        disks = tuple(_earlier(disk, days) for disk in now.disks)
        memory = None if now.memory_usage is None else min(80.0, now.memory_usage + 4 * (busy - 0.7) + 2 * chance())
        return HostSample(
            timestamp=at,
            cpu_usage=round(cpu, 1),
            memory_usage=None if memory is None else round(max(1.0, memory), 1),
            disk_usage=max((disk.percent for disk in disks), default=None),
            disks=disks,
            network=NetworkRates(30_000 + 220_000 * busy * chance(), 20_000 + 90_000 * busy * chance(), 0.0, 0.0),
            active_connections=int(8 + 40 * busy + 6 * chance()),
            load=(round(cpu / 40, 2), round(cpu / 45, 2), round(cpu / 50, 2)),
            memory_total_bytes=now.memory_total_bytes,
            swap_usage=now.swap_usage,
        )

    def _rechecks(self, probed: _Probed, at: datetime, busy: float, kinds: frozenset[PastKind]) -> list[ProbeResult]:
        found: list[ProbeResult] = []
        for attempt, delay in enumerate(self._recheck, 2):
            at += timedelta(seconds=delay)
            found.append(replace(self._probe(probed, at, busy, kinds - {PastKind.MOBILE_BLIP}), attempt=attempt))
            if found[-1].state is not ServiceState.DOWN:
                self._failing.discard(probed.service.name)
                break
        return found

    def _probe(self, probed: _Probed, at: datetime, busy: float, kinds: frozenset[PastKind]) -> ProbeResult:
        service = probed.service
        if kinds:
            if PastKind.API_DOWN in kinds and probed.on_api:
                return _failed(probed, at, ErrorClass.CONNECT_REFUSED, "connection refused by " + _place(service.url))
            if PastKind.MOBILE_BLIP in kinds and service.name == "mobile-app":
                return _failed(probed, at, ErrorClass.CONNECT_REFUSED, "connection refused by " + _place(service.url))
        chance = self._chance.random()
        think_ms = 1000 * think_seconds(probed.route, busy, chance)
        if PastKind.SLOW_CHAT in kinds and probed.route == "/api/chat/analytics":
            think_ms = 2200 + 2300 * chance
        broken = PastKind.WEB_500 in kinds and service.name == "web-app"
        phases = Phases(dns_ms=0.0, connect_ms=0.1 + 0.1 * chance, first_byte_ms=think_ms + 0.8, transfer_ms=0.1)
        total_ms = think_ms + 1.0 + 0.1 * chance
        slow = service.degraded_above_ms is not None and total_ms > service.degraded_above_ms
        return ProbeResult(
            service=service.name,
            timestamp=at,
            state=ServiceState.DOWN if broken else ServiceState.DEGRADED if slow else ServiceState.UP,
            interval=PAST_INTERVAL,
            response_time_ms=total_ms,
            error_class=ErrorClass.HTTP_STATUS if broken else None,
            error="got 500 Internal Server Error, expected 2xx" if broken else None,
            phases=phases,
            status_code=500 if broken else 200,
            final_url=service.url,
            ip="127.0.0.1",
            ip_family="ipv4",
            http_version="HTTP/1.1",
        )


def _failed(probed: _Probed, at: datetime, error_class: ErrorClass, error: str) -> ProbeResult:
    return ProbeResult(
        service=probed.service.name,
        timestamp=at,
        state=ServiceState.DOWN,
        interval=PAST_INTERVAL,
        error_class=error_class,
        error=error,
        phases=Phases(dns_ms=0.0),
        ip="127.0.0.1",
        ip_family="ipv4",
    )


def _place(url: str) -> str:
    return urlsplit(url).netloc


def _earlier(disk: DiskUsage, days: float) -> DiskUsage:
    """A disk some days ago: emptier, and never full enough for an alert."""
    percent = max(1.0, min(disk.percent, _FULLEST_DISK) - _DISK_GROWTH_PER_DAY * days)
    return replace(disk, percent=round(percent, 1), used_bytes=int(disk.total_bytes * percent / 100))
