"""The fixtures of every test of the store."""

from __future__ import annotations

from support.stores import (
    clock,
    new_database,
    new_schema,
    new_url,
    postgres_url,
    server_url,
    sqlite_url,
    store,
    store_url,
)

__all__ = [
    "clock",
    "new_database",
    "new_schema",
    "new_url",
    "postgres_url",
    "server_url",
    "sqlite_url",
    "store",
    "store_url",
]
