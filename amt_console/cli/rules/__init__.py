"""``rules``: list the rules, test them, try them on recorded history, and suggest better ones."""

from __future__ import annotations

from amt_console.cli.rules.group import app

__all__ = ["app"]
