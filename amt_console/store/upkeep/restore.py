"""Putting a backup in the place of the database: checked first, all of it or nothing, and what was there is kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from amt_console.clock import Clock
from amt_console.store import migrate
from amt_console.store.cluster.leases import lease_holder, take_lease
from amt_console.store.engines.sqlite_backup import backup, sync
from amt_console.store.errors import SchemaTooNew, StoreBusy, StoreCorrupt, StoreUnavailable
from amt_console.store.upkeep.copies import clear_partials

_COMPANIONS = ("-wal", "-shm", "-journal")
_TABLES = frozenset({"monitoring_logs", "alerts", "system_metrics"})


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome."""

    database: Path
    replaced: Path | None
    """Where the database that was there lies now."""


def restore(url: str, source: Path, *, clock: Clock, progress: Callable[[int, int], None] | None = None) -> Restored:
    """Replace a SQLite database by a copy of a backup.

    The lease is held meanwhile, so that no monitor writes. At every moment there is a whole database at the place: the
    old one or the new one.

    Args:
        url: ``sqlite:///path``; the database may be damaged or missing.
        source: The backup; it is only read.
        clock: The time.
        progress: Called with pages done and pages in all.

    Raises:
        StoreBusy: A monitor runs, or another program has the database open.
        StoreCorrupt: The backup is damaged or is none of ours.
        SchemaTooNew: A newer version of the program has made it.
        StoreFull: No room for the copy.
        StoreUnavailable: It cannot be read, or its place cannot be written.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreUnavailable("Only a SQLite database is restored this way; use pg_restore for PostgreSQL.")
    path = Path(parsed.database).expanduser().absolute()
    source = source.expanduser().absolute()
    examine(source)
    if path.exists() and path.samefile(source):
        raise StoreUnavailable(f"{source} is the database itself. Name a backup of it.")
    lease = take_lease(url, clock=clock)
    if lease is None:
        raise _monitor_runs(url)
    with lease:
        return _replace(path, source, clock.now(), progress)


def examine(source: Path) -> None:
    """See that a file is a whole database of ours that this program can read. Raises StoreError."""
    if not source.is_file():
        raise StoreUnavailable(f"There is no backup at {source}.")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=5)) as connection:
            faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
            tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            revision = None
            if "alembic_version" in tables:
                revision = (connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,))[0]
    except sqlite3.Error as error:
        raise StoreCorrupt(f"{source} is damaged or is no database ({error}). Restore another backup.") from error
    if faults != ["ok"]:
        raise StoreCorrupt(f"{source} is damaged ({'; '.join(faults)}). Restore another backup.")
    if not tables >= _TABLES:
        raise StoreCorrupt(f"{source} is a database, but none of this program: it lacks its tables.")
    if not migrate.is_readable(revision):
        raise SchemaTooNew(
            f"{source} was made by a newer amt-console (layout {revision}, this version knows up to "
            f"{migrate.REVISIONS[-1]}). Update amt-console first."
        )


def _replace(path: Path, source: Path, now: datetime, progress: Callable[[int, int], None] | None) -> Restored:
    staged = path.with_name(f".{path.name}.restore.partial-{os.getpid()}")
    clear_partials(path.parent)
    try:
        backup(f"sqlite:///{source}", staged, progress=progress)
        replaced = _put_aside(path, path.with_name(f"{path.name}.before-restore-{now:%Y%m%dT%H%M%SZ}"))
        if replaced is not None:
            owner = replaced.stat()
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(staged, owner.st_uid, owner.st_gid)
        os.replace(staged, path)
        sync(path.parent)
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be replaced: {error.strerror}. Nothing was changed.") from error
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path} cannot be replaced: {error}. Nothing was changed.") from error
    finally:
        staged.unlink(missing_ok=True)
    return Restored(path, replaced)


def _put_aside(path: Path, before: Path) -> Path | None:
    """Give the present database a second name under which it stays, and free the first from its log."""
    if not path.exists():
        # A log without its database must never meet the new one.
        for companion in _COMPANIONS:
            Path(f"{path}{companion}").unlink(missing_ok=True)
        return None
    if before.exists():
        raise StoreUnavailable(f"{before} exists already. Try again in a second.")
    if not _folded(path):
        for companion in _COMPANIONS[::2]:
            if Path(f"{path}{companion}").exists():
                os.link(f"{path}{companion}", f"{before}{companion}")
    os.link(path, before)
    sync(path.parent)
    for companion in _COMPANIONS:
        Path(f"{path}{companion}").unlink(missing_ok=True)
    return before


def _folded(path: Path) -> bool:
    """Bring the log into the file and end the log; false if the file is too damaged for that.

    Raises StoreBusy if somebody has the database open: it would go on writing into the file that is put aside.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=1)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(
                f"Another program has {path} open. Close every console and command that looks at it, then try again."
            ) from error
        return False
    return True


def _monitor_runs(url: str) -> StoreBusy:
    holder = lease_holder(url)
    who = f"pid {holder.pid} on {holder.host}" if holder else "another process"
    return StoreBusy(f"A monitor writes this database: {who}. Stop it first; nothing was changed.")
