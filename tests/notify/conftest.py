"""The fixtures of every test of delivery."""

from __future__ import annotations

from support.stores import clock, new_database, new_schema, postgres_url, sqlite_url, store, store_url

__all__ = ["clock", "new_database", "new_schema", "postgres_url", "sqlite_url", "store", "store_url"]
