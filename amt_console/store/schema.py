"""Shared by all tables: their metadata and recurring columns."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, false, func
from sqlmodel import SQLModel

from amt_console.store.utc import UtcDateTime

BIG = BigInteger().with_variant(Integer, "sqlite")
GIVEN = {"autoincrement": False}
"""Of numbers that the database does not give."""


def now_column() -> Column[datetime]:
    """The original's ``timestamp``."""
    return Column("timestamp", UtcDateTime, nullable=False, server_default=func.current_timestamp())


def flag(name: str) -> Column[bool]:
    """False unless said otherwise."""
    return Column(name, Boolean, nullable=False, server_default=false())


def number(name: str, default: int = 0) -> Column[int]:
    """A big integer with a default."""
    return Column(name, BIG, nullable=False, server_default=str(default))


class StoreTable(SQLModel):
    """Base of all tables, with a catalogue of its own."""

    model_config = {"defer_build": True}
    """Validators are built for the first row object: most processes use the Core tables alone."""
    metadata: ClassVar[MetaData] = MetaData()


def table(row: type[StoreTable]) -> Table:
    """The Core table of a row class, for statements that write or read many rows."""
    found: Table = StoreTable.metadata.tables[str(row.__tablename__)]
    return found
