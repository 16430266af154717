"""What a database tells about itself: connections, transactions, cache, replication, size.

Read beside the query of a probe, seldom, and never at its cost: what cannot be read, for want of a privilege or of
time, is left out and leaves the rest. Blocks: runs in the thread of the session.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from amt_console.model import Value

READ_SECONDS = 30.0
"""Time between two readings of one database; results in between repeat the last one."""
REFUSED_SECONDS = 600.0
"""How long something that could not be read is not asked for again."""
_MINUTE = 60.0
_BYTES, _PERCENT, _SECONDS, _PER_MINUTE = "B", "%", "s", "/min"
Row = Mapping[str, float]
"""Numbers of one reading by name; what is not there is left out."""

POSTGRESQL = {
    "connections": (
        "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
        "OR (backend_type IS NULL AND datid IS NOT NULL))"
    ),
    "max_connections": (
        "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    ),
    "oldest_transaction": (
        "(SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
    ),
    "hits": "(SELECT blks_hit FROM pg_stat_database WHERE datname = current_database())",
    "reads": "(SELECT blks_read FROM pg_stat_database WHERE datname = current_database())",
    "deadlocks": "(SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())",
    "replication_lag": (
        "CASE WHEN NOT pg_is_in_recovery() THEN (SELECT max(extract(epoch FROM COALESCE(replay_lag, '0'::interval))) "
        "FROM pg_stat_replication) WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
        "ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END"
    ),
    "replication_lag_bytes": (
        "CASE WHEN NOT pg_is_in_recovery() THEN (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) "
        "FROM pg_stat_replication) ELSE pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) END"
    ),
    "size": "pg_database_size(current_database())",
}
"""SQL expressions; all of them are one query."""
_MYSQL_STATUS = {
    "Threads_connected": "connections",
    "Threads_running": "threads_running",
    "Innodb_buffer_pool_read_requests": "hits_and_reads",
    "Innodb_buffer_pool_reads": "reads",
    "Innodb_deadlocks": "deadlocks",
}
_MYSQL_SIZE = "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()"
_MYSQL_LAG = ("Seconds_Behind_Source", "Seconds_Behind_Master")
_MYSQL_THREADS = (
    "Replica_IO_Running",
    "Slave_IO_Running",
    "Replica_SQL_Running",
    "Slave_SQL_Running",
)


@dataclass(slots=True)
class ValueReader:
    """Reads the values of one database, and keeps what the next reading is held against."""

    _read_at: float = -math.inf
    _values: Mapping[str, Value] = field(default_factory=dict)
    _counters: Row = field(default_factory=dict)
    _refused: dict[str, float] = field(default_factory=dict)
    """Until when what is not asked for."""

    def read(self, backend: str, connection: Any, now: float) -> Mapping[str, Value]:
        """The values of a database, those of the last reading if that was just now. Never raises.

        Args:
            backend: SQLAlchemy's name of it; nothing is known of other ones than PostgreSQL, MySQL, MariaDB, SQLite.
            connection: The driver's open connection, without a transaction that matters.
            now: The monotonic clock in seconds.
        """
        readers: Mapping[str, Callable[[Any, float], Row]] = {
            "postgresql": self._postgresql,
            "mysql": self._mysql,
            "mariadb": self._mysql,
            "sqlite": self._sqlite,
        }
        if backend not in readers or now - self._read_at < READ_SECONDS:
            return self._values
        row = readers[backend](connection, now)
        self._values = _named(row, self._counters, now - self._read_at)
        self._counters, self._read_at = row, now
        return self._values

    # --- engines --------------------------------------------------------------------------------------------------

    def _postgresql(self, connection: Any, now: float) -> Row:
        wanted = {name: sql for name, sql in POSTGRESQL.items() if not self._is_refused(name, now)}
        query = "SELECT " + ", ".join(f"{sql} AS {name}" for name, sql in wanted.items())
        rows = self._ask("", query, connection, now)
        if rows is None:
            # One of them is not allowed or not known to this version: each by itself tells which.
            found = {name: self._ask(name, f"SELECT {sql}", connection, now) for name, sql in wanted.items()}
            if not any(found.values()):
                self._refused.clear()  # not a question of privileges: the connection has gone
            return _numbers({name: rows[0][0] for name, rows in found.items() if rows})
        return _numbers(dict(zip(wanted, rows[0], strict=True)))

    def _mysql(self, connection: Any, now: float) -> Row:
        names = ", ".join(f"'{name}'" for name in _MYSQL_STATUS)
        found: dict[str, Any] = {}
        status = self._ask("status", f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})", connection, now)
        for name, value in status or ():
            found[_MYSQL_STATUS[name]] = value
        if status is None:
            self._refused.clear()
            return {}  # everybody may ask for this: the connection has gone
        limits = self._ask("limits", f"SELECT @@max_connections, ({_MYSQL_SIZE})", connection, now)
        if limits:
            found["max_connections"], found["size"] = limits[0]
        row = dict(_numbers(found))
        if "hits_and_reads" in row and "reads" in row:
            row["hits"] = max(0.0, row.pop("hits_and_reads") - row["reads"])
        for statement in ("SHOW REPLICA STATUS", "SHOW SLAVE STATUS"):
            replicas = self._ask(statement, statement, connection, now, named=True)
            if replicas is not None:
                return {**row, **_replication(replicas)}
        return row

    def _sqlite(self, connection: Any, now: float) -> Row:
        found: dict[str, Any] = {}
        for pragma, name in (("page_count", "pages"), ("page_size", "page_size"), ("freelist_count", "free_pages")):
            rows = self._ask(name, f"PRAGMA {pragma}", connection, now)
            if rows:
                found[name] = rows[0][0]
        row = dict(_numbers(found))
        if "pages" in row and "page_size" in row:
            row["size"] = row["pages"] * row["page_size"]
        return row

    # --- one question ---------------------------------------------------------------------------------------------

    def _is_refused(self, name: str, now: float) -> bool:
        return self._refused.get(name, -math.inf) > now

    def _ask(self, name: str, query: str, connection: Any, now: float, *, named: bool = False) -> list[Any] | None:
        """The rows of a query; ``None`` if it fails, and for a while after that."""
        if name and self._is_refused(name, now):
            return None
        cursor = None
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            rows = list(cursor.fetchall())
            if named:
                columns = [str(column[0]) for column in cursor.description or ()]
                return [dict(zip(columns, row, strict=True)) for row in rows]
            return rows
        except Exception:  # every driver has exceptions of its own
            if name:
                self._refused[name] = now + REFUSED_SECONDS
            _rolled_back(connection)
            return None


def _rolled_back(connection: Any) -> None:
    """End a failed transaction, so that the next question gets an answer."""
    with suppress(Exception):  # the connection has gone, and the next question says so
        connection.rollback()


def _replication(replicas: list[dict[str, Any]]) -> Row:
    """Lag and state of the worst channel; nothing on a server that replicates from nobody."""
    if not replicas:
        return {}
    running = all(str(each[name]) == "Yes" for each in replicas for name in _MYSQL_THREADS if name in each)
    lags = [each[name] for each in replicas for name in _MYSQL_LAG if each.get(name) is not None]
    row = {"replication_running": 1.0 if running else 0.0}
    return {**row, "replication_lag": float(max(lags))} if lags else row


def _numbers(found: Mapping[str, Any]) -> Row:
    row: dict[str, float] = {}
    for name, value in found.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            row[name] = number
    return row


def _named(row: Row, before: Row, seconds: float) -> Mapping[str, Value]:
    """The values of a reading. Rates need the reading before; a counter that fell was set back."""
    found: dict[str, Value] = {}
    connections, most = row.get("connections"), row.get("max_connections")
    if connections is not None:
        found["connections"] = Value(connections, low=0.0, high=most)
        if most:
            found["connections_percent"] = Value(100.0 * connections / most, _PERCENT, low=0.0, high=100.0)
    for name, unit in (("threads_running", None), ("oldest_transaction", _SECONDS)):
        if name in row:
            found[name] = Value(row[name], unit, low=0.0)
    hits, reads = (_grown(row, before, name) for name in ("hits", "reads"))
    if hits is not None and reads is not None and hits + reads > 0:
        found["cache_hits"] = Value(100.0 * hits / (hits + reads), _PERCENT, low=0.0, high=100.0)
    deadlocks = _grown(row, before, "deadlocks")
    if deadlocks is not None and seconds > 0:
        found["deadlocks"] = Value(deadlocks * _MINUTE / seconds, _PER_MINUTE, low=0.0)
    plain = (
        ("replication_running", None),
        ("replication_lag", _SECONDS),
        ("replication_lag_bytes", _BYTES),
        ("size", _BYTES),
        ("pages", None),
        ("free_pages", None),
    )
    found |= {name: Value(row[name], unit) for name, unit in plain if name in row}
    return found


def _grown(row: Row, before: Row, name: str) -> float | None:
    if name not in row or name not in before or row[name] < before[name]:
        return None
    return row[name] - before[name]
