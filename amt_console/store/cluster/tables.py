"""The tables by which several monitors share the probing; empty in a file, which one process probes for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from amt_console.model import DEFAULT_LOCATION
from amt_console.store.schema import BIG, StoreTable, flag
from amt_console.store.utc import UtcDateTime


class MemberRow(StoreTable, table=True):
    """A process that probes."""

    __tablename__ = "monitors"
    name: str = Field(primary_key=True, sa_type=Text)
    host: str = Field(sa_type=Text)
    pid: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    """By the server's clock."""
    location: str = Field(default=DEFAULT_LOCATION, sa_type=Text, sa_column_kwargs={"server_default": DEFAULT_LOCATION})
    """Its location."""
    evaluates: bool = Field(default=False, sa_column=flag("evaluates"))
    """Whether it stores and evaluates what all of them measure."""


class ProbeSlotRow(StoreTable, table=True):
    """Whose turn it is to probe a target from a location. All times are the server's."""

    __tablename__ = "probe_slots"
    location: str = Field(primary_key=True, sa_type=Text)
    target: str = Field(primary_key=True, sa_type=Text)
    next_due: datetime = Field(sa_type=UtcDateTime)
    """The holder's next slot begins then, at the earliest."""
    lease_until: datetime = Field(sa_type=UtcDateTime)
    """From then on anybody may probe it."""
    holder: str = Field(sa_type=Text)


class PresenceRow(StoreTable, table=True):
    """Who looks through one process."""

    __tablename__ = "viewers"
    process: str = Field(primary_key=True, sa_type=Text)
    host: str = Field(sa_type=Text)
    people: str = Field(sa_type=Text)
    """As JSON."""
    seen_at: datetime = Field(sa_type=UtcDateTime)
    """By the server's clock."""


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
