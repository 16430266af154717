"""The JSON Schemas (2020-12) of the JSON reports, by the stem of their file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from amt_console.model import FigureKind, MonitorState
from amt_console.reports.schemas import parts, services
from amt_console.reports.schemas.incident import INCIDENT_DOCUMENT
from amt_console.reports.schemas.shapes import (
    COUNT,
    PERCENT,
    TEXT,
    TIME,
    Schema,
    by_name,
    closed,
    each,
    many,
    maybe,
    one_of,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """The schema of a report by its file's stem. Raises KeyError."""
    title, made = _SCHEMAS[name]
    return {"$schema": DIALECT, "$id": f"urn:amt-console:{name}:1", "title": title, **made()}


def names() -> tuple[str, ...]:
    """The stems of all JSON reports."""
    return tuple(_SCHEMAS)


def title_of(name: str) -> str:
    """What a report tells, in a few words."""
    return _SCHEMAS[name][0]


def _executive() -> Schema:
    return _document(
        "executive_summary",
        {
            "key_figures": closed(each(("overview", "chatbot", "revenue"), by_name(parts.FIGURE))),
            **each(("availability", "previous_availability"), services.AVAILABILITY),
            "uptime_target_percent": PERCENT,
            "services": closed(each(("up", "degraded", "down", "unknown", "maintenance"), COUNT)),
            "incidents": many(services.INCIDENT),
            "outages": many(services.OUTAGE),
            **each(("quality", "money"), many(parts.MEASURE)),
            "forecasts": by_name(parts.FORECAST),
            "attention": many(parts.ALERT),
            "alerts": parts.HANDLING,
            "recommendations": many(parts.RECOMMENDATION),
        },
    )


def _monitoring() -> Schema:
    monitor = closed(
        {
            "state": one_of(MonitorState),
            "host": maybe(TEXT),
            "pid": maybe(COUNT),
            **each(("started_at", "last_cycle_at"), maybe(TIME)),
        }
    )
    return _document(
        "monitoring_report",
        {
            "monitor": monitor,
            "services": many(services.SERVICE_NOW),
            "alerts": many(parts.ALERT_WITH_EVENTS),
            "alert_handling": parts.HANDLING,
            "incidents": many(services.INCIDENT),
            "resources": many(parts.RESOURCE),
            "resources_now": maybe(parts.HOST),
            "gaps": many(parts.GAP),
            "limits": parts.LIMITS,
        },
    )


def _performance() -> Schema:
    return _document(
        "performance_analysis",
        {
            **each(("availability", "previous_availability"), services.AVAILABILITY),
            "services": many(services.SERVICE),
            **each(("incidents", "unconfirmed_failures"), many(services.INCIDENT)),
            "outages": many(services.OUTAGE),
            "resources": many(parts.RESOURCE),
            **each(("alert_handling", "previous_alert_handling"), parts.HANDLING),
            "recommendations": many(parts.RECOMMENDATION),
            "limits": parts.LIMITS,
            "findings": many(parts.FINDING),
            "policies": services.POLICIES,
            "budgets": many(parts.BUDGET),
            "reliability": services.RELIABILITY,
            "outage_frequency": parts.FREQUENCY,
            "comparison": many(parts.COMPARED),
            "throughput": parts.THROUGHPUT,
            "disk": parts.DISK,
            "slow_with": many(parts.SLOWNESS),
            "alert_rules": many(parts.ALERT_RULE),
            "responders": many(parts.RESPONDER),
            "behaviour": parts.BEHAVIOUR,
        },
    )


def _figures(name: str, *kinds: FigureKind) -> Callable[[], Schema]:
    def made() -> Schema:
        of_kinds = [kind.value for kind in kinds]
        return _document(
            name,
            {
                "figures": closed(each(of_kinds, by_name(parts.FIGURE))),
                "read_at": closed(each(of_kinds, maybe(TIME))),
                "history": closed(each(of_kinds, by_name(parts.history()))),
                "forecasts": by_name(parts.FORECAST),
            },
        )

    return made


def _document(report: str, required: Mapping[str, Schema]) -> Schema:
    return closed({"report": {"const": report}, **parts.HEAD, **required})


_SCHEMAS: Mapping[str, tuple[str, Callable[[], Schema]]] = MappingProxyType(
    {
        "overview_dashboard": (
            "Users and traffic of the platform",
            _figures("overview_dashboard", FigureKind.OVERVIEW),
        ),
        "chatbot_dashboard": ("Figures of the chatbot", _figures("chatbot_dashboard", FigureKind.CHATBOT)),
        "revenue_dashboard": (
            "Recurring revenue, plans and prices",
            _figures("revenue_dashboard", FigureKind.REVENUE, FigureKind.PLANS),
        ),
        "performance_analysis_report": ("The performance analysis", _performance),
        "executive_summary": ("One page for a manager", _executive),
        "monitoring_report": ("Services, alerts, resources and gaps", _monitoring),
        "incident": ("The draft of a post-mortem", lambda: INCIDENT_DOCUMENT),
    }
)
