"""Schemas of services: availability, response times, incidents, series."""

from __future__ import annotations

from amt_console.model import Criticality, ServiceState, TargetKind
from amt_console.reports.schemas.shapes import (
    COUNT,
    FLAG,
    HOUR,
    MS,
    NUMBER,
    P_VALUE,
    PERCENT,
    SECONDS,
    TEXT,
    TEXTS,
    TIME,
    by_name,
    closed,
    each,
    many,
    maybe,
    one_of,
)

STATE = one_of(ServiceState)
AVAILABILITY = closed(
    {
        **each(("availability_percent", "coverage_percent", "worst_case_percent"), maybe(PERCENT)),
        "sufficient": FLAG,
        **each(
            ("up_seconds", "degraded_seconds", "down_seconds", "maintenance_seconds", "unknown_seconds"),
            SECONDS,
        ),
    },
    about="Time by state. up_seconds has degraded_seconds in it. The percentage is null with less than half measured.",
)
LATENCY = closed(
    {
        **each(("samples", "errors"), COUNT),
        **each(("error_rate_percent", "within_limit_percent"), maybe(PERCENT)),
        **each(("mean_ms", "min_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms", "limit_ms"), maybe(MS)),
        "slowest_hour": maybe(closed({"hour": HOUR, "p95_ms": maybe(MS)})),
    },
    about="Response times of the answers that found the service up or degraded; percentiles are exact to 1 %.",
)
POLICIES = closed(
    each(("raw", "rechecked", "without_maintenance", "without_unknown"), maybe(PERCENT)),
    about="Availability by named policies of counting.",
)
RELIABILITY = closed(
    {"incidents": COUNT, **each(("mtbf_seconds", "mttr_seconds"), maybe(SECONDS)), "causes": by_name(COUNT)}
)
_TREND_KEYS = {"direction": one_of(("rising", "falling", "steady")), "p_value": P_VALUE, "points": COUNT}
TREND = closed(
    {
        **_TREND_KEYS,
        "slope_ms_per_hour": NUMBER,
        "change_ms": NUMBER,
        "change_percent": maybe(NUMBER),
        "seasonal": FLAG,
    },
    about="Mann-Kendall test and Theil-Sen slope of the median response time.",
)
DAY_TREND = closed({**_TREND_KEYS, "slope_per_day": NUMBER})
UNUSUAL = closed({"since": TIME, "until": TIME, "value": maybe(NUMBER), "usual": maybe(NUMBER), "why": TEXT})
_SHIFT = closed({"at": TIME, "before_ms": maybe(MS), "after_ms": maybe(MS), "p_value": P_VALUE})
_PHASES = closed(
    {
        "samples": COUNT,
        **each(("since", "until"), maybe(TIME)),
        **each(("p50_ms", "p95_ms"), by_name(maybe(MS))),
        **each(("document_bytes", "document_ms"), maybe(NUMBER)),
    }
)
_STEP = closed(
    {"start": TIME, **each(("count", "up", "down"), COUNT), **each(("p50_ms", "p95_ms", "p99_ms"), maybe(MS))},
    about="The checks of one step of the window.",
)
_SPAN = closed({"start": TIME, "end": TIME, "state": STATE, "error": maybe(TEXT)})
SERVICE = closed(
    {
        "name": TEXT,
        **each(("availability", "previous_availability"), AVAILABILITY),
        **each(("latency", "previous_latency"), LATENCY),
        "trend": maybe(TREND),
        "same_hours_change_percent": maybe(NUMBER),
        **each(("incidents", "unconfirmed"), COUNT),
        "series": many(_STEP),
        "states": many(_SPAN),
        "policies": POLICIES,
        "reliability": RELIABILITY,
        "change_points": many(_SHIFT),
        "anomalies": many(UNUSUAL),
        "phases": maybe(_PHASES),
        "phases_reason": maybe(TEXT),
        "hours": many(closed({"hour": HOUR, "count": COUNT, **each(("p50_ms", "p95_ms"), maybe(MS))})),
    },
)
SERVICE_NOW = closed(
    {
        **each(("name", "url", "group"), TEXT),
        "kind": one_of(tuple(TargetKind)),
        "criticality": one_of(Criticality),
        "configured": FLAG,
        "state": STATE,
        **each(("since", "last_checked", "tls_expires_at"), maybe(TIME)),
        "response_time_ms": maybe(MS),
        "error": maybe(TEXT),
        "availability": AVAILABILITY,
        "latency": LATENCY,
        "incidents": COUNT,
    }
)
INCIDENT = closed(
    {
        "service": TEXT,
        "started_at": TIME,
        "ended_at": maybe(TIME),
        **each(("ongoing", "began_before_window"), FLAG),
        **each(("seconds", "measured_down_seconds"), SECONDS),
        **each(("cause", "acknowledged_by", "note"), maybe(TEXT)),
        "alert_id": maybe(COUNT),
        "acknowledged_at": maybe(TIME),
        "cause_class": maybe(TEXT),
    }
)
OUTAGE = closed(
    {
        "started_at": TIME,
        "ended_at": maybe(TIME),
        "ongoing": FLAG,
        "services": TEXTS,
        **each(("measured_down_seconds", "service_seconds"), SECONDS),
    },
    about="Overlapping incidents as one event.",
)
