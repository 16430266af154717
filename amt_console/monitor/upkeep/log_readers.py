"""Finds processes with a long read transaction on a SQLite database, by their locks on its ``-shm`` file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from amt_console.text import safe_text

_LOCKS = Path("/proc/locks")
_FIRST_READ_LOCK, _LAST_READ_LOCK = 123, 127
"""Bytes of the ``-shm`` file that readers lock (WAL_READ_LOCK of SQLite's wal.c)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A process with a read transaction."""

    pid: int
    name: str
    stopped: bool
    """Whether it is suspended (ctrl+z)."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.name} (pid {self.pid}{', suspended' if self.stopped else ''})"


def readers_of(shm: Path) -> tuple[Reader, ...]:
    """Other processes of this host with a read transaction; empty if the system cannot tell."""
    try:
        inode = shm.stat().st_ino
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return ()
    pids = {pid for pid in (_pid(line, inode) for line in lines) if pid is not None and pid != os.getpid()}
    return tuple(_reader(pid) for pid in sorted(pids))


def _pid(line: str, inode: int) -> int | None:
    # 1: POSIX  ADVISORY  READ 1234 fe:00:5678 124 124
    fields = line.split()
    if len(fields) < 8 or "->" in fields or fields[3] != "READ" or not fields[5].endswith(f":{inode}"):
        return None
    first, last = fields[6], fields[7]
    if not (first.isdigit() and last.isdigit()) or int(last) < _FIRST_READ_LOCK or int(first) > _LAST_READ_LOCK:
        return None
    return int(fields[4]) if fields[4].isdigit() else None


def _reader(pid: int) -> Reader:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Reader(pid, "a program", False)
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return Reader(pid, safe_text(name, 40) or "a program", rest.split()[:1] in (["T"], ["t"]))
