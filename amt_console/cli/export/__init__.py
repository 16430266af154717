"""The ``export`` command group: reports as files."""

from __future__ import annotations

from amt_console.cli.export.group import app

__all__ = ["app"]
