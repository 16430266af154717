"""The raw rows of a SQLite file, read with nothing but the standard library. Moments are whole microseconds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def us(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def moment(at: int) -> datetime:
    """The inverse of ``us``."""
    return datetime.fromtimestamp(at // SECOND, UTC).replace(microsecond=at % SECOND)


@dataclass(frozen=True, slots=True)
class Result:
    """A row of ``monitoring_logs``."""

    at: int
    state: str
    interval: int
    attempt: int
    response: int | None
    """Microseconds."""
    error: str | None


@dataclass(frozen=True, slots=True)
class RawAlert:
    """A row of ``alerts`` with its rows of ``alert_events``."""

    id: int
    subject: str
    kind: str
    severity: str
    value: float | None
    threshold: float | None
    rule: str
    events: tuple[tuple[int, int, str, str, str | None, float | None], ...]
    """Number, moment, kind, state, person, value."""

    def at(self, end: int, *kinds: str) -> int | None:
        """When the first event of these kinds happened, up to ``end``."""
        return next((at for _, at, kind, _, _, _ in self.events if kind in kinds and at <= end), None)


@dataclass(frozen=True, slots=True)
class Raw:
    """All raw rows."""

    results: dict[str, list[Result]]
    hosts: list[tuple[int, dict[str, float]]]
    figures: dict[str, list[tuple[int, dict[str, Any]]]]
    gaps: list[tuple[int, int]]
    alerts: list[RawAlert]


def read(path: Path) -> Raw:
    """Everything in a file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute
        results: dict[str, list[Result]] = {}
        for name, at, *rest in rows(
            "SELECT service_name, timestamp, status, interval_us, attempt, response_us, error_message"
            " FROM monitoring_logs ORDER BY timestamp, id"
        ):
            results.setdefault(name, []).append(Result(_at(at), *rest))
        hosts = [
            (_at(at), dict(zip(("cpu", "memory", "disk", "connections"), values, strict=True)))
            for at, *values in rows(
                "SELECT timestamp, cpu_usage, memory_usage, disk_usage, active_connections FROM system_metrics"
                " ORDER BY timestamp"
            )
        ]
        figures: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for kind, at, text in rows("SELECT kind, timestamp, figures FROM business_figures ORDER BY timestamp"):
            figures.setdefault(kind, []).append((_at(at), json.loads(text)))
        gaps = [(_at(a), _at(b)) for a, b in rows("SELECT started_at, ended_at FROM gaps ORDER BY started_at")]
        events: dict[int, list[tuple[int, int, str, str, str | None, float | None]]] = {}
        for owner, seq, at, *rest in rows(
            "SELECT alert_id, seq, timestamp, kind, state, actor, value FROM alert_events ORDER BY alert_id, seq"
        ):
            events.setdefault(owner, []).append((seq, _at(at), *rest))
        alerts = [
            RawAlert(*row, tuple(events[row[0]]))
            for row in rows(
                "SELECT id, subject, alert_type, severity, value, threshold, rule_id FROM alerts ORDER BY id"
            )
        ]
    return Raw(results, hosts, figures, gaps, alerts)


def _at(text: str) -> int:
    return us(datetime.fromisoformat(text).replace(tzinfo=UTC))
