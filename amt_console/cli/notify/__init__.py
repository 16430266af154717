"""``notify``: what was sent, and whether messages arrive."""

from __future__ import annotations

from amt_console.cli.notify.group import app

__all__ = ["app"]
