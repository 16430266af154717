"""The newest result and the newest change of state of every service up to a moment: each of all services in one query.

One query for each service would take as long as all the rest of a past snapshot.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, true

from amt_console.clock import MICROSECOND
from amt_console.store.readable import EARLIEST
from amt_console.store.rollups import rebuild
from amt_console.store.rollups.tables import ServiceStateRow, StateChangeLog
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog
from amt_console.store.values import Row

_STATE, _LOGS, _CHANGES = table(ServiceStateRow), table(MonitoringLog), table(StateChangeLog)


def newest_results(connection: Connection, at: datetime) -> dict[str, Row]:
    """The newest raw row of each service that went on after a moment, up to that moment."""
    found: dict[str, Row] = {}
    for row in connection.execute(_newest_results(connection.dialect.name), {"at": at}).mappings():
        name = row["service_name"]
        # Another program may have written a time that sorts among the others and cannot be read.
        known = row if row["timestamp"] is not None else rebuild.newest_row(connection, name, at + MICROSECOND)
        if known is not None:
            found[name] = known
    return found


def newest_changes(connection: Connection, at: datetime) -> dict[str, Row]:
    """The newest change of each service up to a moment."""
    rows = connection.execute(_newest_changes(connection.dialect.name), {"at": at}).mappings()
    return {row["service_name"]: row for row in rows}


@cache
def _newest_results(dialect: str) -> Select[Any]:
    return _newest(_LOGS, dialect).where(_STATE.c.timestamp > bindparam("at"))


@cache
def _newest_changes(dialect: str) -> Select[Any]:
    return _newest(_CHANGES, dialect)


def _newest(rows: Any, dialect: str) -> Select[Any]:
    def newest(source: Any, *columns: Any) -> Select[Any]:
        mine = source.c.service_name == _STATE.c.service_name
        upto = (source.c.timestamp >= EARLIEST, source.c.timestamp <= bindparam("at"))
        order = (source.c.timestamp.desc(), source.c.id.desc())
        return select(*columns).where(mine, *upto).order_by(*order).limit(1).correlate(_STATE)

    if dialect == "postgresql":
        each = newest(rows, rows).lateral()
        return select(each).select_from(_STATE.join(each, true()))
    other = rows.alias()
    return select(rows).select_from(_STATE.join(rows, rows.c.id == newest(other, other.c.id).scalar_subquery()))
