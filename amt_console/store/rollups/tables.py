"""The derived tables: newest states, state changes, rollups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from amt_console.store.schema import BIG, StoreTable
from amt_console.store.utc import UtcDateTime


class ServiceStateRow(StoreTable, table=True):
    """The newest result of each service, since when it is so, and its unfinished rollup buckets."""

    __tablename__ = "service_state"
    service_name: str = Field(primary_key=True, sa_type=Text)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=UtcDateTime)
    response_us: int | None = Field(default=None, sa_type=BIG)
    error_class: str | None = Field(default=None, sa_type=Text)
    error_message: str | None = Field(default=None, sa_type=Text)
    attempt: int
    interval_us: int = Field(sa_type=BIG)
    metrics: str | None = Field(default=None, sa_type=Text)
    open_buckets: bytes


class StateChangeLog(StoreTable, table=True):
    """A service entered a state."""

    __tablename__ = "state_changes"
    __table_args__ = (
        Index("ix_state_changes_service", "service_name", "timestamp"),
        Index("ix_state_changes_timestamp", "timestamp"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    timestamp: datetime = Field(sa_type=UtcDateTime)
    service_name: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    previous: str | None = Field(default=None, sa_type=Text)
    error_class: str | None = Field(default=None, sa_type=Text)
    error_message: str | None = Field(default=None, sa_type=Text)


def _microseconds() -> Any:
    return Field(default=0, sa_type=BIG)


class ServiceRollupRow(StoreTable, table=True):
    """One finished bucket of one service.

    The key begins with the time, so that writing appends; readers name the bucket starts.
    """

    __tablename__ = "service_rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)
    resolution: int = Field(primary_key=True)
    start: int = Field(primary_key=True, sa_type=BIG)
    service_name: str = Field(primary_key=True, sa_type=Text)
    samples: int
    errors: int
    up_us: int = _microseconds()
    degraded_us: int = _microseconds()
    down_us: int = _microseconds()
    maintenance_us: int = _microseconds()
    timed: int
    sum_us: int = _microseconds()
    min_us: int = _microseconds()
    max_us: int = _microseconds()
    histogram: bytes


class HostRollupRow(StoreTable, table=True):
    """One bucket of one host figure, in whole thousandths of the figure's unit."""

    __tablename__ = "host_rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)
    resolution: int = Field(primary_key=True)
    start: int = Field(primary_key=True, sa_type=BIG)
    metric: str = Field(primary_key=True, sa_type=Text)
    samples: int
    total: int = _microseconds()
    least: int = _microseconds()
    most: int = _microseconds()
    histogram: bytes


class ValueRollupRow(StoreTable, table=True):
    """One bucket of one value of a check. The key begins with the service, as readers ask for one at a time."""

    __tablename__ = "value_rollups"
    __table_args__ = (Index("ix_value_rollups_start", "resolution", "start"), {"sqlite_with_rowid": False})
    service_name: str = Field(primary_key=True, sa_type=Text)
    resolution: int = Field(primary_key=True)
    start: int = Field(primary_key=True, sa_type=BIG)
    name: str = Field(primary_key=True, sa_type=Text)
    unit: str | None = Field(default=None, sa_type=Text)
    samples: int
    total: float
    least: float
    most: float
