"""What the services and the host of the reference history measured: made from a seed, the same at any time.

Each service answers around a time of its own, slower by day, with a long tail; now and then it is slow or down for a
while.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

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

INTERVAL = 60
"""Seconds between the probes of a service, and between the samples of the host."""
DAY_MINUTES = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_PROBE_US = 1_000_000
_SPREAD_US = 55_000_000
_OUTAGE_CHANCE = 0.2
_SLOW_CHANCE = 0.3
ERROR = "connection refused by 127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe found."""

    state: ServiceState
    response_us: int | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The services."""

    count: int
    seed: int = 1

    def name(self, index: int) -> str:
        """``service-000`` and up."""
        return f"service-{index:03d}"

    def services(self) -> tuple[Service, ...]:
        """As targets; nobody listens at their addresses."""
        return tuple(
            Service(self.name(index), f"http://127.0.0.1:9/{self.name(index)}", interval=INTERVAL)
            for index in range(self.count)
        )

    def offset_us(self, index: int) -> int:
        """When in each minute a service is probed, in microseconds."""
        return _FIRST_PROBE_US + index * (_SPREAD_US // self.count)

    def day(self, index: int, day: int) -> list[Answer]:
        """The answers of one service on a day (days since 1970), one a minute."""
        chance = Random(f"{self.seed}:{index}:{day}")
        base = 8_000 + 4_000 * (index % 40)
        draw = chance.random
        answers = []
        for minute in range(DAY_MINUTES):
            part = draw()
            busy = 1.3 - 0.3 * _COSINE[minute]
            answers.append(Answer(ServiceState.UP, int(base * busy * (0.7 + 0.3 * part / (1.02 - part)))))
        if draw() < _SLOW_CHANCE:
            begin = chance.randrange(DAY_MINUTES - 30)
            for minute in range(begin, begin + chance.randrange(3, 30)):
                answers[minute] = Answer(ServiceState.DEGRADED, 2_000_001 + chance.randrange(1_500_000))
        if draw() < _OUTAGE_CHANCE:
            begin = chance.randrange(DAY_MINUTES - 60)
            for minute in range(begin, begin + chance.randrange(1, 60)):
                answers[minute] = Answer(ServiceState.DOWN, None)
        return answers

    def result(self, index: int, minute: int, answer: Answer) -> ProbeResult:
        """One answer as the collector hands it over; ``minute`` counts from 1970."""
        down = answer.state is ServiceState.DOWN
        total = None if answer.response_us is None else answer.response_us / 1000
        return ProbeResult(
            service=self.name(index),
            timestamp=_EPOCH + timedelta(minutes=minute, microseconds=self.offset_us(index)),
            state=answer.state,
            interval=INTERVAL,
            response_time_ms=total,
            error_class=ErrorClass.CONNECT_REFUSED if down else None,
            error=ERROR if down else None,
            phases=Phases(dns_ms=0.0) if total is None else Phases(0.0, 0.2, None, total - 0.3, 0.1),
            status_code=None if down else 200,
            final_url=None if down else f"http://127.0.0.1:9/{self.name(index)}",
            ip="127.0.0.1",
            ip_family="ipv4",
            http_version=None if down else "1.1",
            body_bytes=None if down else 512,
        )

    def results(self, start_minute: int, end_minute: int) -> Iterator[list[ProbeResult]]:
        """All results of each minute, oldest first; minutes count from 1970."""
        for day in range(start_minute // DAY_MINUTES, -(-end_minute // DAY_MINUTES)):
            first = day * DAY_MINUTES
            answers = [self.day(index, day) for index in range(self.count)]
            for minute in range(max(first, start_minute), min(first + DAY_MINUTES, end_minute)):
                yield [self.result(index, minute, answers[index][minute - first]) for index in range(self.count)]


_COSINE = tuple(math.cos(2 * math.pi * minute / DAY_MINUTES) for minute in range(DAY_MINUTES))


def host_sample(minute: int) -> HostSample:
    """The host at a minute since 1970."""
    chance = Random(minute).random
    busy = 1 - _COSINE[minute % DAY_MINUTES]
    cpu = round(8 + 12 * busy + 10 * chance(), 1)
    return HostSample(
        timestamp=_EPOCH + timedelta(minutes=minute, seconds=30),
        cpu_usage=cpu,
        memory_usage=round(45 + 8 * busy + chance(), 1),
        disk_usage=61.5,
        disks=(DiskUsage("/", "/dev/sda1", "ext4", 500_000_000_000, 307_500_000_000, 61.5),),
        network=NetworkRates(30_000 + 200_000 * chance(), 20_000 + 90_000 * chance(), 0.0, 0.0),
        active_connections=int(10 + 40 * busy),
        load=(round(cpu / 40, 2), round(cpu / 45, 2), round(cpu / 50, 2)),
        memory_total_bytes=16_000_000_000,
        swap_usage=0.0,
    )
