"""Stores a batch and evaluates it: samples, episodes and events in one transaction, on the writing thread."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.alerts import Planner
from amt_console.clock import Clock, Instant
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    Episode,
    EpisodeChange,
    ProbeResult,
    ServiceState,
    Severity,
)
from amt_console.monitor.buffer import Arrived, Collected, EvidenceReading, FigureReading, HostReading, Item, Pause
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger, key_of
from amt_console.monitor.planned_work import in_maintenance
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.signals import RuleWindow, WindowReader
from amt_console.monitor.supervise import LOG
from amt_console.monitor.unstored_pages import UnstoredPages
from amt_console.monitor.watches.gaps import stopped_gap
from amt_console.monitor.watches.handover_watch import HandoverWatch
from amt_console.store import Reads, Store, StoreBusy, StoreError, VersionConflict, Writes, record
from amt_console.text import first_line, safe_text

CONFLICT_TRIES = 5
REOPEN_SPAN = timedelta(hours=1)
"""Episodes resolved within this time are read at the start, as predecessors of new ones."""
REOPEN_LIMIT = 500
CHECKPOINT_EVERY = 60.0
"""Seconds between two checkpoints of the write-ahead log."""
TRUNCATE_EVERY = 3600.0
_OUTAGES = frozenset((AlertType.SERVICE_DOWN, AlertType.DATABASE))
LogLine = tuple[int, str]
"""A level of ``logging``, and the text."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of this monitor's process."""

    host: str
    pid: int
    started_at: datetime

    @classmethod
    def of_this_process(cls, clock: Clock) -> Identity:
        """The current process, started now."""
        return cls(socket.gethostname(), os.getpid(), clock.now())


class _MustBeDurable(Exception):
    """Somebody changed an alert, so the batch changes one too: it is written again, durably."""


class Recorder:
    """Writes batches. Its methods are called on one thread, ``configure`` and the attributes may be used from any.

    Open episodes are read in each transaction, because people acknowledge through other connections and processes. Of
    the resolved ones it remembers the newest of each key.

    Args:
        store: Where to store.
        ruleset: What is watched.
        clock: The time.
        continuous: Whether this monitor keeps running; only then is the time since the last one a gap.
    """

    def __init__(self, *, store: Store, ruleset: Ruleset, clock: Clock, continuous: bool = True) -> None:
        self.open_subjects: frozenset[str] = frozenset()
        """The subjects with an open alert that has timers; one that only informs has none."""
        self.unsaved: tuple[Episode, ...] = ()
        """Open alerts in memory only, because the database cannot be written."""
        self.unstored_pages = UnstoredPages()
        """What would be sent about them."""
        self._store = store
        self._clock = clock
        self._identity = Identity.of_this_process(clock)
        self._continuous = continuous
        self._started = clock.instant()
        self._introduced = False
        self._journal = _Journal()
        self._handovers = HandoverWatch(self._started.wall)
        self._known: tuple[Episode, ...] = ()
        self._shadow: Ledger | None = None
        self._next_ruleset: Ruleset | None = ruleset
        self._take_ruleset()
        self._checkpoint_at = clock.monotonic() + CHECKPOINT_EVERY
        self._truncate_at = clock.monotonic() + TRUNCATE_EVERY

    def configure(self, ruleset: Ruleset) -> None:
        """Use another ruleset from the next batch on; alerts without a rule or target are closed then."""
        self._next_ruleset = ruleset

    def write(self, items: Sequence[Item], waiting_since: datetime | None = None) -> None:
        """Store and evaluate a batch with a heartbeat, all of it or nothing. Raises StoreError.

        Args:
            items: The batch.
            waiting_since: When the oldest result arrived that is still not stored after this batch. The heartbeat is
                not later, so that a monitor that cannot store its results does not look alive.
        """
        self._take_ruleset()
        now = self._clock.instant()
        windows = self._read_windows(items, now)
        durable = not self._introduced
        for _ in range(CONFLICT_TRIES):
            try:
                ledger = self._transact(items, windows, now, waiting_since, durable=durable)
            except VersionConflict as conflict:
                LOG.info("Somebody changed an alert while it was evaluated, so it is evaluated again: %s", conflict)
                continue
            except _MustBeDurable:
                durable = True
                continue
            self._committed(ledger)
            self._handovers.queued(now.wall)
            only_informs = self._evaluator.ruleset.only_informs
            for level, line in self._journal.lines(items, ledger.recorded, only_informs):
                LOG.log(level, "%s", line)
            return
        raise StoreBusy("Alerts change faster than they can be evaluated; the batch is tried again.")

    def preview(self, items: Sequence[Item]) -> None:
        """Evaluate items that could not be stored, so that at least this process knows."""
        if self._shadow is None:
            self._shadow = Ledger(self._known)
        self._evaluator.evaluate(self._shadow, items)
        self._plan_unstored(self._shadow)
        self.unstored_pages.add(self._shadow.changes)
        changed = {id(change.episode) for change in self._shadow.changes}
        self.unsaved = tuple(episode for episode in self._shadow.open() if id(episode) in changed)

    def checkpoint(self, *, force: bool = False) -> None:
        """Checkpoint the write-ahead log when due, or at once. Faults are logged: they lose nothing."""
        now = self._clock.monotonic()
        truncate = force or now >= self._truncate_at
        if not truncate and now < self._checkpoint_at:
            return
        self._checkpoint_at = now + CHECKPOINT_EVERY
        if truncate:
            self._truncate_at = now + TRUNCATE_EVERY
        try:
            self._store.checkpoint(truncate=truncate)
        except StoreError as error:
            LOG.warning("The write-ahead log could not be moved into the database: %s", error)

    def _take_ruleset(self) -> None:
        ruleset, self._next_ruleset = self._next_ruleset, None
        if ruleset is not None:
            self._evaluator = Evaluator(ruleset)
            self._windows = WindowReader(ruleset)
            self._sweep = True

    def _transact(
        self,
        items: Sequence[Item],
        windows: Sequence[RuleWindow],
        now: Instant,
        waiting_since: datetime | None,
        *,
        durable: bool,
    ) -> Ledger:
        guess = Ledger(self._known)
        self._evaluate(guess, items, windows, now)
        durable = durable or bool(guess.changes)
        with self._store.transaction(durable=durable) as writes:
            self._add_samples(writes, items)
            known = self._read_known(writes)
            ledger = guess
            if not self._introduced or set(map(_version, known)) != set(map(_version, self._known)):
                ledger = Ledger(known)
                if not self._introduced:
                    self._introduce(writes, ledger)
                self._evaluate(ledger, items, windows, now)
            if ledger.changes or ledger.has_any_open:
                ledger.plan(self._planner(writes, ledger, now))
            handovers = self._handovers.due(writes, self._evaluator.ruleset.policies, ledger.open(), now.wall)
            if (ledger.changes or handovers) and not durable:
                raise _MustBeDurable
            writes.queue_once(handovers)
            for change in ledger.changes:
                ledger.stored(change, record(writes, change))
            self._keep_evidence(writes, ledger, items)
            identity = self._identity
            alive = now.wall if waiting_since is None else min(now.wall, waiting_since)
            writes.sign_of_life(host=identity.host, pid=identity.pid, started_at=identity.started_at, at=alive)
        return ledger

    def _evaluate(self, ledger: Ledger, items: Sequence[Item], windows: Sequence[RuleWindow], now: Instant) -> None:
        if self._sweep:
            self._evaluator.sweep(ledger, at=now)
        self._evaluator.evaluate(ledger, items, windows)
        self._evaluator.beat(ledger, at=now)

    def _keep_evidence(self, writes: Writes, ledger: Ledger, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, EvidenceReading):
                for episode in ledger.open():
                    if episode.subject == item.subject and episode.alert_type in _OUTAGES and episode.id is not None:
                        writes.keep_evidence(episode.id, item.evidence)

    def _planner(self, reads: Reads | None, ledger: Ledger, now: Instant) -> Planner:
        """Without reads, as the configuration says, and without what people added to it."""
        ruleset = self._evaluator.ruleset
        new_answers = {key_of(change.episode): change.answer for change in ledger.changes if change.answer is not None}

        def answer_line(episode: Episode) -> str | None:
            answer = new_answers.get(key_of(episode))
            if answer is None and episode.id is not None and reads is not None:
                kept = reads.alerts.answers([episode.id], None).get(episode.id)
                answer = None if kept is None else kept.text
            return first_line(answer)

        return Planner(
            ruleset.policies if reads is None else reads.policies.added_to(ruleset.policies, now.wall),
            ledger.open(),
            now,
            shadow_rules=ruleset.shadow_rules,
            answer_line=answer_line,
        )

    def _plan_unstored(self, ledger: Ledger) -> None:
        now = self._clock.instant()
        try:
            with self._store.read() as reads:
                ledger.plan(self._planner(reads, ledger, now))
        except StoreError:
            ledger.plan(self._planner(None, ledger, now))

    def _introduce(self, writes: Writes, ledger: Ledger) -> None:
        """Continue after the previous monitor: the time between is a gap, and open alerts are held over it."""
        if not self._continuous:
            return
        before = writes.monitor.sign_of_life()
        last_cycle_at = None if before is None else before.last_cycle_at
        if last_cycle_at is not None:
            self._handovers.go_on(last_cycle_at, self._started.wall)
        shortest = min(self._evaluator.ruleset.intervals.values(), default=0.0)
        gap = stopped_gap(last_cycle_at, self._started.wall, shortest)
        if gap is not None:
            writes.add_gap(gap)
            self._evaluator.interrupted(ledger, gap, at=self._started)
        elif last_cycle_at is not None:
            seconds = max(0.0, (self._started.wall - last_cycle_at).total_seconds())
            self._evaluator.resume(ledger, seconds=seconds, at=self._started)

    def _read_windows(self, items: Sequence[Item], now: Instant) -> list[RuleWindow]:
        due = self._windows.due(items, now)
        if not due:
            return []
        with self._store.read() as reads:
            return self._windows.read(reads, due, now)

    def _add_samples(self, writes: Writes, items: Sequence[Item]) -> None:
        collected = [item for item in items if isinstance(item, Collected)]
        writes.add_results(self._as_stored(writes, [item.result for item in collected]))
        writes.drop_relayed([item.relayed for item in collected if item.relayed is not None])
        for item in items:
            if isinstance(item, HostReading):
                writes.add_host_sample(item.sample)
            elif isinstance(item, FigureReading):
                writes.add_figures(item.figures)
            elif isinstance(item, Pause):
                writes.add_gap(item.gap)
        _keep_arrived(writes, [item for item in items if isinstance(item, Arrived)])

    def _as_stored(self, writes: Writes, results: Sequence[ProbeResult]) -> list[ProbeResult]:
        if not results:
            return []
        policies = self._evaluator.ruleset.policies
        added = writes.policies.maintenance(min(result.timestamp for result in results))
        return in_maintenance(results, (*policies.maintenance, *added), policies.groups)

    def _read_known(self, reads: Reads) -> list[Episode]:
        """The open episodes as they are now, and the newest resolved ones."""
        known = reads.alerts.open()
        present = {episode.id for episode in known}
        if not self._introduced:
            now = self._started.wall
            known += reads.alerts.episodes(
                start=now - REOPEN_SPAN, end=now, states=(AlertState.RESOLVED,), limit=REOPEN_LIMIT
            )
        for episode in self._known:
            if episode.id in present:
                continue
            # Open in memory and closed in the database: a person closed it.
            current = reads.alerts.episode(episode.id) if episode.open and episode.id is not None else episode
            known += [current] if current is not None else []
        return known

    def _committed(self, ledger: Ledger) -> None:
        self._introduced, self._sweep, self._shadow, self.unsaved = True, False, None, ()
        self.unstored_pages.clear()
        self._known = tuple(ledger.all())
        self.open_subjects = frozenset(
            episode.subject for episode in ledger.open() if not self._evaluator.ruleset.only_informs(episode.rule_id)
        )
        self.checkpoint()


def _keep_arrived(writes: Writes, arrived: Sequence[Arrived]) -> None:
    inbound = writes.inbound
    for item in arrived:
        if item.heartbeat is not None and item.heartbeat.ping is not None:
            inbound.keep_heartbeat(item.heartbeat.record, item.heartbeat.ping)
    inbound.keep_external([item.external.record for item in arrived if item.external is not None])
    inbound.arrivals.remove([item.number for item in arrived if item.number is not None])


def _version(episode: Episode) -> tuple[int | None, int]:
    return episode.id, episode.version


class _Journal:
    """Lines of the log: one for each transition of an alert, and one for each change of a service's state."""

    def __init__(self) -> None:
        self._states: dict[str, ServiceState] = {}

    def lines(
        self, items: Sequence[Item], changes: Iterable[EpisodeChange], only_informs: Callable[[str], bool]
    ) -> list[LogLine]:
        """The lines of a committed batch. The first result of a service is a change unless the service is up.

        An alert whose rule ``only_informs`` has one line in its life.
        """
        found = [line for item in items if isinstance(item, Collected) and (line := self._state_line(item))]
        return found + [
            _alert_line(change, event)
            for change in changes
            for event in change.events
            if event.kind == "fired" or not only_informs(change.episode.rule_id)
        ]

    def _state_line(self, item: Collected) -> LogLine | None:
        result = item.result
        before = self._states.get(result.service, ServiceState.UP)
        if item.late or result.state is before:
            return None
        self._states[result.service] = result.state
        reason = f": {safe_text(result.error)}" if result.error else ""
        text = f"service {safe_text(result.service)} is {result.state.value}, was {before.value}{reason}"
        return (logging.INFO if result.state is ServiceState.UP else logging.WARNING), text


def _alert_line(change: EpisodeChange, event: AlertEvent) -> LogLine:
    episode = change.episode
    text = (
        f"alert {episode.id} {event.kind}: {event.severity.value} {episode.alert_type.value} {safe_text(event.message)}"
    )
    loud = event.kind == "fired" and event.severity is not Severity.INFO
    return (logging.WARNING if loud else logging.INFO), text
