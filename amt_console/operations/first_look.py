"""The first snapshot of a console that becomes the monitor: the database's data, before the engine is loaded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from amt_console.model import MonitorState, MonitorStatus, Overall, ResourcesView, Snapshot
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.views import overall, service_view
from amt_console.operations.windows import ServiceWindows
from amt_console.store.first_look import first_look


def first_snapshot(path: Path, now: datetime) -> Snapshot | None:
    """Services, alerts, host and figures of a SQLite file; ``None`` if it cannot be read at once.

    Windowed figures, charts and how often alerts fired today are left out. The monitor counts as running without data:
    it is starting.
    """
    found = first_look(path)
    if found is None:
        return None
    alerts = AlertViews(found.open_alerts, found.watched).worst_first()
    services = tuple(
        service_view(target, found.statuses.get(target.name), ServiceWindows(), alerts, now) for target in found.watched
    )
    return Snapshot(
        version=0,
        generated_at=now,
        overall=overall(services, alerts, MonitorState.RUNNING) if services else Overall.UNKNOWN,
        monitor=MonitorStatus(MonitorState.RUNNING),
        services=services,
        alerts=alerts,
        resources=ResourcesView(sample=found.host),
        figures=found.figures,
    )
