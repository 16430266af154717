"""Reads about the monitor: its heartbeat, its gaps, and the end of simulated history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from amt_console.model import Gap, GapReason
from amt_console.store.schema import table
from amt_console.store.tables import GapRow, MetaRow, SignOfLifeRow
from amt_console.store.utc import moment

_GAPS = table(GapRow)
_META = table(MetaRow)
_NEWEST = select(table(SignOfLifeRow))
_SIMULATED_UNTIL = select(_META.c.number).where(_META.c.key == "simulated_until")


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """The newest heartbeat of the monitor."""

    host: str
    pid: int
    started_at: datetime
    last_cycle_at: datetime


class MonitorReads:
    """Reads about the monitor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sign_of_life(self) -> MonitorRow | None:
        """The newest heartbeat of a monitor."""
        row = self._connection.execute(_NEWEST).mappings().first()
        if row is None:
            return None
        return MonitorRow(row["host"], row["pid"], row["started_at"], row["last_cycle_at"])

    def gaps(self, start: datetime, end: datetime) -> list[Gap]:
        """Gaps that overlap ``[start, end)``, oldest first, not clipped."""
        rows = self._connection.execute(
            select(_GAPS)
            .where(_GAPS.c.ended_at > start, _GAPS.c.started_at < end)
            .order_by(_GAPS.c.started_at, _GAPS.c.ended_at, _GAPS.c.id)
        ).mappings()
        return [Gap(row["started_at"], row["ended_at"], GapReason(row["reason"])) for row in rows]

    def simulated_until(self) -> datetime | None:
        """The newest moment for which simulated data was stored; ``None`` if there is none."""
        number = self._connection.execute(_SIMULATED_UNTIL).scalar()
        return None if number is None else moment(number)

    def database_bytes(self) -> int:
        """The size of the database, with what is free in it."""
        if self._connection.dialect.name == "postgresql":
            return int(self._connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        pages, size = (
            self._connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages) * int(size)
