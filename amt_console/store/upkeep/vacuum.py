"""Giving room back to the disk: in small steps beside a running monitor, or all of it at once without one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from amt_console.clock import Clock
from amt_console.store.cluster.leases import lease_holder, take_lease
from amt_console.store.errors import StoreBusy, StoreError, StoreFull, StoreUnavailable
from amt_console.store.store import Store
from amt_console.text import byte_size

STEP_PAGES = 200
"""2 to 10 ms a step."""


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """Bytes of the file before and after."""

    before: int
    after: int


def give_back(store: Store, *, keep: int = 0, pages: int = STEP_PAGES) -> Iterator[int]:
    """Give unused room back until no more than ``keep`` bytes are left, a short step with each item: what is left.

    Ends at once in a file that cannot shrink in steps, as the original system made them. Raises StoreError.
    """
    left = store.free_bytes()
    while left > keep:
        before, left = left, store.give_back(pages)
        if left >= before:
            return
        yield left


def rewrite(url: str, *, clock: Clock) -> Vacuumed:
    """Write the whole file anew, as small as it can be; everything is locked meanwhile, so no monitor may run.

    Raises:
        StoreBusy: A monitor runs, or another program has the database open.
        StoreFull: No room for the second copy that this needs.
        StoreError: It cannot be done.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreUnavailable("Only a SQLite file is rewritten; on PostgreSQL the server vacuums by itself.")
    path = Path(parsed.database).expanduser().absolute()
    lease = take_lease(url, clock=clock)
    if lease is None:
        holder = lease_holder(url)
        who = f"pid {holder.pid} on {holder.host}" if holder else "another process"
        raise StoreBusy(f"A monitor writes this database: {who}. Stop it first, or vacuum without --full.")
    with lease:
        Store.open(url, clock=clock).close()
        size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
        # The new file, and the log through which it replaces the old one.
        if free < 2 * size:
            raise StoreFull(f"Rewriting {path} needs {byte_size(2 * size)}, and {byte_size(free)} are free.")
        try:
            _rewrite(path)
        except sqlite3.Error as error:
            raise _told(path, error) from error
        return Vacuumed(size, path.stat().st_size)


def _rewrite(path: Path) -> None:
    with closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=5, isolation_level=None)
    ) as file:
        file.execute("PRAGMA auto_vacuum=INCREMENTAL")
        file.execute("VACUUM")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _told(path: Path, error: sqlite3.Error) -> StoreError:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"Another program has {path} open. Close every console that looks at it, then try again.")
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"There was no room to rewrite {path}. Nothing was changed.")
    return StoreError(f"{path} could not be rewritten: {error}. Nothing was changed.")
