"""Detects network file systems: SQLite's locks and shared memory do not work there.

Two processes with different views of the locks overwrite each other's pages and damage the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from amt_console.store.errors import StoreUnavailable
from amt_console.text import safe_text

_KINDS = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "ncpfs", "webdav", "davfs", "9p"),
        *("afs", "beegfs", "ceph", "glusterfs", "gpfs", "lustre", "prl_fs", "sshfs", "vboxsf", "vmhgfs"),
        *("fuse.ceph", "fuse.cephfs", "fuse.davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"),
        *("fuse.sshfs", "fuse.vmhgfs-fuse"),
    )
)
_PARAMETER, _ALLOWED = "network", "allowed"


@dataclass(frozen=True, slots=True)
class MountedFileSystem:
    """A mounted file system."""

    point: Path
    kind: str
    """As the mount table names it, e.g. ``ext4``."""
    source: str

    @property
    def network(self) -> bool:
        """Whether other hosts may have it mounted as well."""
        return self.kind in _KINDS

    def __str__(self) -> str:
        return f"{safe_text(self.kind, 40)} ({safe_text(self.source, 100)} at {safe_text(self.point, 200)})"


def mounts() -> list[MountedFileSystem]:
    """The mount table of this process, in the order of the mounts; empty where there is none to be read."""
    import psutil

    try:
        return [
            MountedFileSystem(Path(each.mountpoint), each.fstype, each.device)
            for each in psutil.disk_partitions(all=True)
        ]
    except OSError:
        return []


def mount_of(path: Path, table: Iterable[MountedFileSystem] | None = None) -> MountedFileSystem | None:
    """The file system that a file lies on, or will lie on; ``None`` if nobody knows."""
    real, found = Path(os.path.realpath(path)), None
    for each in mounts() if table is None else table:
        # Of several at one place the last one covers the others.
        if real.is_relative_to(each.point) and (found is None or len(each.point.parts) >= len(found.point.parts)):
            found = each
    return found


def allowed(url: URL) -> bool:
    """Whether the URL accepts a network file system. In the URL, because every process that writes must state it."""
    return url.query.get(_PARAMETER) == _ALLOWED


def refuse_network_disk(url: URL, path: Path) -> None:
    """Raises StoreUnavailable for a database to be written on a network file system, unless its URL allows it."""
    if allowed(url):
        return
    mount = mount_of(path)
    if mount is not None and mount.network:
        raise StoreUnavailable(
            f"The database {path} lies on a network file system, {mount}. SQLite's locks do not hold there, and the "
            "database would be damaged sooner or later. Move it to a local disk ('amt-console db copy' reads it where "
            f"it is), or use PostgreSQL. Whoever knows better adds ?{_PARAMETER}={_ALLOWED} to the URL."
        )
