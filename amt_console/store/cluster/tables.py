"""The tables of a cluster: several monitors on one server. They stay empty in a file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from amt_console.model import DEFAULT_LOCATION
from amt_console.store.schema import BIG, StoreTable, flag
from amt_console.store.utc import UtcDateTime


class LeaseRow(StoreTable, table=True):
    """The lease on a server. ``epoch`` grows with every new holder."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True, sa_type=Text)
    epoch: int = Field(sa_type=BIG)
    host: str = Field(sa_type=Text)
    pid: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


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
    """Whether it stores and evaluates the results of all members."""


class ProbeSlotRow(StoreTable, table=True):
    """The slot of a target at a location. All times are the server's."""

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

    __tablename__ = "presence"
    process: str = Field(primary_key=True, sa_type=Text)
    host: str = Field(sa_type=Text)
    people: str = Field(sa_type=Text)
    """As JSON."""
    seen_at: datetime = Field(sa_type=UtcDateTime)
    """By the server's clock."""
