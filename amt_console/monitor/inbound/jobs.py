"""The jobs that must report: what each has reported, and when time alone changes what that means. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from amt_console.alerts import HeartbeatReading, HeartbeatStatus, heartbeat_status, take_ping
from amt_console.clock import Instant
from amt_console.model import Gap
from amt_console.model.inbound import Heartbeat, HeartbeatRecord, Ping

MOST_GAPS = 10_000


class HeartbeatJobs:
    """Remembers the jobs of the configuration.

    Args:
        heartbeats: What is expected.
    """

    def __init__(self, heartbeats: Sequence[Heartbeat]) -> None:
        self._heartbeats = {each.name: each for each in heartbeats}
        self._records: dict[str, HeartbeatRecord] = {}
        self._gaps: list[Gap] = []
        self._told: dict[str, HeartbeatStatus] = {}
        """What was told of each job last."""

    @property
    def names(self) -> tuple[str, ...]:
        """The jobs' names."""
        return tuple(self._heartbeats)

    def configure(self, heartbeats: Sequence[Heartbeat]) -> None:
        """Use other jobs from now on; what is known of those that stay is kept."""
        self._heartbeats = {each.name: each for each in heartbeats}
        self._told = {}

    def recall(self, records: Mapping[str, HeartbeatRecord], gaps: Sequence[Gap]) -> None:
        """Load what was stored: reports, and when none could be taken."""
        self._records |= {name: record for name, record in records.items() if name not in self._records}
        self._gaps = sorted((*self._gaps, *gaps), key=attrgetter("started_at", "ended_at"))[-MOST_GAPS:]
        self._told = {}

    def paused(self, gap: Gap) -> None:
        """No report could be taken for a while."""
        self.recall({}, [gap])

    def take(self, ping: Ping, at: Instant) -> HeartbeatReading | None:
        """What a report means; ``None`` if nobody watches the job any more."""
        heartbeat = self._heartbeats.get(ping.heartbeat)
        if heartbeat is None:
            return None
        record = take_ping(self._records.get(ping.heartbeat, HeartbeatRecord(ping.heartbeat)), ping)
        self._records[ping.heartbeat] = record
        return self._reading(heartbeat, record, at, ping)

    def due(self, at: Instant) -> Iterator[HeartbeatReading]:
        """What it means that time passed: one reading for each job whose state changed."""
        for name, heartbeat in self._heartbeats.items():
            record = self._records.get(name)
            told = self._told.get(name)
            if record is None or (told is not None and not _passed(told.until, at.wall)):
                continue
            reading = self._reading(heartbeat, record, at)
            if told is None or told.state is not reading.status.state:
                yield reading

    def _reading(
        self, heartbeat: Heartbeat, record: HeartbeatRecord, at: Instant, ping: Ping | None = None
    ) -> HeartbeatReading:
        status = self._told[heartbeat.name] = heartbeat_status(heartbeat, record, self._gaps, at.wall)
        return HeartbeatReading(heartbeat, status, record, at, ping)


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now >= moment
