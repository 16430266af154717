"""The tables of the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from amt_console.store.encryption.column import Encrypted
from amt_console.store.schema import BIG, StoreTable, flag
from amt_console.store.utc import UtcDateTime

WAITING = "state IN ('queued', 'leased')"
"""Rows that are still to be sent, in SQL."""


class OutboxRow(StoreTable, table=True):
    """One message to one receiver on one channel."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedup_key", name="ux_outbox_dedup_key"),
        Index("ix_outbox_alert", "alert_id"),
        Index("ix_outbox_created_at", "created_at"),
        Index("ix_outbox_waiting", "channel", "next_at", sqlite_where=text(WAITING)),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    dedup_key: str = Field(sa_type=Text)
    """The same transition never makes two rows."""
    alert_id: int | None = Field(default=None, sa_type=BIG)
    """No foreign key: the log outlives the alert."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    channel: str = Field(sa_type=Text)
    receiver: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    severity: str | None = Field(default=None, sa_type=Text)
    alert_type: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    state: str = Field(default="queued", sa_type=Text, sa_column_kwargs={"server_default": "queued"})
    reason: str = Field(sa_type=Text)
    payload: str = Field(sa_type=Encrypted)
    """JSON of a ``Notice``, or of a summary's text; bound to ``dedup_key``."""
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it was meant to be sent first."""
    next_at: datetime = Field(sa_type=UtcDateTime)
    """Not tried before; ``due_at`` until the first attempt."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """From then on another process may send it."""
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    holder: str | None = Field(default=None, sa_type=Text)
    """The process that sends it."""
    batch: int | None = Field(default=None, sa_type=BIG)
    """The newest row of the message that it is part of, whose number is the message's id."""
    simulated: bool = Field(default=False, sa_column=flag("simulated"))


class DeliveryAttemptRow(StoreTable, table=True):
    """One attempt to deliver a row of the outbox."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (Index("ix_delivery_attempts_outbox", "outbox_id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    outbox_id: int = Field(foreign_key="outbox.id", ondelete="CASCADE", sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(sa_type=Text)
    error: str | None = Field(default=None, sa_type=Encrypted)
    """Bound to ``outbox_id`` and ``timestamp``."""


class DecisionRow(StoreTable, table=True):
    """Why a message about an alert was sent, held or not made."""

    __tablename__ = "alert_decisions"
    __table_args__ = (Index("ix_alert_decisions_alert", "alert_id", "id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    alert_id: int = Field(foreign_key="alerts.id", ondelete="CASCADE", sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    stage: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
