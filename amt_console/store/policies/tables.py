"""The tables of silences, maintenance windows and overrides that people add. Ended rows stay until they expire."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from amt_console.store.schema import BIG, StoreTable
from amt_console.store.utc import UtcDateTime


class SilenceRow(StoreTable, table=True):
    """A silence that a person added."""

    __tablename__ = "silences"
    __table_args__ = (Index("ix_silences_ends_at", "ends_at"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    created_at: datetime = Field(sa_type=UtcDateTime)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    matchers: str = Field(sa_type=Text)
    """JSON: services, groups, alert_types, severity, match."""
    ended_by: str | None = Field(default=None, sa_type=Text)


class MaintenanceRow(StoreTable, table=True):
    """A maintenance window that a person added."""

    __tablename__ = "maintenance_windows"
    __table_args__ = (Index("ix_maintenance_windows_ends_at", "ends_at"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    name: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    matchers: str = Field(sa_type=Text)
    """JSON: services, groups."""
    note: str | None = Field(default=None, sa_type=Text)
    ended_by: str | None = Field(default=None, sa_type=Text)


class OverrideRow(StoreTable, table=True):
    """A period of a rota that a person took or gave to another."""

    __tablename__ = "rota_overrides"
    __table_args__ = (Index("ix_rota_overrides_ends_at", "ends_at"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    rota: str = Field(sa_type=Text)
    person: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
