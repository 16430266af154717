"""What a URL of our own database says without opening it."""

from __future__ import annotations

from pathlib import Path


def store_url_is_server(url: str) -> bool:
    """Whether the database is on a server, for several processes on several hosts; otherwise it is a SQLite file."""
    return not url.startswith("sqlite")


def database_file(url: str) -> Path | None:
    """The file of a SQLite database; ``None`` on a server."""
    if store_url_is_server(url):
        return None
    name = url.split("///", 1)[-1].partition("?")[0]
    return Path(name).expanduser() if name and name != ":memory:" else None
