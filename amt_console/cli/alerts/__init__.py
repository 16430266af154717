"""The ``alerts`` command group: list them, read one, and act on one."""

from __future__ import annotations

from amt_console.cli.alerts.group import app

__all__ = ["app"]
