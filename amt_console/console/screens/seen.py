"""What the screens show, as lists and documents to be exported."""

from __future__ import annotations

from collections.abc import Sequence

from textual.dom import DOMNode

from amt_console.console.exporting import ListExport
from amt_console.model import AlertView, ServiceView
from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.operations.json_views import alert_json, maintenance_json, service_json, silence_json
from amt_console.text import safe_text
from widgets.alert_table import Followers
from widgets.fact_lines import FactLines

ALERT_COLUMNS = (
    "id",
    "severity",
    "subject",
    "state",
    "message",
    "opened_at",
    "acknowledged_by",
    "note",
    "escalation_level",
    "rule",
)
SERVICE_COLUMNS = (
    "name",
    "state",
    "since",
    "response_time_ms",
    "uptime_percent_24h",
    "coverage_percent_24h",
    "error_rate_percent_1h",
    "last_checked",
    "error",
    "url",
)
MUTED_COLUMNS = ("kind", "name", "services", "groups", "starts_at", "ends_at", "created_by", "reason")


def alert_list(rows: Sequence[AlertView | Followers], filtered_by: str) -> ListExport:
    """The alerts of a table, folded ones included."""
    alerts: list[AlertView] = []
    for row in rows:
        alerts.extend(row.alerts if isinstance(row, Followers) else (row,))
    once = {alert.id: alert for alert in alerts}.values()
    return ListExport(
        f"{_count(len(once), 'alert')}{_matching(filtered_by)}",
        "alerts",
        [alert_json(alert) for alert in once],
        ALERT_COLUMNS,
    )


def service_list(rows: Sequence[ServiceView], filtered_by: str) -> ListExport:
    """The services of a table."""
    documents = [service_json(row) for row in rows]
    return ListExport(f"{_count(len(rows), 'service')}{_matching(filtered_by)}", "services", documents, SERVICE_COLUMNS)


def muted_list(rows: Sequence[Silence | MaintenanceWindow]) -> ListExport:
    """Silences and planned work."""
    documents = [
        {"kind": "silence", "name": row.id, **silence_json(row)}
        if isinstance(row, Silence)
        else {"kind": "maintenance", "reason": row.note, **maintenance_json(row)}
        for row in rows
    ]
    return ListExport("silences and planned work", "silences", documents, MUTED_COLUMNS)


def sections_of(screen: DOMNode) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headings of a screen with their lines."""
    return tuple(
        (each.title.capitalize(), each.texts) for each in screen.query(FactLines) if each.display and each.texts
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _matching(text: str) -> str:
    if not text:
        return ""
    words = safe_text(text.removeprefix("!"), 40)
    return f" without '{words}'" if text.startswith("!") else f" with '{words}'"
