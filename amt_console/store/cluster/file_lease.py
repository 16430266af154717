"""The lease of a database file: a lock that the kernel drops when its holder ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import stat
import struct
import threading
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.engines.dialect import Dialect
from amt_console.store.errors import LeaseLost, StoreUnavailable
from amt_console.store.store import Store
from amt_console.text import safe_text

_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Neither follow a link to another file nor wait for a pipe."""
_CONNECT_SECONDS = 1.0
_TRIES = 5
_PAUSE = 0.01


def lock_path(dialect: Dialect) -> Path:
    """The lock file beside a SQLite database."""
    return Path(f"{dialect.place}.lock")


class FileLease(Lease):
    """A lock on a file, dropped by the kernel when the process ends in whatever way.

    The file itself is never removed.
    """

    def __init__(self, path: Path, descriptor: int, holder: LeaseHolder) -> None:
        super().__init__(holder)
        self._path = path
        self._descriptor: int | None = descriptor
        self._guard = threading.Lock()

    @classmethod
    def take(cls, path: Path, holder: LeaseHolder) -> FileLease | None:
        """Lock the file, creating it (0600) if need be. Raises StoreUnavailable where the lock would not hold."""
        descriptor = _locked(path)
        if descriptor is None:
            return None
        if _another_listens(path.with_suffix(".sock")):
            # Its lock file was deleted; it lives all the same.
            os.close(descriptor)
            return None
        _introduce(descriptor, holder)
        return cls(path, descriptor, holder)

    @staticmethod
    def held(path: Path) -> LeaseHolder | None:
        """What the locked file says; ``None`` if it is not locked."""
        try:
            descriptor = os.open(path, os.O_RDONLY | _SAFELY)
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
        """Look at the lock file before each write: it may have been deleted, and locked by another process."""
        store.fence(self._check)

    def _check(self, _: Connection) -> None:
        if self.lost:
            raise LeaseLost(
                f"The lock file {self._path} was deleted, and another process has become the monitor. "
                "Nothing was written."
            )

    @property
    def lost(self) -> bool:
        """Released, or the lock file was deleted and another process has locked a new one.

        A deleted lock file is replaced.
        """
        with self._guard:
            if self._descriptor is None:
                return True
            if _is_at(self._path, self._descriptor):
                return False
            if not self._path.parent.is_dir():
                return False
            try:
                descriptor = _locked(self._path)
            except StoreUnavailable:
                # Without a file, e.g. on a full disk, nobody else has locked one either.
                return os.path.lexists(self._path)
            if descriptor is None:
                return True
            with suppress(OSError):
                _introduce(descriptor, self.this)
            os.close(self._descriptor)
            self._descriptor = descriptor
            return False

    def release(self) -> None:
        """Unlock."""
        with self._guard:
            if self._descriptor is not None:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, 0)
                os.close(self._descriptor)
                self._descriptor = None


def _locked(path: Path) -> int | None:
    """A descriptor of the locked file at ``path``; ``None`` if another process has it. Raises StoreUnavailable."""
    for _ in range(_TRIES):
        descriptor = _opened(path)
        if not _lock(descriptor):
            os.close(descriptor)
            return None
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # somebody deleted the file between opening and locking
    raise StoreUnavailable(f"The lock file {path} is deleted again and again. Find the program that does it.")


def _opened(path: Path) -> int:
    """The lock file, if nobody else can have put it there or can replace it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise StoreUnavailable(
                f"Every user may write the folder {path.parent}, and so replace the database and its lock. "
                f"Run 'chmod o-w {path.parent}', or choose another folder with --db."
            )
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | _SAFELY, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreUnavailable(f"The lock file {path} is a symbolic link. Remove it.") from error
        raise StoreUnavailable(
            f"The lock file {path} cannot be opened: {error.strerror}. Mend the permissions of its folder."
        ) from error
    found = os.fstat(descriptor)
    wrong = None
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        wrong = "is not a plain file of its own"
    elif os.geteuid() not in (0, found.st_uid) and found.st_uid != 0:
        wrong = "belongs to another user"
    if wrong is not None:
        os.close(descriptor)
        raise StoreUnavailable(f"The lock file {path} {wrong}. Remove it, or choose another database with --db.")
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one at ``path``."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    ours = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _another_listens(path: Path) -> bool:
    """Whether another process serves the socket beside the database: only its monitor does."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(str(path))
            pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        except OSError:
            return False
    return int(pid) != os.getpid()


def _introduce(descriptor: int, holder: LeaseHolder) -> None:
    text = json.dumps({"host": holder.host, "pid": holder.pid, "started_at": holder.started_at.isoformat()})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("ascii"), 0)


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
