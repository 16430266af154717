"""The fixtures of ``support.operations``."""

from __future__ import annotations

from support.operations import clock, feed, fire, operations, store, store_url

__all__ = ["clock", "feed", "fire", "operations", "store", "store_url"]
