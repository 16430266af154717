"""``monitor``: probe, store and alert without a screen."""

from __future__ import annotations

from amt_console.cli.monitor.command import monitor

__all__ = ["monitor"]
