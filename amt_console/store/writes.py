"""Everything that can be stored, within one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Executable, delete, insert, select

from amt_console.clock import Clock
from amt_console.model import (
    RESOLUTIONS,
    AuditEntry,
    BusinessFigures,
    Episode,
    EpisodeChange,
    Gap,
    HostSample,
    ProbeResult,
    Target,
)
from amt_console.model.evidence import Evidence
from amt_console.model.notifications import Decision, OutboxEntry
from amt_console.store import answers, audit, episodes, evidence
from amt_console.store.answers import AlertAnswerRow
from amt_console.store.audit import AuditRow
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.engines.dialect import Dialect
from amt_console.store.engines.queues import Queue
from amt_console.store.first_look import WATCHED, watched_text
from amt_console.store.inbound.records import InboundWrites
from amt_console.store.inbound.tables import RelayedRow
from amt_console.store.ingest import Ingest
from amt_console.store.outbox import decisions
from amt_console.store.outbox import queue as outbox
from amt_console.store.policies.stored import PolicyWrites
from amt_console.store.reads import Reads
from amt_console.store.reads.services import ServiceReads
from amt_console.store.rollups import horizon, rebuild
from amt_console.store.rollups.buckets import floor
from amt_console.store.rollups.host import HostIngest
from amt_console.store.sample_rows import figures_json
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow, GapRow, MetaRow, SignOfLifeRow, SystemMetric
from amt_console.store.utc import SECOND, micros, moment
from amt_console.store.values import clean_text

_FIGURES = table(BusinessFiguresRow)
_GAPS = table(GapRow)
_AUDIT = table(AuditRow)
_META = table(MetaRow)
_RELAYED = table(RelayedRow)
_HOUR = 3600 * SECOND
_DAY = RESOLUTIONS[-1] * SECOND


@dataclass(frozen=True, slots=True)
class Ingesters:
    """What a store keeps between transactions to write quickly."""

    results: Ingest
    host: HostIngest
    upsert_monitor: Executable
    upsert_meta: Executable
    upsert_answer: Executable

    @classmethod
    def of(cls, dialect: Dialect, clock: Clock) -> Ingesters:
        """New ones that know nothing yet."""
        return cls(
            results=Ingest(dialect, clock),
            host=HostIngest(dialect),
            upsert_monitor=dialect.upsert(table(SignOfLifeRow)),
            upsert_meta=dialect.upsert(_META),
            upsert_answer=dialect.upsert(table(AlertAnswerRow)),
        )

    def forget(self) -> None:
        """Drop everything remembered."""
        self.results.forget()
        self.host.forget()


class Writes(Reads):
    """One writing transaction; reading in it sees what it has written."""

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        keys: Keyring,
        ingesters: Ingesters,
        *,
        durable: bool,
        simulated: bool,
    ) -> None:
        super().__init__(connection, clock, keys)
        self.services = ServiceReads(connection, clock, only_reads=False)
        self.policies: PolicyWrites = PolicyWrites(connection)
        self.touched: set[Queue] = set()
        """The queues that this transaction changes."""
        self.inbound: InboundWrites = InboundWrites(connection, keys, self.touched)
        self._clock = clock
        self._ingesters = ingesters
        self._durable = durable
        self._simulated = simulated
        self._simulated_until: int | None = None

    def add_results(self, results: Sequence[ProbeResult]) -> None:
        """Store results in any order, with newest states, changes of state and rollups.

        A second result of the same service and moment is ignored. Response times and details that are not finite are
        stored as none.
        """
        if not results:
            return
        self._ingesters.results.add(self._connection, results, simulated=self._simulated)
        if self._simulated:
            self._mark(max(result.timestamp for result in results))

    def drop_relayed(self, numbers: Sequence[int]) -> None:
        """Results that other monitors have handed in under these numbers are stored by this transaction."""
        if numbers:
            self._connection.execute(delete(_RELAYED).where(_RELAYED.c.id.in_(numbers)))

    def add_host_sample(self, sample: HostSample) -> None:
        """A sample of the host and its rollups; a second one of the same moment is ignored."""
        self._ingesters.host.add(self._connection, sample, simulated=self._simulated)
        self._mark(sample.timestamp)

    def add_figures(self, figures: BusinessFigures) -> None:
        """The figures of one answer; a second one of the same kind and moment is ignored."""
        hour = floor(micros(figures.timestamp), _HOUR)
        mine = select(_FIGURES.c.id).where(_FIGURES.c.kind == figures.kind.value)
        same = mine.where(_FIGURES.c.timestamp == figures.timestamp).limit(1)
        if self._connection.execute(same).first() is not None:
            return
        in_hour = mine.where(
            _FIGURES.c.timestamp >= moment(hour),
            _FIGURES.c.timestamp < moment(hour + _HOUR),
            _FIGURES.c.hourly.is_(True),
        ).limit(1)
        row = {
            "timestamp": figures.timestamp,
            "kind": figures.kind.value,
            "figures": figures_json(figures),
            "hourly": self._connection.execute(in_hour).first() is None,
            "simulated": figures.simulated or self._simulated,
        }
        self._connection.execute(insert(_FIGURES), [row])
        self._mark(figures.timestamp)

    def add_gap(self, gap: Gap) -> None:
        """A stretch without measurements."""
        row = {"started_at": gap.started_at, "ended_at": gap.ended_at, "reason": gap.reason.value}
        self._connection.execute(insert(_GAPS), [row])

    def sign_of_life(self, *, host: str, pid: int, started_at: datetime, at: datetime) -> None:
        """The monitor's sign of life."""
        row = {
            "name": "monitor",
            "host": clean_text(host, 255),
            "pid": pid,
            "started_at": started_at,
            "last_cycle_at": at,
        }
        self._connection.execute(self._ingesters.upsert_monitor, [row])

    def queue_once(self, entries: Sequence[OutboxEntry]) -> int:
        """Queue messages about no alert, unless one with the same ``dedup_key`` was queued; returns how many."""
        new = outbox.unknown(self._connection, entries)
        self.queue(None, new)
        return len(new)

    def queue(self, episode: Episode | None, entries: Sequence[OutboxEntry]) -> None:
        """Queue messages about an alert, or about none."""
        if entries:
            self.touched.add("outbox")
        outbox.add(self._connection, self._keys, episode, entries)

    def add_decisions(self, decided: Sequence[Decision]) -> None:
        """Decisions that were made after the messages were queued; each carries the number of its alert."""
        decisions.add_later(self._connection, decided)

    def add_audit(self, entry: AuditEntry) -> AuditEntry:
        """What a person did; returns it with its number and its place in the chain."""
        return audit.append(self._connection, self._ingesters.upsert_meta, entry, self._keys)

    def keep_evidence(self, alert_id: int, found: Evidence) -> None:
        """Keep what was seen around an alert's first failure; the first evidence of an alert stays."""
        evidence.keep_evidence(self._connection, self._keys, alert_id, found)

    def note_watched(self, targets: Sequence[Target]) -> None:
        """Note what the monitor watches, for the first look of the next console."""
        row = {"key": WATCHED, "number": len(targets), "content": watched_text(targets)}
        self._connection.execute(self._ingesters.upsert_meta, [row])

    def rebuild_rollups(self, start: datetime, end: datetime, services: Sequence[str] | None = None) -> None:
        """Recompute rollups, changes of state and newest states from the raw rows of ``[start, end)``.

        The window is rounded to whole days. What lies before the raw rows that are still there is left as it is.
        """
        self._ingesters.forget()
        first, last = floor(micros(start), _DAY), -(-micros(end) // _DAY) * _DAY
        for name in rebuild.services(self._connection) if services is None else services:
            for begin, stop in rebuild.whole_days(self._connection, name, first, last):
                self._ingesters.results.rebuild(self._connection, name, begin, stop)
        if services is None:
            self.rebuild_host(moment(first), moment(last))

    def rebuild_host(self, start: datetime, end: datetime) -> None:
        """Recompute the host's rollups from its samples of the whole days that touch ``[start, end)``, where those are
        still there.
        """
        first, last = floor(micros(start), _DAY), -(-micros(end) // _DAY) * _DAY
        whole = horizon.first_whole(self._connection, table(SystemMetric).name, 0, _DAY)
        begin = first if whole is None else max(first, whole)
        if begin < last:
            self._ingesters.host.rebuild(self._connection, moment(begin), moment(last))

    def derive_missing(self) -> None:
        """Compute rollups and states for services that have only raw rows, as a database of the original system has."""
        missing = rebuild.services_without_state(self._connection)
        extent = rebuild.extent(self._connection) if missing else None
        if extent is not None:
            self.rebuild_rollups(*extent, services=missing)

    def finish(self) -> None:
        """Write what was held back until the end of the transaction; the store calls this before it commits."""
        self._ingesters.host.flush(self._connection)
        if self._simulated_until is not None:
            before = self.monitor.simulated_until()
            until = max(self._simulated_until, 0 if before is None else micros(before))
            row = {"key": "simulated_until", "number": until, "content": None}
            self._connection.execute(self._ingesters.upsert_meta, [row])

    def _mark(self, at: datetime) -> None:
        if self._simulated:
            self._simulated_until = max(micros(at), self._simulated_until or 0)


def record(writes: Writes, change: EpisodeChange) -> Episode:
    """Store a change of an episode. Nothing else writes episodes.

    An episode without id is inserted; any other is replaced if its ``version`` is still the stored one.

    Returns:
        The episode with its id and its new version.

    Raises:
        VersionConflict: Somebody changed it, or its rule and subject have an open one already.
        RuntimeError: The transaction is not durable: an alert may not be lost with the power. Simulated ones may.
    """
    if not (writes._durable or writes._simulated):
        raise RuntimeError("an alert is stored by a durable transaction only")
    saved = episodes.save(writes._connection, change.episode, change.events, simulated=writes._simulated)
    answers.keep(writes._connection, writes._ingesters.upsert_answer, writes._keys, saved, change)
    writes.queue(saved, change.outbox)
    decisions.add(writes._connection, saved, change.decisions)
    if change.audit is not None:
        writes.add_audit(change.audit)
    return saved
