"""The file of a SQLite database: whether it can be used, and its error codes in words for people."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from amt_console.store.engines.dialect import BUSY_SECONDS
from amt_console.store.errors import NoDatabase, StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreUnavailable


def make_writable(path: Path) -> None:
    """Create the folder (0700) and the file (0600) if missing, whatever the umask. Raises StoreUnavailable."""
    _refuse_impossible(path)
    try:
        _create(path)
    except OSError as error:
        raise StoreUnavailable(
            f"The database {path} cannot be created: {error.strerror}. Choose another place with --db, "
            "or mend the permissions."
        ) from error
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise _unwritable(path)


def check_readable(path: Path) -> None:
    """Raises StoreUnavailable unless there is a file that this user may read."""
    _refuse_impossible(path)
    if not path.exists():
        raise NoDatabase(
            f"There is no database at {path}. Start the console or 'amt-console monitor' once to create "
            "it, or name another with --db."
        )
    if not os.access(path, os.R_OK):
        raise StoreUnavailable(
            f"The database {path} may not be read by this user. Mend its permissions, or run as its owner."
        )


def translated(error: Exception, path: Path) -> StoreError:
    """An error of the driver in words, by SQLite's primary result code."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(
            f"The database {path} was locked by another program for more than {BUSY_SECONDS} s. Nothing "
            "was written; try again."
        )
    if primary == sqlite3.SQLITE_FULL:
        return StoreFull(
            f"The disk of {path} is full. Nothing was lost that was stored; free some room, then it goes on."
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _corrupt(path, str(cause))
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return _unwritable(path)
    if primary == sqlite3.SQLITE_CANTOPEN:
        return StoreUnavailable(
            f"The database {path} cannot be opened. Check that the folder exists and may be written."
        )
    if primary == sqlite3.SQLITE_IOERR:
        return StoreUnavailable(f"The disk of {path} reports an error ({cause}). Check the disk and the system's log.")
    return StoreError(f"The database {path} refused: {cause}")


def _create(path: Path) -> None:
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _refuse_impossible(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreUnavailable(
            f"The database {path} cannot be reached: {error.strerror}. Check the permissions of its folders."
        ) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise StoreUnavailable(
            f"{path} is {kind}, not a database. Name a file with --db, e.g. {path / 'monitoring.db'}."
        )


def _unwritable(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        f"The database {path} or its folder may not be written by this user, or the file system is read-only. "
        "Mend the permissions, choose another place with --db, or look only with --read-only."
    )


def _corrupt(path: Path, cause: str) -> StoreCorrupt:
    return StoreCorrupt(
        f"{path} is damaged or is no database ({cause}). Move it away and restore a backup ('amt-console db "
        "restore'), or start with a new file."
    )
