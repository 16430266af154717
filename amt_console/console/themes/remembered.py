"""What a console remembers of its person from start to start: the colours."""

from __future__ import annotations

import os
from pathlib import Path

REMEMBERED_FILE = "console.json"
_MOST_BYTES = 4096


class ThemeMemory:
    """The chosen theme in a small file of the person's own.

    Args:
        path: The file; its folder is made when it is first written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """The remembered theme; ``None`` without a file, and for one that cannot be read or holds something else."""
        try:
            with self._path.open("rb") as file:
                import json  # only for those who chose a theme

                found = json.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        theme = found.get("theme") if isinstance(found, dict) else None
        return theme if isinstance(theme, str) else None

    def write(self, theme: str) -> None:
        """Remember a theme. A crash leaves the old file or the new one. Raises OSError."""
        import json

        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._path.with_name(f".{self._path.name}.{os.getpid()}-{os.urandom(4).hex()}")
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"theme": theme}, file)
            partial.replace(self._path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
