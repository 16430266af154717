"""The ``db`` command group: size, integrity and upkeep of the database."""

from __future__ import annotations

from amt_console.cli.db.group import app

__all__ = ["app"]
