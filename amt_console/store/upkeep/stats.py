"""How much is stored, how fast it grows, and how large it will be under the retention in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Table, func, select, text

from amt_console.model import RESOLUTIONS
from amt_console.store.readable import sortable
from amt_console.store.store import Store
from amt_console.store.upkeep import retention_rules
from amt_console.store.upkeep.catalogue import all_tables
from amt_console.store.upkeep.retention_rules import DAY, Keep, RetentionPolicy

GROWTH_WINDOW = timedelta(days=7)
"""Growth is measured over the newest data of this length."""
FORECASTS = (30, 365)
"""Days ahead."""
_ROLLUPS = ("service_rollups", "host_rollups", "value_rollups")
_MEASURED = ("monitoring_logs", "system_metrics", "business_figures", *_ROLLUPS)
_SHORTEST = timedelta(minutes=1)
_PAGES = text("SELECT name, pgsize FROM dbstat('main', 1)")
_OWNERS = text("SELECT name, tbl_name FROM sqlite_schema")
_RELATIONS = text(
    "SELECT c.relname, coalesce(p.relname, c.relname), pg_total_relation_size(c.oid) FROM pg_class c "
    "LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
)


@dataclass(frozen=True, slots=True)
class TableStats:
    """One kind of data."""

    name: str
    rows: int
    bytes: int
    """With its indexes; of a part of a table its share."""
    oldest: datetime | None
    newest: datetime | None
    keep: Keep
    """How long it is kept; ``None`` for ever."""
    rows_per_day: float = 0.0

    @property
    def row_bytes(self) -> float:
        """Bytes of a row on average."""
        return self.bytes / self.rows if self.rows else 0.0

    @property
    def bytes_per_day(self) -> float:
        """Growth before anything expires."""
        return self.rows_per_day * self.row_bytes

    def bytes_in(self, days: float) -> float:
        """Bytes so many days from now, if it grows as it does now: new rows that are still kept, and old ones that
        are; those are taken to lie evenly over their time."""
        keep = float("inf") if self.keep is None else self.keep / DAY
        age = 0.0 if self.oldest is None or self.newest is None else (self.newest - self.oldest) / DAY
        fresh = self.rows_per_day * min(days, keep)
        share = min(1.0, max(0.0, keep - days) / age) if age > 0 else float(keep > days)
        return (fresh + self.rows * share) * self.row_bytes


@dataclass(frozen=True, slots=True)
class StoreStats:
    """The whole database."""

    place: str
    file_bytes: int
    log_bytes: int
    free_bytes: int
    """Inside the database, left by deleted rows."""
    tables: tuple[TableStats, ...]

    @property
    def rows(self) -> int:
        """Over all tables."""
        return sum(each.rows for each in self.tables)

    @property
    def bytes_per_day(self) -> float:
        """Over all tables, before anything expires."""
        return sum(each.bytes_per_day for each in self.tables)

    def bytes_in(self, days: float) -> float:
        """Size so many days from now under the retention in force."""
        return sum(each.bytes_in(days) for each in self.tables)


def stats(store: Store, policy: RetentionPolicy) -> StoreStats:
    """Count everything; takes a second or so for each gigabyte. Raises StoreError."""
    with store.read() as reads:
        connection = reads._connection
        sizes = _sizes(connection)
        file_bytes = _file_bytes(connection) or sum(sizes.values())
        tables = [each for kind in all_tables() for each in _parts(connection, kind, policy)]
    whole = {name: sum(each.rows for each in tables if each.name.split(" ")[0] == name) for name in sizes}
    shared = [replace(each, bytes=_share(each, whole, sizes)) for each in tables]
    return StoreStats(
        place=store.place,
        file_bytes=file_bytes,
        log_bytes=store.log_bytes(),
        free_bytes=store.free_bytes(),
        tables=tuple(each for each in shared if each.rows),
    )


def _share(part: TableStats, whole: dict[str, int], sizes: dict[str, int]) -> int:
    name = part.name.split(" ")[0]
    return round(sizes.get(name, 0) * part.rows / whole[name]) if whole.get(name) else 0


def _file_bytes(connection: Connection) -> int:
    """Size of the database's file with all that is committed; 0 where there is none."""
    if connection.dialect.name != "sqlite":
        return 0
    pages, size = (connection.exec_driver_sql(f"PRAGMA {each}").scalar() or 0 for each in ("page_count", "page_size"))
    return int(pages) * int(size)


def _sizes(connection: Connection) -> dict[str, int]:
    """Bytes of each table with its indexes."""
    found: dict[str, int] = {}
    if connection.dialect.name == "sqlite":
        owners = {str(row[0]): str(row[1]) for row in connection.execute(_OWNERS)}
        rows: Iterator[tuple[str, int]] = ((owners.get(name, name), size) for name, size in connection.execute(_PAGES))
    else:
        rows = ((owner, size) for _, owner, size in connection.execute(_RELATIONS))
    for owner, size in rows:
        found[owner] = found.get(owner, 0) + int(size)
    return found


def _parts(connection: Connection, kind: Table, policy: RetentionPolicy) -> Iterator[TableStats]:
    keeps = {rule.what: rule.keep for rule in retention_rules.rules(policy)}
    if kind.name in _ROLLUPS:
        for resolution in RESOLUTIONS:
            name = f"{kind.name} of {resolution} s"
            yield _counted(connection, kind, name, kind.c.start, keeps[name], kind.c.resolution == resolution)
        return
    keep = policy.figures if kind.name == "business_figures" else keeps.get(kind.name)
    if kind.name == "alert_events":
        keep = policy.alerts
    time = kind.c.get("timestamp") if kind.name != "gaps" else kind.c.ended_at
    found = _counted(connection, kind, kind.name, time, keep)
    # One row a service, written anew by each result: its time says nothing about growth.
    yield replace(found, rows_per_day=0.0) if kind.name == "service_state" else found


def _counted(
    connection: Connection,
    kind: Table,
    name: str,
    time: ColumnElement[Any] | None,
    keep: Keep,
    only: ColumnElement[bool] | None = None,
) -> TableStats:
    mine = select(func.count()).select_from(kind)
    mine = mine if only is None else mine.where(only)
    rows = int(connection.execute(mine).scalar() or 0)
    if time is None or not rows:
        return TableStats(name, rows, 0, None, None, keep)
    span = select(func.min(time), func.max(time))
    span = span if only is None else span.where(only)
    if not isinstance(time.type, Integer):
        span = span.where(sortable(time))
    oldest, newest = (_moment(each) for each in connection.execute(span).one())
    if oldest is None or newest is None:
        return TableStats(name, rows, 0, None, None, keep)
    since = max(oldest, newest - GROWTH_WINDOW)
    bound: Any = int(since.timestamp()) if isinstance(time.type, Integer) else since
    recent = int(connection.execute(mine.where(time > bound)).scalar() or 0)
    # Measurements come at a rate from the first minute on. Of anything else less than a day would be noise.
    least = _SHORTEST if kind.name in _MEASURED else DAY
    return TableStats(name, rows, 0, oldest, newest, keep, recent / (max(least, newest - since) / DAY))


def _moment(value: Any) -> datetime | None:
    return value if value is None or isinstance(value, datetime) else datetime.fromtimestamp(int(value), UTC)
