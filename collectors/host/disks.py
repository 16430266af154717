"""Which mounts are real local disks: one entry a device, nothing that could hang or that fills by design."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Protocol

import psutil

from amt_console.model import DiskUsage
from amt_console.text import safe_text

_READ_ONLY_IMAGES = frozenset({"squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"})
_LOCAL = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "nilfs2", "bcachefs"),
        *("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk"),
        *("apfs", "hfs", "ufs", "ffs", "hammer2"),
    }
)
_CONTAINER_ROOTS = frozenset({"overlay", "overlayfs", "aufs"})


class Mount(Protocol):
    """One line of the mount table, as psutil gives it."""

    @property
    def device(self) -> str:
        """What is mounted."""

    @property
    def mountpoint(self) -> str:
        """Where."""

    @property
    def fstype(self) -> str:
        """The type of the file system."""


def mount_table() -> list[Mount]:
    """All mounts of this machine. Raises OSError when the table is unreadable."""
    return list(psutil.disk_partitions(all=True))


def real_disks(mounts: Iterable[Mount]) -> list[Mount]:
    """The mounts worth measuring, in the order of the table.

    Only the types of local disks count: pseudo file systems have no disk, images are full by design, and asking a
    network or user-space file system can hang for ever. Of several mounts of one device the one with the shortest path
    stays; a file that is a mount point is a bind mount. The root of a container counts although it is an overlay.
    """
    by_device: dict[str, Mount] = {}
    for mount in mounts:
        fstype = mount.fstype.lower()
        container_root = mount.mountpoint == "/" and fstype in _CONTAINER_ROOTS
        if fstype in _READ_ONLY_IMAGES or not (fstype in _LOCAL or container_root):
            continue
        if not os.path.isdir(mount.mountpoint):
            continue
        kept = by_device.get(mount.device)
        if kept is None or len(mount.mountpoint) < len(kept.mountpoint):
            by_device[mount.device] = mount
    return list(by_device.values())


def measure(mount: Mount) -> DiskUsage | None:
    """Usage of one disk as its users see it (what is reserved for root is not free); ``None`` if it cannot be asked."""
    try:
        usage = psutil.disk_usage(mount.mountpoint)
    except OSError:
        return None
    if usage.total <= 0:
        return None
    return DiskUsage(
        mount=safe_text(mount.mountpoint, 200),
        device=safe_text(mount.device, 200),
        fstype=safe_text(mount.fstype, 40),
        total_bytes=usage.total,
        used_bytes=usage.used,
        percent=usage.percent,
    )
