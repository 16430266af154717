"""The ``db`` command group: how large the database is, whether it is sound, and its upkeep."""

from __future__ import annotations

from amt_console.cli.db.group import app

__all__ = ["app"]
