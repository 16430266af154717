"""The members of a cluster on one server: heartbeats, slots, and results relayed to the evaluator.

All times are the server's, so the monitors' clocks need not agree. A slot is claimed in its own statement; nothing
stays locked while the probe runs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select, text

from amt_console.model import DEFAULT_LOCATION, ProbeResult, is_location
from amt_console.store.cluster.control import Control
from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Unavailable
from amt_console.store.result_rows import LOG_COLUMNS, result_of, result_values
from amt_console.store.rollups.samples import sample_of
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.tables import RelayedRow
from amt_console.store.utc import micros

GONE_AFTER = 6.0
"""Seconds without a heartbeat after which a member counts as dead."""
LEASE_INTERVALS = 2.0
"""Intervals for which a target belongs to the member that probed it last."""
MOST_HANDED_IN = 1000
"""Relayed results held by the evaluator at a time; the rest waits in the database."""
_EARLY = 0.8
"""Part of the interval after which the next slot of the same holder may begin: grids of two processes differ."""
_RELAYED = table(RelayedRow)
_CHECK_IN = text(
    "INSERT INTO monitors (name, host, pid, started_at, location, evaluates, seen_at) "
    "VALUES (:name, :host, :pid, :started_at, :location, :evaluates, clock_timestamp()) "
    "ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"
)
_MONITORS = text(
    "SELECT name, host, pid, started_at, location, evaluates, "
    "extract(epoch FROM clock_timestamp() - seen_at) AS silent FROM monitors ORDER BY location, name"
)
_LEAVE = text("DELETE FROM monitors WHERE name = :name")
_CLEAR = text("DELETE FROM monitors WHERE seen_at < clock_timestamp() - interval '1 day'")
_FREE = text(
    "UPDATE probe_slots SET next_due = clock_timestamp(), lease_until = clock_timestamp() WHERE holder = :name"
)
_FIRST = text(
    "INSERT INTO probe_slots (location, target, next_due, lease_until, holder) "
    "VALUES (:location, :target, clock_timestamp(), clock_timestamp(), '') ON CONFLICT (location, target) DO NOTHING"
)
_CLAIM = text(
    "UPDATE probe_slots SET holder = :name, next_due = clock_timestamp() + make_interval(secs => :pause), "
    "lease_until = clock_timestamp() + make_interval(secs => :lease) WHERE location = :location AND target = ("
    "SELECT target FROM probe_slots WHERE location = :location AND target = :target AND "
    "(lease_until <= clock_timestamp() OR (:mine AND next_due <= clock_timestamp())) FOR UPDATE SKIP LOCKED"
    ") RETURNING target"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member: a process that probes."""

    name: str
    host: str
    pid: int
    started_at: datetime
    location: str = DEFAULT_LOCATION
    """Its location."""
    evaluates: bool = False
    """Whether it stores and evaluates the results of all members."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A member and the age of its newest heartbeat."""

    member: Member
    silent: float
    """Seconds since its newest heartbeat."""

    @property
    def alive(self) -> bool:
        """Whether it counts as alive."""
        return self.silent < GONE_AFTER


def monitors_of(store: Store) -> tuple[Heard, ...]:
    """The members of a database's cluster by location; none for a file. Raises StoreError."""
    if not store.is_server:
        return ()
    with store.read() as reads:
        return _heard(reads._connection)


class Cluster:
    """The cluster, as one member uses it. Methods are safe from any thread. They raise StoreError.

    Args:
        store: On a server; stays open.
        me: This process.
    """

    def __init__(self, store: Store, me: Member) -> None:
        self.me = me
        self._control = Control(store)
        self._keys = store.keys
        self._known: set[str] = set()

    @staticmethod
    def possible(store: Store) -> bool:
        """Whether more than one process can probe for this database."""
        return store.is_server

    def check_in(self) -> tuple[Heard, ...]:
        """Send a heartbeat. Returns the living members, and those that fell silent without a goodbye."""
        with self._control.begin() as connection:
            connection.execute(_CHECK_IN, asdict(self.me))
            return _heard(connection)

    def claim(self, target: str, interval: float, *, mine: bool) -> bool:
        """Claim the current slot of a target at this location; False if another member has it.

        Args:
            target: Its name.
            interval: Seconds between its probes.
            mine: Whether it falls to this monitor as things are; others get a slot only when nobody has probed for
                ``LEASE_INTERVALS``.
        """
        values = {
            "location": self.me.location,
            "target": target,
            "name": self.me.name,
            "pause": interval * _EARLY,
            "lease": interval * LEASE_INTERVALS,
            "mine": mine,
        }
        with self._control.begin() as connection:
            if target not in self._known:
                connection.execute(_FIRST, {"location": self.me.location, "target": target})
                self._known.add(target)
            return connection.execute(_CLAIM, values).first() is not None

    def hand_in(self, results: Sequence[ProbeResult]) -> None:
        """Relay results to the evaluator."""
        statement = self._control.dialect.bulk(_RELAYED, (*LOG_COLUMNS, "answer"))
        rows = [
            (
                *result_values(each, sample_of(each), self._control.dialect.moment_value(each.timestamp), False),
                self._sealed_answer(each),
            )
            for each in results
        ]
        with self._control.begin() as connection:
            connection.exec_driver_sql(statement, rows)

    def handed_in(self, known: Collection[int]) -> tuple[set[int], list[tuple[int, ProbeResult]]]:
        """Which of the known results are not stored yet, by number; and unknown ones with their numbers, oldest first.

        No more unknown ones than bring both to ``MOST_HANDED_IN``. Whoever hands in gets the number before the commit,
        so a lower one may become visible after a higher one.
        """
        number = _RELAYED.c.id
        with self._control.begin() as connection:
            there = set(connection.execute(select(number).where(number.in_(known))).scalars())
            query = select(_RELAYED).where(number.not_in(known)).order_by(number).limit(MOST_HANDED_IN - len(there))
            return there, [(int(row["id"]), self._relayed(row)) for row in connection.execute(query).mappings()]

    def _relayed(self, row: RowMapping) -> ProbeResult:
        result, sealed = result_of(row), row["answer"]
        if sealed is None:
            return result
        try:
            text = self._keys.open(_answer_cell(result), sealed)
        except Unavailable:
            return result
        return replace(result, answer=lambda: text)

    def _sealed_answer(self, result: ProbeResult) -> Sealed | None:
        text = None if result.answer is None else result.answer()
        return None if text is None else self._keys.seal(_answer_cell(result), text)

    def give_up(self, numbers: Collection[int]) -> None:
        """Delete relayed results that will not be stored."""
        with self._control.begin() as connection:
            connection.execute(delete(_RELAYED).where(_RELAYED.c.id.in_(numbers)))

    def leave(self) -> None:
        """Leave the cluster: others may take over the slots at once."""
        try:
            with self._control.begin() as connection:
                connection.execute(_LEAVE, {"name": self.me.name})
                connection.execute(_CLEAR)
                connection.execute(_FREE, {"name": self.me.name})
        finally:
            self._control.close()


def _answer_cell(result: ProbeResult) -> EncryptedCell:
    return EncryptedCell(_RELAYED.name, "answer", f"{result.service}|{micros(result.timestamp)}")


def _heard(connection: Connection) -> tuple[Heard, ...]:
    found = []
    for row in connection.execute(_MONITORS).mappings():
        values = dict(row)
        silent = float(values.pop("silent"))
        if is_location(values["location"]):
            found.append(Heard(Member(**values), silent))
    return tuple(found)
