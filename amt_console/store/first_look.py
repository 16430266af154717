"""The current state in a SQLite file, read with plain SQL and without SQLAlchemy.

A console that becomes the monitor shows it while the rest of the program is loading.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from amt_console.model import (
    BusinessFigures,
    Criticality,
    Episode,
    FigureKind,
    HostSample,
    ServiceStatus,
    Target,
    TargetKind,
    bare_target,
    kind_of,
)
from amt_console.store.episode_rows import episode_of
from amt_console.store.result_rows import result_of
from amt_console.store.rollups.samples import state_of
from amt_console.store.sample_rows import figures_of, host_sample_of
from amt_console.text import public_url

WATCHED = "watched"
"""The key in ``store_meta`` of what the newest monitor watches."""
BUSY_SECONDS = 0.3
_TIMES = ("timestamp", "since", "resolved_at", "fired_at", "acknowledged_at")
_NEWEST_FIGURES = "SELECT * FROM business_figures WHERE kind = ? ORDER BY timestamp DESC, id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The newest rows."""

    watched: tuple[Target, ...]
    """What the newest monitor watched, without secrets, in the order of its configuration."""
    statuses: Mapping[str, ServiceStatus]
    open_alerts: Sequence[Episode]
    host: HostSample | None
    figures: Mapping[FigureKind, BusinessFigures]


def first_look(path: Path) -> FirstLook | None:
    """Read a file; ``None`` if it is not there, is not ours, or cannot be read at once."""
    try:
        with closing(_connection(path)) as connection:
            return _read(connection)
    except (sqlite3.Error, ValueError, TypeError, LookupError):
        return None


def watched_text(targets: Sequence[Target]) -> str:
    """What ``store_meta`` keeps of what is watched."""
    return json.dumps([_target_values(target) for target in targets])


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    connection.execute("BEGIN")
    return connection


def _read(connection: sqlite3.Connection) -> FirstLook | None:
    def rows(query: str, *values: object) -> list[dict[str, Any]]:
        return [_readable(row) for row in connection.execute(query, values)]

    watched = connection.execute("SELECT content FROM store_meta WHERE key = ?", (WATCHED,)).fetchone()
    if watched is None:
        return None
    figures: dict[FigureKind, BusinessFigures] = {}
    for kind in FigureKind:
        for row in rows(_NEWEST_FIGURES, kind.value):
            if (found := figures_of(row)) is not None:
                figures[kind] = found
    host = rows("SELECT * FROM system_metrics ORDER BY timestamp DESC, id DESC LIMIT 1")
    return FirstLook(
        watched=tuple(_target_of(values) for values in json.loads(watched[0])),
        statuses={
            row["service_name"]: ServiceStatus(result_of(row), row["since"], state_of(row["status"]))
            for row in rows("SELECT * FROM service_state")
        },
        open_alerts=[episode_of(row) for row in rows("SELECT * FROM alerts WHERE NOT resolved ORDER BY timestamp, id")],
        host=host_sample_of(host[0]) if host else None,
        figures=figures,
    )


def _readable(row: sqlite3.Row) -> dict[str, Any]:
    """A row with its times as the program has them. Raises ValueError for one that another program has written."""
    found = dict(row)
    for name in _TIMES:
        if found.get(name) is not None:
            found[name] = datetime.fromisoformat(found[name]).replace(tzinfo=UTC)
    return found


def _target_values(target: Target) -> dict[str, Any]:
    return {
        "kind": kind_of(target).value,
        "name": target.name,
        "url": public_url(target.url),
        "group": target.group,
        "criticality": target.criticality.value,
        "interval": target.interval,
        "timeout": target.timeout,
        "depends_on": list(target.depends_on),
        "runbook": target.runbook,
    }


def _target_of(values: dict[str, Any]) -> Target:
    shared = {
        **{name: values[name] for name in ("name", "url", "group", "interval", "timeout", "runbook")},
        "criticality": Criticality(values["criticality"]),
        "depends_on": tuple(values["depends_on"]),
    }
    return bare_target(TargetKind(values["kind"]), shared)
