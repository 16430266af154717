"""The members of a cluster on one server: signs of life, slots, and results relayed to the evaluator.

All times are the server's, so the monitors' clocks need not agree. Slots are claimed in a transaction of their own;
nothing stays locked while a probe runs.
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
from amt_console.store.inbound.tables import RelayedRow
from amt_console.store.result_rows import LOG_COLUMNS, result_of, result_values
from amt_console.store.rollups.samples import sample_of
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.utc import micros

GONE_AFTER = 6.0
"""Seconds without a sign of life after which a member counts as dead."""
LEASE_INTERVALS = 2.0
"""Intervals for which a target belongs to the member that probed it last."""
MOST_HANDED_IN = 1000
"""Relayed results held by the evaluator at a time; the rest waits in the database."""
_EARLY = 0.8
"""Part of the interval after which another member that the target falls to may probe it: grids of two processes differ.
The holder itself is not held up: its own schedule keeps the interval."""
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
    "SELECT :location, target, clock_timestamp(), clock_timestamp(), '' "
    "FROM unnest(CAST(:targets AS text[])) AS target "
    "ON CONFLICT (location, target) DO NOTHING"
)
_CLAIM = text(
    "WITH asked AS (SELECT * FROM unnest(CAST(:targets AS text[]), CAST(:intervals AS float8[]), "
    "CAST(:mine AS boolean[])) AS asked (target, interval, mine)), "
    "free AS (SELECT slot.target, asked.interval FROM probe_slots AS slot JOIN asked ON asked.target = slot.target "
    "WHERE slot.location = :location AND (slot.lease_until <= clock_timestamp() OR "
    "(asked.mine AND (slot.holder = :name OR slot.next_due <= clock_timestamp()))) FOR UPDATE OF slot SKIP LOCKED) "
    "UPDATE probe_slots AS slot SET holder = :name, "
    "next_due = clock_timestamp() + make_interval(secs => free.interval * :early), "
    "lease_until = clock_timestamp() + make_interval(secs => free.interval * :lease) "
    "FROM free WHERE slot.location = :location AND slot.target = free.target RETURNING slot.target"
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
    """A member and the age of its newest sign of life."""

    member: Member
    silent: float
    """Seconds since its newest sign of life."""

    @property
    def alive(self) -> bool:
        """Whether it counts as alive."""
        return self.silent < GONE_AFTER


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """Asks for the current slot of a target."""

    target: str
    """Its name."""
    interval: float
    """Seconds between its probes."""
    mine: bool
    """Whether it falls to this monitor as things are; others get a slot only when nobody has probed for
    ``LEASE_INTERVALS``."""


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
        """Give a sign of life. Returns the living members, and those that fell silent without a goodbye."""
        with self._control.begin() as connection:
            connection.execute(_CHECK_IN, asdict(self.me))
            return _heard(connection)

    def claim(self, asked: Sequence[SlotClaim]) -> frozenset[str]:
        """Claim the current slots of targets at this location. Returns the targets of those that nobody else has."""
        # Sorted: two members that insert the same new targets must not wait for each other in a circle.
        new = sorted({each.target for each in asked} - self._known)
        values = {
            "location": self.me.location,
            "name": self.me.name,
            "targets": [each.target for each in asked],
            "intervals": [float(each.interval) for each in asked],
            "mine": [each.mine for each in asked],
            "early": _EARLY,
            "lease": LEASE_INTERVALS,
        }
        with self._control.begin() as connection:
            if new:
                connection.execute(_FIRST, {"location": self.me.location, "targets": new})
            won = frozenset(connection.execute(_CLAIM, values).scalars())
        self._known.update(new)
        return won

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
            text = self._keys.open(answer_cell(result.service, result.timestamp), sealed)
        except Unavailable:
            return result
        return replace(result, answer=lambda: text)

    def _sealed_answer(self, result: ProbeResult) -> Sealed | None:
        text = None if result.answer is None else result.answer()
        return None if text is None else self._keys.seal(answer_cell(result.service, result.timestamp), text)

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


def answer_cell(service: str, at: datetime) -> EncryptedCell:
    """The cell of a relayed answer. The row's number is not known when it is encrypted."""
    return EncryptedCell(_RELAYED.name, "answer", f"{service}|{micros(at)}")


def _heard(connection: Connection) -> tuple[Heard, ...]:
    found = []
    for row in connection.execute(_MONITORS).mappings():
        values = dict(row)
        silent = float(values.pop("silent"))
        if is_location(values["location"]):
            found.append(Heard(Member(**values), silent))
    return tuple(found)
