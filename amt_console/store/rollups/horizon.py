"""The horizon of complete raw rows: time before it is never recomputed, because rows may have been deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Executable, select

from amt_console.store.rollups.buckets import Sample, floor
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import SECOND, micros

_META = table(MetaRow)
_PREFIX = "kept_from "
_FIVE = 300 * SECOND


def kept_from(connection: Connection, raw: str) -> int | None:
    """Microseconds since 1970 up to which rows of a table were deleted; ``None`` if none were."""
    found = connection.execute(select(_META.c.number).where(_META.c.key == _PREFIX + raw)).scalar()
    return None if found is None else int(found)


def note(connection: Connection, upsert_meta: Executable, raw: str, before: datetime) -> None:
    """Note that rows of a table before a moment are being deleted; an earlier moment changes nothing."""
    known = kept_from(connection, raw)
    if known is None or known < micros(before):
        connection.execute(upsert_meta, [{"key": _PREFIX + raw, "number": micros(before), "content": None}])


def first_whole(connection: Connection, raw: str, interval: int, length: int) -> int | None:
    """The first bucket of ``length`` that can be recomputed, for results ``interval`` apart; all in microseconds."""
    kept = kept_from(connection, raw)
    return None if kept is None else -(-(kept + interval * 3 // 2) // length) * length


def recomputable(sample: Sample, kept: int | None) -> bool:
    """Whether all raw rows are there that the buckets around a sample are made of."""
    return kept is None or floor(sample.at, _FIVE) - sample.interval * 3 // 2 >= kept
