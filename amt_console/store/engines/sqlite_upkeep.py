"""Minding a SQLite file: its log, unused room and damage."""

from __future__ import annotations

import sqlite3

from amt_console.store.engines.dialect import BUSY_SECONDS

_TRUNCATE_MILLISECONDS = 100
"""How long the log's readers are waited for: about as long as a short one takes."""


def checkpoint(driver: sqlite3.Connection, *, truncate: bool) -> int:
    """Move committed pages into the file; returns how many are left to move.

    ``truncate`` waits for readers while it keeps every writer out, so it is done only when nothing is left to move, and
    is given up soon: the next one will do as well.
    """
    waiting = _moved(driver, "PASSIVE")
    if waiting or not truncate:
        return waiting
    driver.execute(f"PRAGMA busy_timeout={_TRUNCATE_MILLISECONDS}")
    try:
        return _moved(driver, "TRUNCATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _moved(driver: sqlite3.Connection, kind: str) -> int:
    _, logged, moved = driver.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
    return max(0, int(logged) - int(moved))


def free_bytes(driver: sqlite3.Connection) -> int:
    """The pages of the free list."""
    pages, size = (driver.execute(f"PRAGMA {each}").fetchone()[0] for each in ("freelist_count", "page_size"))
    return int(pages) * int(size)


def give_back(driver: sqlite3.Connection, pages: int) -> int:
    """Give unused pages back, at most so many; returns the bytes still unused.

    Nothing happens in a file that was made without ``auto_vacuum``.
    """
    # Through executescript, because execute steps the statement once, and that frees a single page.
    driver.executescript(f"PRAGMA incremental_vacuum({int(pages)})")
    return free_bytes(driver)


def faults(driver: sqlite3.Connection, *, full: bool) -> tuple[str, ...]:
    """``quick_check`` or ``integrity_check``, and rows that refer to rows that are not there."""
    found = [str(row[0]) for row in driver.execute(f"PRAGMA {'integrity_check' if full else 'quick_check'}(20)")]
    if found == ["ok"]:
        orphans = driver.execute("PRAGMA foreign_key_check").fetchmany(20)
        found = [f"row {row[1]} of {row[0]} belongs to no {row[2]}" for row in orphans]
    return tuple(found)
