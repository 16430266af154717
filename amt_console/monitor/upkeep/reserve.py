"""A little room on the disk, set aside while there is plenty: without it a full disk could not even be cleared, since
deleting writes, too."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

SIZE = 2 * 1024 * 1024


class Reserve:
    """A file beside the database, of no content.

    Args:
        path: Where.
        size: Bytes.
    """

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size

    def keep(self, least_free: int) -> None:
        """Set it aside, unless less than ``least_free`` bytes would be left. Does nothing where that cannot be done."""
        with suppress(OSError):
            if self._path.exists() or shutil.disk_usage(self._path.parent).free < self._size + least_free:
                return
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            except OSError:
                self._path.unlink()
                raise
            finally:
                os.close(descriptor)

    def release(self) -> None:
        """Give it up."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
