"""The tables of what comes in from outside: what waits to be evaluated, jobs that report, and alerts of others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from amt_console.store.encryption.column import Encrypted
from amt_console.store.schema import BIG, StoreTable, flag
from amt_console.store.utc import UtcDateTime


class ArrivalRow(StoreTable, table=True):
    """A ping or an alert that came in and is not evaluated yet: its sender was told that it is taken."""

    __tablename__ = "arrivals"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    received_at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    """JSON."""
    output: str | None = Field(default=None, sa_type=Encrypted)
    """What the job printed, bound to the cell in ``heartbeats`` that it is meant for; or the details of an alert."""


class HeartbeatRow(StoreTable, table=True):
    """What is known of a job that reports."""

    __tablename__ = "heartbeats"
    name: str = Field(primary_key=True, sa_type=Text)
    last_ping_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed: bool = Field(default=False, sa_column=flag("failed"))
    last_exit_code: int | None = None
    last_duration_ms: float | None = None
    last_output: str | None = Field(default=None, sa_type=Encrypted)


class HeartbeatPingRow(StoreTable, table=True):
    """One report of a job."""

    __tablename__ = "heartbeat_pings"
    __table_args__ = (
        Index("ix_heartbeat_pings_name", "heartbeat", "timestamp"),
        Index("ix_heartbeat_pings_timestamp", "timestamp"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    heartbeat: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    exit_code: int | None = None
    duration_ms: float | None = None


class ExternalAlertRow(StoreTable, table=True):
    """What is known of an alert that another program raised."""

    __tablename__ = "external_alerts"
    __table_args__ = (Index("ix_external_alerts_seen_at", "seen_at"),)
    key: str = Field(primary_key=True, sa_type=Text)
    subject: str = Field(sa_type=Text)
    firing: bool = Field(default=False, sa_column=flag("firing"))
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stale: bool = Field(default=False, sa_column=flag("stale"))


class WebhookIdRow(StoreTable, table=True):
    """A signed message that was taken: its repetition has no effect."""

    __tablename__ = "webhook_ids"
    __table_args__ = (Index("ix_webhook_ids_received_at", "received_at"),)
    id: str = Field(primary_key=True, sa_type=Text)
    received_at: datetime = Field(sa_type=UtcDateTime)


class RelayedRow(StoreTable, table=True):
    """A result that another monitor has measured, on its way to the one that evaluates."""

    __tablename__ = "relayed_results"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    service_name: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    response_time_ms: int | None = None
    error_message: str | None = Field(default=None, sa_type=Text)
    metrics: str | None = Field(default=None, sa_type=Text)
    response_us: int | None = Field(default=None, sa_type=BIG)
    error_class: str | None = Field(default=None, sa_type=Text)
    attempt: int
    interval_us: int = Field(sa_type=BIG)
    simulated: bool
    answer: str | None = Field(default=None, sa_type=Encrypted)
    """Bound to service and time: the number of the row is not known when it is encrypted."""
