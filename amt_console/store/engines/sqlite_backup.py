"""Backups of a database in use: complete, checked, private, atomic."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from amt_console.store.errors import StoreCorrupt, StoreError, StoreFull, StoreUnavailable

_PAGES = 256


def backup(url: str, target: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Copy a SQLite database while others read and write it.

    The copy is made under another name, checked with ``integrity_check``, synced, and only then gets its name; mode
    0600.

    Args:
        url: ``sqlite:///path`` of an existing database.
        target: Path of the copy; must not exist.
        progress: Called with pages done and pages in all.

    Raises:
        StoreUnavailable: No such database, the target exists or cannot be written, or the database is not SQLite.
        StoreCorrupt: The copy does not pass the check.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreUnavailable("Only a SQLite database is copied this way; use pg_dump for PostgreSQL.")
    source = Path(parsed.database).expanduser().absolute()
    if not source.is_file():
        raise StoreUnavailable(f"There is no database at {source}.")
    target = target.absolute()
    if target.exists():
        raise StoreUnavailable(f"{target} exists already; a backup never overwrites. Choose another name.")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_private(partial)
        _copy(source, partial, progress)
        _check(partial, source)
        sync(partial)
        os.link(partial, target)
        sync(target.parent)
    except FileExistsError as error:
        raise StoreUnavailable(f"{target} exists already; a backup never overwrites. Choose another name.") from error
    except OSError as error:
        raise StoreUnavailable(f"The backup {target} cannot be written: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise _failed(source, target, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _create_private(path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _copy(source: Path, partial: Path, progress: Callable[[int, int], None] | None) -> None:
    def report(_: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=5)) as reading,
        closing(sqlite3.connect(partial)) as writing,
    ):
        # One read transaction over all steps: otherwise a busy writer would restart the copy each time.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(writing, pages=_PAGES, progress=report)
        writing.execute("PRAGMA journal_mode=DELETE")


def _check(partial: Path, source: Path) -> None:
    with closing(sqlite3.connect(f"file:{quote(str(partial))}?mode=ro", uri=True)) as connection:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreCorrupt(
            f"The copy of {source} does not pass the check ({verdict}); the database itself is damaged. Restore "
            "an earlier backup."
        )


def sync(path: Path) -> None:
    """Sync a file or folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(source: Path, target: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreCorrupt(f"{source} is damaged or is no database ({error}). Restore an earlier backup.")
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"There is no room for the backup {target}. Free some, or choose another place.")
    return StoreUnavailable(f"{source} could not be copied to {target}: {error}.")
