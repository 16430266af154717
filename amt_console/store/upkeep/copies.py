"""A folder of backups: named by their time, the newest kept, what a killed one left behind cleared away."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from amt_console.store.engines.sqlite_backup import backup

_STAMP = "%Y%m%dT%H%M%SZ"
_PARTIAL = re.compile(r"\.partial-(\d+)$")


@dataclass(frozen=True, slots=True)
class Copies:
    """The outcome of one backup."""

    made: Path
    removed: tuple[Path, ...]
    """Older ones beyond the number to keep."""


def default_folder(url: str) -> Path:
    """``backups`` beside the database."""
    return Path(make_url(url).database or "").expanduser().absolute().parent / "backups"


def backup_into(
    url: str,
    folder: Path,
    *,
    now: datetime,
    keep: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Copies:
    """Make a backup named by database and time, then remove the oldest ones of the same database beyond ``keep``.

    Raises:
        StoreError: It could not be made; then nothing is removed.
    """
    stem = Path(make_url(url).database or "database").stem
    clear_partials(folder)
    made = backup(url, folder / f"{stem}-{now:{_STAMP}}.db", progress=progress)
    named = re.compile(rf"{re.escape(stem)}-\d{{8}}T\d{{6}}Z\.db")
    mine = sorted(each for each in folder.iterdir() if named.fullmatch(each.name) and each.is_file())
    removed = mine[:-keep] if keep else []
    for each in removed:
        each.unlink(missing_ok=True)
    return Copies(made, tuple(removed))


def clear_partials(folder: Path) -> None:
    """Remove unfinished copies whose makers do not run any more."""
    with suppress(OSError):
        for each in folder.iterdir():
            found = _PARTIAL.search(each.name)
            if found and each.name.startswith(".") and not _runs(int(found[1])):
                for leftover in (each, Path(f"{each}-journal"), Path(f"{each}-wal"), Path(f"{each}-shm")):
                    leftover.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
