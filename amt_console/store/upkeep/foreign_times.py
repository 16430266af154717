"""Times that other programs wrote into the original's tables of a file: brought into the form that sorts, or told of.

Each new row is looked at once. A time that can be read is written anew; a row without one is left as it is, is left out
by everything that reads, and is named until somebody has mended it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, select

from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import read_moment, sqlite_text
from amt_console.store.values import from_json
from amt_console.store.writes import Writes

if TYPE_CHECKING:
    from amt_console.store.store import Store

NOTE = "times of "
"""How the keys begin under which ``store_meta`` keeps how far a table was looked at, and what was found."""
_TIME = "timestamp"
_COLUMNS = {"monitoring_logs": (_TIME,), "system_metrics": (_TIME,), "alerts": (_TIME, "resolved_at")}
_CHUNK = 10_000
"""Rows of one step: some 10 ms."""
_NOTE_EVERY = 100_000
"""So many rows may be looked at once more after a start."""
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
class _Looked:
    upto: int = 0
    """The last number that was looked at."""
    noted: int = 0
    unreadable: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    mended: list[tuple[str, str, int, Any]] = field(default_factory=list)
    """Column, new value, number, old value."""
    unreadable: list[int] = field(default_factory=list)


def unreadable_rows(reads: Reads) -> tuple[Unreadable, ...]:
    """What the last look has found, by table."""
    found = {name: _noted(reads._connection, name).unreadable for name in _COLUMNS}
    return tuple(Unreadable(name, tuple(ids)) for name, ids in found.items() if ids)


def mend_all(writes: Writes) -> None:
    """Look at all rows, e.g. of a database that was the original's until now."""
    if writes._connection.dialect.name != "sqlite":
        return
    for name, columns in _COLUMNS.items():
        upto = _newest(writes._connection, name)
        # Without bounds an index answers, which is a tenth of the table.
        _write(writes, name, _sorted_out(_rows(writes._connection, name, "TRUE", ()), columns), upto)


class TimeMender:
    """Looks at what is new, some rows a step. Used on one thread; ``notices`` may be read from any.

    Args:
        store: Open for writing; on a server there is nothing to do, it takes nothing but times.
    """

    def __init__(self, store: Store) -> None:
        self.notices: tuple[str, ...] = ()
        """What people should know, in sentences."""
        self._store = store
        self._looked: dict[str, _Looked] = {}

    def step(self) -> bool:
        """Look at the next rows; returns whether there are more. Raises StoreError."""
        if not self._store.url.startswith("sqlite"):
            return False
        more = [self._look(name) for name in _COLUMNS]
        found = {name: tuple(looked.unreadable) for name, looked in self._looked.items() if looked.unreadable}
        self.notices = tuple(f"{Unreadable(name, ids)} {HOW_TO_MEND}" for name, ids in found.items())
        return any(more)

    def _look(self, name: str) -> bool:
        with self._store.read() as reads:
            connection = reads._connection
            if name not in self._looked:
                self._looked[name] = _noted(connection, name)
            looked = self._looked[name]
            newest = _newest(connection, name)
            upto = max(looked.upto, min(newest, looked.upto + _CHUNK))
            odd = [*_again(connection, name, looked.unreadable), *_odd(connection, name, looked.upto, upto)]
        found = _sorted_out(odd, _COLUMNS[name])
        if found.mended or found.unreadable != looked.unreadable or upto - looked.noted >= _NOTE_EVERY:
            with self._store.transaction() as writes:
                _write(writes, name, found, upto)
            looked.unreadable, looked.noted = found.unreadable, upto
        looked.upto = upto
        return upto < newest


def _newest(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT max(id) FROM {name}").scalar() or 0)  # noqa: S608


def _odd(connection: Connection, name: str, after: int, upto: int) -> Sequence[RowMapping]:
    """Rows with a time that is none or not in the form that sorts, as they are stored."""
    return _rows(connection, name, "id > ? AND id <= ?", (after, upto)) if after < upto else ()


def _again(connection: Connection, name: str, ids: Sequence[int]) -> Sequence[RowMapping]:
    """Those of some rows that are still like that."""
    return _rows(connection, name, f"id IN ({', '.join('?' * len(ids))})", tuple(ids)) if ids else ()


def _rows(connection: Connection, name: str, which: str, values: tuple[int, ...]) -> Sequence[RowMapping]:
    columns = _COLUMNS[name]
    odd = [f"{_TIME} IS NULL", f"datetime({_TIME}) IS NULL", *(f"{each} NOT GLOB '{_FORM}'" for each in columns)]
    statement = f"SELECT id, {', '.join(columns)} FROM {name} WHERE {which} AND ({' OR '.join(odd)})"  # noqa: S608
    return connection.exec_driver_sql(statement, values).mappings().all()


def _sorted_out(rows: Iterable[RowMapping], columns: Sequence[str]) -> _Found:
    found = _Found()
    for row in sorted(rows, key=lambda row: int(row["id"])):
        for column in columns:
            moment = read_moment(row[column])
            if moment is not None and sqlite_text(moment) != row[column]:
                found.mended.append((column, sqlite_text(moment), row["id"], row[column]))
            elif moment is None and column == _TIME and len(found.unreadable) < _MOST_NAMED:
                found.unreadable.append(row["id"])
    return found


def _write(writes: Writes, name: str, found: _Found, upto: int) -> None:
    """Unless somebody has changed a row since it was read."""
    for column, value, number, before in found.mended:
        statement = f"UPDATE {name} SET {column} = ? WHERE id = ? AND {column} IS ?"  # noqa: S608
        writes._connection.exec_driver_sql(statement, (value, number, before))
    row = {"key": NOTE + name, "number": upto, "content": json.dumps(found.unreadable)}
    writes._connection.execute(writes._ingesters.upsert_meta, [row])


def _noted(connection: Connection, name: str) -> _Looked:
    row = connection.execute(select(_META.c.number, _META.c.content).where(_META.c.key == NOTE + name)).first()
    if row is None:
        return _Looked()
    return _Looked(int(row.number), int(row.number), [int(each) for each in from_json(row.content) or ()])
