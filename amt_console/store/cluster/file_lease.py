"""The lease of a database file: a lock that the kernel drops when its holder ends."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.engines.dialect import Dialect
from amt_console.store.errors import StoreUnavailable
from amt_console.store.store import Store
from amt_console.text import safe_text

_TRIES = 5
_PAUSE = 0.01


def lock_path(dialect: Dialect) -> Path:
    """The lock file beside a SQLite database."""
    return Path(f"{dialect.place}.lock")


class FileLease(Lease):
    """A lock on a file, dropped by the kernel when the process ends in whatever way.

    The file itself is never removed.
    """

    def __init__(self, descriptor: int, holder: LeaseHolder) -> None:
        super().__init__(holder)
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path, holder: LeaseHolder) -> FileLease | None:
        """Lock the file, creating it (0600) if need be."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"The lock file {path} cannot be opened: {error.strerror}. Mend the permissions of its folder."
            ) from error
        if not _lock(descriptor):
            os.close(descriptor)
            return None
        text = json.dumps({"host": holder.host, "pid": holder.pid, "started_at": holder.started_at.isoformat()})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode("ascii"), 0)
        return cls(descriptor, holder)

    @staticmethod
    def held(path: Path) -> LeaseHolder | None:
        """What the locked file says; ``None`` if it is not locked."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(descriptor)
        finally:
            os.close(descriptor)
        return None

    def guard(self, store: Store) -> None:
        """Nothing to do: a locked file cannot be lost while the process lives."""

    @property
    def lost(self) -> bool:
        """Only by ``release``."""
        return self._descriptor is None

    def release(self) -> None:
        """Unlock."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _lock(descriptor: int) -> bool:
    # Somebody who only looks holds a shared lock for some microseconds; that is no reason to give up.
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            threading.Event().wait(_PAUSE)
        else:
            return True
    return False


def _read(descriptor: int) -> LeaseHolder:
    try:
        stored = json.loads(os.pread(descriptor, 4096, 0))
        return LeaseHolder(
            safe_text(stored["host"], 255), int(stored["pid"]), datetime.fromisoformat(stored["started_at"])
        )
    except (ValueError, KeyError, TypeError):
        return LeaseHolder("unknown", 0, datetime.fromtimestamp(os.fstat(descriptor).st_mtime).astimezone())
