"""Times written by other programs into the original's tables: normalised to the sortable form, or reported.

Each new row is examined once. A readable time is rewritten. A row without one stays as it is, is ignored by every
reader, and is reported until somebody has mended it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import read_moment, sqlite_text
from amt_console.store.values import from_json
from amt_console.store.writes import Writes

NOTE = "times of "
"""How the keys begin under which ``store_meta`` keeps how far a table was looked at, and what was found."""
_TIME = "timestamp"
COLUMNS = {"monitoring_logs": (_TIME,), "system_metrics": (_TIME,), "alerts": (_TIME, "resolved_at")}
"""The tables that others write into, with the columns that hold times."""
_MOST_NAMED = 1000
HOW_TO_MEND = "Write the time as 'YYYY-MM-DD HH:MM:SS' in UTC, or delete what is of no use."
_FORM = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]." + 6 * "[0-9]"
_META = table(MetaRow)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Rows that are left out everywhere."""

    table: str
    ids: tuple[int, ...]

    def __str__(self) -> str:
        count = f"{len(self.ids)} rows" if len(self.ids) > 1 else "A row"
        more = " or more" if len(self.ids) >= _MOST_NAMED else ""
        named = ", ".join(map(str, self.ids[:3])) + (" ..." if len(self.ids) > 3 else "")
        return f"{count}{more} of {self.table} without a readable time (id {named}) cannot be shown."


@dataclass(slots=True)
class Looked:
    """How far a table was examined."""

    upto: int = 0
    """The last examined number."""
    noted: int = 0
    """The last number that the database knows of."""
    unreadable: list[int] = field(default_factory=list)


@dataclass(slots=True)
class MendedTimes:
    """The result of an examination."""

    mended: list[tuple[str, str, int, Any]] = field(default_factory=list)
    """Column, new value, number, old value."""
    unreadable: list[int] = field(default_factory=list)


def unreadable_rows(reads: Reads) -> tuple[Unreadable, ...]:
    """What the last look has found, by table."""
    found = {name: looked_at(reads._connection, name).unreadable for name in COLUMNS}
    return tuple(Unreadable(name, tuple(ids)) for name, ids in found.items() if ids)


def mend_all(writes: Writes) -> None:
    """Look at all rows, e.g. of a database that was the original's until now."""
    if writes._connection.dialect.name != "sqlite":
        return
    for name in COLUMNS:
        upto = newest_number(writes._connection, name)
        # Without bounds an index answers, which is a tenth of the table.
        mend(writes, name, _sorted_out(name, _odd_rows(writes._connection, name, "TRUE", ())), upto)


def looked_at(connection: Connection, name: str) -> Looked:
    """How far a table was looked at, as the database knows it."""
    row = connection.execute(select(_META.c.number, _META.c.content).where(_META.c.key == NOTE + name)).first()
    if row is None:
        return Looked()
    return Looked(int(row.number), int(row.number), [int(each) for each in from_json(row.content) or ()])


def newest_number(connection: Connection, name: str) -> int:
    """The highest number of a table."""
    return int(connection.exec_driver_sql(f"SELECT max(id) FROM {name}").scalar() or 0)  # noqa: S608


def examine(connection: Connection, name: str, looked: Looked, upto: int) -> MendedTimes:
    """Look at the rows up to a number that were not looked at yet, and again at those that could not be read."""
    rows: list[RowMapping] = []
    if looked.unreadable:
        marks = ", ".join("?" * len(looked.unreadable))
        rows += _odd_rows(connection, name, f"id IN ({marks})", tuple(looked.unreadable))
    if looked.upto < upto:
        rows += _odd_rows(connection, name, "id > ? AND id <= ?", (looked.upto, upto))
    return _sorted_out(name, rows)


def mend(writes: Writes, name: str, found: MendedTimes, upto: int) -> None:
    """Write the times that could be read in the form that sorts, unless somebody has changed a row since."""
    for column, value, number, before in found.mended:
        statement = f"UPDATE {name} SET {column} = ? WHERE id = ? AND {column} IS ?"  # noqa: S608
        writes._connection.exec_driver_sql(statement, (value, number, before))
    row = {"key": NOTE + name, "number": upto, "content": json.dumps(found.unreadable)}
    writes._connection.execute(writes._ingesters.upsert_meta, [row])


def _odd_rows(connection: Connection, name: str, which: str, values: tuple[int, ...]) -> Sequence[RowMapping]:
    """Those of some rows with a time that is none or not in the form that sorts, as they are stored."""
    columns = COLUMNS[name]
    odd = [f"{_TIME} IS NULL", f"datetime({_TIME}) IS NULL", *(f"{each} NOT GLOB '{_FORM}'" for each in columns)]
    statement = f"SELECT id, {', '.join(columns)} FROM {name} WHERE {which} AND ({' OR '.join(odd)})"  # noqa: S608
    return connection.exec_driver_sql(statement, values).mappings().all()


def _sorted_out(name: str, rows: Iterable[RowMapping]) -> MendedTimes:
    found = MendedTimes()
    for row in sorted(rows, key=lambda row: int(row["id"])):
        for column in COLUMNS[name]:
            moment = read_moment(row[column])
            if moment is not None and sqlite_text(moment) != row[column]:
                found.mended.append((column, sqlite_text(moment), row["id"], row[column]))
            elif moment is None and column == _TIME and len(found.unreadable) < _MOST_NAMED:
                found.unreadable.append(row["id"])
    return found
