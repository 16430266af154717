"""Who may probe and write: one monitor at a time, known by name, and free again the moment it dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.store.engines.dialect import Dialect, dialect_of
from amt_console.store.engines.network_disk import refuse_network_disk
from amt_console.store.errors import StoreUnavailable
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.store.store import Store

_TRIES = 5
_PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who holds a lease."""

    host: str
    pid: int
    started_at: datetime


class Lease(ABC):
    """A held lease. It ends with ``release`` or with the process, whichever comes first."""

    revocable = False
    """Whether somebody else can take it while its holder lives: then look at ``lost`` now and then."""

    def __init__(self, holder: LeaseHolder) -> None:
        self.this = holder
        """What others read about this holder."""

    @staticmethod
    def acquire(url: str, *, clock: Clock) -> Lease | None:
        """Take the lease of a database, or ``None`` if somebody else has it.

        Raises StoreError if it cannot be tried.
        """
        dialect = dialect_of(url)
        holder = LeaseHolder(socket.gethostname(), os.getpid(), clock.now())
        if dialect.url.get_backend_name() == "sqlite":
            # The lock on the file would be no better than those in it.
            refuse_network_disk(dialect.url, Path(dialect.place))
            return FileLease.take(lock_path(dialect), holder)
        from amt_console.store.cluster.row_lease import RowLease
        from amt_console.store.engines.postgresql import Postgresql

        assert isinstance(dialect, Postgresql)
        return RowLease.take(dialect, holder, clock)

    @staticmethod
    def holder(url: str) -> LeaseHolder | None:
        """Who holds the lease of a database.

        ``None`` if nobody does. Raises StoreError if the server does not answer.
        """
        dialect = dialect_of(url)
        if dialect.url.get_backend_name() == "sqlite":
            return FileLease.held(lock_path(dialect))
        from amt_console.store.cluster.row_lease import RowLease
        from amt_console.store.engines.postgresql import Postgresql

        assert isinstance(dialect, Postgresql)
        return RowLease.held(dialect)

    @staticmethod
    def free(store: Store) -> bool:
        """Whether it is worth trying to acquire the lease of an open store: a cheaper question. Raises StoreError."""
        if store.url.startswith("sqlite"):
            return True
        from amt_console.store.cluster.row_lease import RowLease

        return RowLease.free_in(store)

    @abstractmethod
    def release(self) -> None:
        """Give it back. Idempotent."""

    @abstractmethod
    def guard(self, store: Store) -> None:
        """See that ``store`` writes nothing any more once the lease is lost."""

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether somebody else may hold it by now: stop writing at once."""

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


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
