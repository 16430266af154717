"""The information alerts: looks at hours, days and weeks of rollups once an hour, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from amt_console.alerts import HOST_SUBJECTS, Rule, Signal
from amt_console.analysis.information import (
    BEHAVIOUR_DAYS,
    HOST_WEEKS,
    TREND_DAYS,
    UnusualSubject,
    rising_response_time,
    unusual_behaviour,
    unusual_host,
)
from amt_console.clock import Clock
from amt_console.model import FigureKind
from amt_console.monitor.buffer import Information, InformationReading
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.supervise import LOG
from amt_console.store import Store, StoreError

FIRST = 300.0
"""Seconds from the start to the first look: the start has better things to do."""
EVERY = 3600.0
"""Seconds between two looks."""
END_SECONDS = 2.0
"""How long a look may take to notice that the monitor stops."""
ONCE_IN = timedelta(days=1)
"""A subject that was told of is not told of again in this time."""
HOST_METRICS = {
    "cpu_usage": HOST_SUBJECTS[Signal.CPU_USAGE],
    "memory_usage": HOST_SUBJECTS[Signal.MEMORY_USAGE],
    "active_connections": HOST_SUBJECTS[Signal.ACTIVE_CONNECTIONS],
}
"""Stored figures of the host and the subjects of their alerts."""
BEHAVIOUR = {FigureKind.OVERVIEW: "users", FigureKind.CHATBOT: "chatbot"}
EPISODES = 200


class InformationWatch:
    """A task of the engine. It only reads; what it finds goes through the queue of all readings.

    Args:
        store: Where to read.
        clock: The time.
        ruleset: What is watched.
        emit: Takes what was found.
    """

    def __init__(
        self, *, store: Store, clock: Clock, ruleset: Ruleset, emit: Callable[[InformationReading], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._ruleset = ruleset
        self._emit = emit
        self._ended = threading.Event()

    def configure(self, ruleset: Ruleset) -> None:
        """Use another ruleset from the next look on."""
        self._ruleset = ruleset

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(FIRST)
        while True:
            look = asyncio.ensure_future(asyncio.to_thread(self.look))
            try:
                reading = await asyncio.shield(look)
            except asyncio.CancelledError:
                self._ended.set()
                await asyncio.wait({look}, timeout=END_SECONDS)
                raise
            except StoreError as error:
                LOG.info("The history could not be read for information alerts: %s", error)
            else:
                if reading is not None:
                    self._emit(reading)
            await asyncio.sleep(EVERY)

    def look(self) -> InformationReading | None:
        """What is worth a note at this moment; ``None`` without rules for it. Raises StoreError."""
        at = self._clock.instant()
        rules = self._ruleset.information_rules
        if not rules:
            return None
        found = tuple(self._found(rules, at.wall))
        ended = frozenset(key for rule in rules for key in self._ended_keys(rule, found, at.wall))
        return InformationReading(found, ended, at)

    def _found(self, rules: tuple[Rule, ...], now: datetime) -> Iterator[Information]:
        signals = {rule.signal for rule in rules}
        hour = now.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        if Signal.TREND in signals:
            for target in self._ruleset.targets:
                yield from _information(Signal.TREND, self._trend(target.name, hour))
        if Signal.RESOURCE_PATTERN in signals:
            for metric in HOST_METRICS:
                yield from _information(Signal.RESOURCE_PATTERN, self._host(metric, hour))
        if Signal.BEHAVIOUR in signals:
            for kind in BEHAVIOUR:
                yield from _information(Signal.BEHAVIOUR, self._behaviour(kind, now))

    def _trend(self, service: str, hour: datetime) -> UnusualSubject | None:
        if self._ended.is_set():
            return None
        start = hour - timedelta(days=TREND_DAYS)
        with self._store.read() as reads:
            found = reads.services.rollups(resolution=3600, start=start, end=hour, services=[service])
        return rising_response_time(service, found.get(service, ()))

    def _host(self, metric: str, hour: datetime) -> UnusualSubject | None:
        if self._ended.is_set():
            return None
        start = hour - timedelta(weeks=HOST_WEEKS)
        with self._store.read() as reads:
            found = reads.host.rollups(resolution=3600, start=start, end=hour, metrics=[metric])
        return unusual_host(HOST_METRICS[metric], found.get(metric, ()))

    def _behaviour(self, kind: FigureKind, now: datetime) -> UnusualSubject | None:
        if self._ended.is_set():
            return None
        with self._store.read() as reads:
            return unusual_behaviour(BEHAVIOUR[kind], reads.figures.daily(kind, now, BEHAVIOUR_DAYS), now)

    def _ended_keys(self, rule: Rule, found: tuple[Information, ...], now: datetime) -> Iterator[tuple[str, str]]:
        """The keys of what was told and ended within the last day: from the database, because it outlives a restart."""
        for each in found:
            if each.signal is not rule.signal or self._ended.is_set():
                continue
            with self._store.read() as reads:
                episodes = reads.alerts.episodes(
                    start=now - ONCE_IN, end=now + ONCE_IN, subject=each.subject, limit=EPISODES
                )
            if any(e.rule_id == rule.id and not e.open and e.opened_at > now - ONCE_IN for e in episodes):
                yield rule.id, each.subject


def _information(signal: Signal, note: UnusualSubject | None) -> Iterator[Information]:
    if note is not None:
        yield Information(signal, note.subject, note.message, note.value)
