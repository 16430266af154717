"""The host over a window: processor, memory, disks, network, connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import FEW_BUCKETS, Query
from amt_console.model.snapshot import Series


@dataclass(frozen=True, slots=True)
class MetricCourse:
    """One metric in equally spaced buckets."""

    means: Series
    highs: Series
    """The largest value of each bucket."""
    mean: float | None = None
    """Over the whole window."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """One file system, and when it will be full."""

    mount: str
    percent: float
    total_bytes: int
    free_bytes: int
    full_at: datetime | None = None
    reason: str = ""
    """Why there is a forecast, or why there is none, in words for people."""


@dataclass(frozen=True, slots=True)
class HostHistory:
    """The host from ``start`` to ``end``."""

    start: datetime
    end: datetime
    bucket_seconds: float
    metrics: Mapping[str, MetricCourse] = field(default_factory=dict)
    """``cpu_usage``, ``memory_usage`` and ``disk_usage`` in percent, ``sent_bytes`` and ``received_bytes`` per second,
    ``active_connections``; those that were measured."""
    disks: tuple[DiskRoom, ...] = ()
    """The fullest first; only with ``HostQuery.disks``."""


@dataclass(frozen=True, slots=True)
class HostQuery(Query[HostHistory]):
    """The host over the last hours."""

    name: ClassVar[str] = "host"
    answer: ClassVar[Any] = HostHistory
    hours: float = 1.0
    most_buckets: int = FEW_BUCKETS
    """The finest resolution with at most this many buckets."""
    disks: bool = False
    """Also forecast when the disks are full; takes longer."""
