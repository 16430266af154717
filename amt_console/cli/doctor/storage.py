"""The database, what it lies on, and its keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.startup.context import Context
from amt_console.store_url import database_file
from amt_console.text import byte_size, public_url, safe_text

FREE_BYTES_LEAST = 500 * 1024**2


def check_database(context: Context) -> Iterator[CheckResult]:
    from amt_console.store.foreign_times import HOW_TO_MEND, unreadable_rows

    shown = public_url(context.store_url)
    path = database_file(context.store_url)
    if path is not None and not path.exists():
        yield CheckResult(
            "database", Health.WARNING, f"{path} does not exist yet", "start 'amt-console' or 'amt-console monitor'"
        )
        return
    with context.open_store() as store:
        faults = store.check()
        if faults:
            yield CheckResult(
                "database", Health.FAILED, f"{shown}: {safe_text(faults[0])}", "restore a backup: docs/storage.md"
            )
            return
        with store.read() as reads:
            unreadable = unreadable_rows(reads)
    yield CheckResult("database", Health.OK, f"{shown}" + (f", {byte_size(path.stat().st_size)}" if path else ""))
    if path is not None and path.stat().st_mode & 0o077:
        yield CheckResult("database", Health.WARNING, f"others can read {path}", f"chmod 600 {path}")
    for each in unreadable:
        yield CheckResult("database", Health.WARNING, str(each), HOW_TO_MEND)


def check_sqlite(context: Context) -> Iterator[CheckResult]:
    """The defect of SQLite that may damage a file when two connections reset its write-ahead log at one time."""
    import sqlite3

    if database_file(context.store_url) is None:
        return
    if not has_wal_reset_defect(sqlite3.sqlite_version_info[:3]):
        yield CheckResult("sqlite", Health.OK, f"SQLite {sqlite3.sqlite_version}")
        return
    yield CheckResult(
        "sqlite",
        Health.OK,
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect; the monitor avoids it: it alone checkpoints",
        "use a Python with SQLite 3.51.3 or newer; until then let no other program write into the database",
    )


def has_wal_reset_defect(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite has it: from 3.7.0 to 3.51.2, but for the mended 3.44.6 and 3.50.7."""
    mended = (version[:2] == (3, 44) and version >= (3, 44, 6)) or (version[:2] == (3, 50) and version >= (3, 50, 7))
    return (3, 7, 0) <= version < (3, 51, 3) and not mended


def check_file_system(context: Context) -> Iterator[CheckResult]:
    from sqlalchemy import make_url

    from amt_console.store.engines.network_disk import allowed, mount_of

    path = database_file(context.store_url)
    mount = None if path is None else mount_of(path)
    if mount is None:
        return
    if not mount.network:
        yield CheckResult("file system", Health.OK, f"{mount}, no network file system")
        return
    yield CheckResult(
        "file system",
        Health.WARNING if allowed(make_url(context.store_url)) else Health.FAILED,
        f"the database lies on {mount}: SQLite's locks do not hold on a network file system",
        f"amt-console db copy {path} TARGET: to a local disk or to PostgreSQL"
        if path is not None and path.exists()
        else "name a place on a local disk with --db",
    )


def check_disk(context: Context) -> Iterator[CheckResult]:
    path = database_file(context.store_url)
    if path is None:
        return
    folder = next((parent for parent in path.parents if parent.exists()), Path("/"))
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_LEAST:
        yield CheckResult(
            "disk", Health.WARNING, f"{byte_size(free)} free in {folder}", "make room: writing stops when it is full"
        )
    else:
        yield CheckResult("disk", Health.OK, f"{byte_size(free)} free in {folder}")


def check_encryption(context: Context) -> Iterator[CheckResult]:
    """The data key, and what was encrypted with another one."""
    from amt_console.store import keyring_of
    from amt_console.store.upkeep.locked_values import locked_values

    more = "docs/storage.md says where a data key comes from"
    keys = keyring_of(context.settings)
    for problem in keys.problems:
        yield CheckResult("encryption", Health.WARNING, problem, more)
    path = database_file(context.store_url)
    locked = []
    if path is None or path.exists():
        with context.open_store() as store, store.read() as reads:
            locked = list(locked_values(reads))
    for each in locked:
        what = f"{each.values} value{'s' if each.values > 1 else ''} of {each.column}"
        message = f"{what} cannot be read: they were encrypted with the data key {each.key_id}, which is not here"
        yield CheckResult("encryption", Health.WARNING, message, "name that key under [encryption] previous_keys")
    if not keys.problems and not locked:
        known = f"data key {keys.current}" if keys.current else "a data key is made when it is first needed"
        yield CheckResult("encryption", Health.OK, known if keys.encrypts else "off: nothing is encrypted")
