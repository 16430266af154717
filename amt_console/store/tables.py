"""The tables. The original's three keep their names and columns, with further columns behind them.

Times people read are ``UtcDateTime``; bucket starts are whole seconds since 1970; durations of rollups are whole
microseconds. JSON is kept as text, as the original keeps it. What PostgreSQL alone has is in ``upkeep/catalogue.py``:
to name it here would load its dialect for a file too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, Index, Text, UniqueConstraint, false, text
from sqlmodel import Field

from amt_console.store.schema import BIG, StoreTable, flag, now_column, number
from amt_console.store.utc import UtcDateTime


class MonitoringLog(StoreTable, table=True):
    """One probe of one service. PostgreSQL keeps it by day (``partitions``), with ``timestamp`` in its primary key."""

    __tablename__ = "monitoring_logs"
    __table_args__ = (
        Index("ix_monitoring_logs_service", "service_name", "timestamp"),
        Index("ix_monitoring_logs_timestamp", "timestamp"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_column=now_column())
    service_name: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    response_time_ms: int | None = None
    error_message: str | None = Field(default=None, sa_type=Text)
    metrics: str | None = Field(default=None, sa_type=Text)
    """JSON: phases, status code, address and whatever else was measured."""
    response_us: int | None = Field(default=None, sa_type=BIG)
    """The response time in whole microseconds, from which everything is computed."""
    error_class: str | None = Field(default=None, sa_type=Text)
    attempt: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    interval_us: int = Field(default=0, sa_column=number("interval_us"))
    simulated: bool = Field(default=False, sa_column=flag("simulated"))


class AlertRow(StoreTable, table=True):
    """One alert episode. Rows of the original's making have an empty ``rule_id``."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "ux_alerts_open",
            "rule_id",
            "subject",
            unique=True,
            sqlite_where=text("resolved = 0 AND rule_id <> ''"),
        ),
        Index("ix_alerts_timestamp", "timestamp"),
        Index("ix_alerts_resolved_at", "resolved_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_column=now_column())
    """When the first bad observation was made."""
    alert_type: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    resolved: bool = Field(default=False, sa_column=Column("resolved", Boolean, server_default=false()))
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rule_id: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    subject: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    state: str = Field(default="firing", sa_type=Text, sa_column_kwargs={"server_default": "firing"})
    version: int = Field(default=0, sa_column=number("version"))
    bad_since: str | None = Field(default=None, sa_type=Text)
    """JSON of an instant: wall, monotonic, boottime, boot_id."""
    ok_since: str | None = Field(default=None, sa_type=Text)
    bad_count: int = Field(default=0, sa_column=number("bad_count"))
    critical_count: int = Field(default=0, sa_column=number("critical_count"))
    warning_count: int = Field(default=0, sa_column=number("warning_count"))
    ok_count: int = Field(default=0, sa_column=number("ok_count"))
    began: str | None = Field(default=None, sa_type=Text)
    """JSON of the instant of the first bad observation."""
    fired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    duration_seconds: float | None = None
    """By the monotonic hand, once it has ended."""
    resolution: str | None = Field(default=None, sa_type=Text)
    value: float | None = None
    threshold: float | None = None
    error_class: str | None = Field(default=None, sa_type=Text)
    stale: bool = Field(default=False, sa_column=flag("stale"))
    stale_since: str | None = Field(default=None, sa_type=Text)
    acknowledged_by: str | None = Field(default=None, sa_type=Text)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    snoozed_by: str | None = Field(default=None, sa_type=Text)
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rating: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    escalation_level: int = Field(default=0, sa_column=number("escalation_level"))
    paging: str | None = Field(default=None, sa_type=Text)
    """JSON: how far the alert was told."""
    previous_episode_id: int | None = Field(default=None, sa_type=BIG)
    runbook: str | None = Field(default=None, sa_type=Text)
    simulated: bool = Field(default=False, sa_column=flag("simulated"))


class AlertEventRow(StoreTable, table=True):
    """One transition of an episode; never changed."""

    __tablename__ = "alert_events"
    __table_args__ = (
        UniqueConstraint("alert_id", "seq", name="ux_alert_events_seq"),
        Index("ix_alert_events_timestamp", "timestamp"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    alert_id: int = Field(foreign_key="alerts.id", ondelete="CASCADE", sa_type=BIG)
    seq: int
    timestamp: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    actor: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    value: float | None = None
    detail: str | None = Field(default=None, sa_type=Text)
    """JSON: what belongs to this kind of event alone."""


class SystemMetric(StoreTable, table=True):
    """One sample of the host."""

    __tablename__ = "system_metrics"
    __table_args__ = (Index("ix_system_metrics_timestamp", "timestamp"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_column=now_column())
    cpu_usage: float | None = None
    memory_usage: float | None = None
    disk_usage: float | None = None
    network_io: str | None = Field(default=None, sa_type=Text)
    """JSON: sent_bytes, received_bytes, errors, drops, each per second."""
    active_connections: int | None = None
    details: str | None = Field(default=None, sa_type=Text)
    """JSON: disks, load, total memory, swap."""
    simulated: bool = Field(default=False, sa_column=flag("simulated"))


class BusinessFiguresRow(StoreTable, table=True):
    """All figures of one answer of one of the platform's endpoints."""

    __tablename__ = "business_figures"
    __table_args__ = (
        Index("ix_business_figures_kind", "kind", "timestamp"),
        Index("ix_business_figures_hourly", "kind", "hourly", "timestamp"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(sa_type=Text)
    figures: str = Field(sa_type=Text)
    """JSON: name to {"value": number or [[label, number], ...], "reason", "unit", "suspect": text}, without nulls."""
    hourly: bool = Field(default=False, sa_column=flag("hourly"))
    """Whether it is the first of its hour; long charts read these only."""
    simulated: bool = Field(default=False, sa_column=flag("simulated"))


class GapRow(StoreTable, table=True):
    """A period in which the monitor measured nothing."""

    __tablename__ = "gaps"
    __table_args__ = (Index("ix_gaps_ended_at", "ended_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(sa_type=Text)


class SignOfLifeRow(StoreTable, table=True):
    """The monitor's heartbeat."""

    __tablename__ = "monitor"
    name: str = Field(primary_key=True, sa_type=Text)
    host: str = Field(sa_type=Text)
    pid: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    last_cycle_at: datetime = Field(sa_type=UtcDateTime)


class MetaRow(StoreTable, table=True):
    """Facts about the database itself, e.g. ``commits`` (counted on PostgreSQL) and ``simulated_until``."""

    __tablename__ = "store_meta"
    key: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(default=0, sa_column=number("number"))
    content: str | None = Field(default=None, sa_type=Text)
