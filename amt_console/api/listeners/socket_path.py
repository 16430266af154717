"""The place where the monitor of a database listens."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

from amt_console.store_url import database_file
from amt_console.text import public_url

CONNECT_SECONDS = 2.0


def socket_path(store_url: str, configured: str | None = None) -> Path | None:
    """The configured socket, else the one beside a SQLite file; ``None`` for other databases."""
    if configured is not None:
        return Path(configured)
    path = database_file(store_url)
    return path.with_name(path.name + ".sock") if path is not None else None


def database_name(store_url: str) -> str:
    """The database in words, equal for all processes of this host, without secrets."""
    path = database_file(store_url)
    return public_url(store_url) if path is None else os.path.realpath(path)


def listening(path: Path) -> bool:
    """Whether somebody listens at a socket: a killed monitor leaves a dead one behind."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
