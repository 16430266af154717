"""Schemas of what several documents have: the head, alerts, the host, figures, advice."""

from __future__ import annotations

from amt_console.model import AlertState, AlertType, Criticality, FigureKind, Resolution, Severity, TargetKind
from amt_console.reports.schemas.services import DAY_TREND, UNUSUAL
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
    Schema,
    by_name,
    closed,
    each,
    many,
    maybe,
    one_of,
)

SEVERITY = one_of(Severity)
VERDICT = closed({"state": one_of(("ok", "warning", "critical", "unknown")), "word": TEXT, "sentence": TEXT})
WINDOW = closed({"start": TIME, "end": TIME, "hours": NUMBER, "step_seconds": COUNT})
_LIMITS = (
    "response_time_warning_ms",
    "response_time_ms",
    "error_rate_warning_percent",
    "error_rate_percent",
    "cpu_usage_percent",
    "memory_usage_percent",
    "disk_usage_percent",
    "uptime_percent",
)
LIMITS = closed(each(_LIMITS, NUMBER))
DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
SERVICE_SETTINGS = closed(
    {
        **each(("name", "url", "group"), TEXT),
        "kind": one_of(tuple(TargetKind)),
        "criticality": one_of(Criticality),
        **each(("interval_seconds", "timeout_seconds"), SECONDS),
        "warning_ms": maybe(MS),
        "depends_on": TEXTS,
    }
)
_SETTINGS = closed(
    {
        "compare": one_of(("previous", "none")),
        "limits": by_name({"type": ["number", "null", "array"], "items": NUMBER}),
        "services": many(SERVICE_SETTINGS),
        "slos": many(
            closed(
                {
                    "name": TEXT,
                    "services": TEXTS,
                    "objective": PERCENT,
                    "window": SECONDS,
                    "latency_ms": maybe(MS),
                }
            )
        ),
    },
    about="The settings that the numbers depend on.",
)
INPUTS = closed(
    {
        "digest": DIGEST,
        "rows": COUNT,
        "tables": by_name(COUNT),
        "newest_rows": maybe(by_name(COUNT)),
        "settings": _SETTINGS,
    },
    about="What the report was made of; 'export verify' computes it again from raw rows.",
)
ACCOUNTING = closed(
    {
        "policy": TEXT,
        "interval_factor": NUMBER,
        "formula": TEXT,
        "intervals": COUNT,
        **each(("service_seconds", "measured_seconds"), SECONDS),
        **each(("coverage_percent", "worst_case_percent"), maybe(PERCENT)),
    },
    about="How availability is counted, and over how much.",
)
HEAD = {
    "schema_version": {"const": 1},
    "generated_at": {**TIME, "description": "When the file was made."},
    "as_of": {**TIME, "description": "The window's end: all else is what was known then."},
    **each(("amt_version", "version", "time_zone"), TEXT),
    "window": WINDOW,
    "measured_until": maybe(TIME),
    "coverage_percent": maybe(PERCENT),
    "deleted": many(
        closed({"what": TEXT, "before": TIME}), about="Raw rows of the window that retention has deleted since."
    ),
    "inputs": INPUTS,
    "accounting": ACCOUNTING,
    "simulated": FLAG,
    "simulated_until": maybe(TIME),
    "verdict": VERDICT,
}
_ALERT = {
    "id": maybe(COUNT),
    "alert_type": one_of(AlertType),
    "severity": SEVERITY,
    **each(("subject", "message"), TEXT),
    "state": one_of(AlertState),
    "opened_at": TIME,
    **each(("fired_at", "resolved_at", "acknowledged_at"), maybe(TIME)),
    "resolution": maybe(one_of(Resolution)),
    **each(("acknowledged_by", "note"), maybe(TEXT)),
    "escalation_level": COUNT,
    **each(("value", "threshold"), maybe(NUMBER)),
    "simulated": FLAG,
}
_EVENT = closed(
    {
        "seq": COUNT,
        "at": TIME,
        "kind": TEXT,
        "state": one_of(AlertState),
        "severity": SEVERITY,
        "message": TEXT,
        **each(("actor", "note"), maybe(TEXT)),
        "value": maybe(NUMBER),
    }
)
ALERT = closed(_ALERT, about="As in 'alerts list --json'.")
ALERT_WITH_EVENTS = closed({**_ALERT, "events": many(_EVENT)})
HANDLING = closed(
    {
        **each(("fired", "critical", "warning", "info", "acknowledged", "resolved", "still_open"), COUNT),
        **each(
            (
                "mean_seconds_to_acknowledge",
                "median_seconds_to_acknowledge",
                "mean_seconds_to_resolve",
                "median_seconds_to_resolve",
            ),
            maybe(SECONDS),
        ),
    }
)
RECOMMENDATION = closed(
    {
        **each(("rule", "subject", "advice"), TEXT),
        "severity": SEVERITY,
        **each(("followers", "evidence"), TEXTS),
        **each(("effect", "verify"), TEXT),
        "change": maybe(TEXT),
    },
)
FORECAST = closed(
    {
        "method": maybe(TEXT),
        "mase": maybe(NUMBER),
        "coverage_percent": maybe(PERCENT),
        "points": many(closed({"at": TIME, **each(("value", "low", "high"), maybe(NUMBER))})),
        "reason": TEXT,
    },
    {"full_at": maybe(TIME)},
    about="No points where it does not beat seasonal-naive.",
)
_HOURS = many(closed({"hour": HOUR, "mean": maybe(NUMBER)}))
RESOURCE = closed(
    {
        "name": one_of(("cpu", "memory", "disk", "connections")),
        **each(("mean", "p95", "max", "limit"), maybe(NUMBER)),
        "busiest_hour": maybe(closed({"hour": HOUR, "mean": maybe(NUMBER)})),
        **each(("saturated_percent", "saturated_seconds", "headroom"), maybe(NUMBER)),
        "hours": _HOURS,
        "weekdays": many(
            closed({"weekday": one_of(("mon", "tue", "wed", "thu", "fri", "sat", "sun")), "mean": maybe(NUMBER)})
        ),
        "forecast": maybe(FORECAST),
    },
    about="The forecast is that of the disk.",
)
HOST = closed(
    {
        "timestamp": TIME,
        **each(("cpu_usage", "memory_usage", "disk_usage"), maybe(NUMBER)),
        "disks": many(closed({"mount": TEXT, "percent": maybe(NUMBER)})),
        "active_connections": maybe(COUNT),
    }
)
LABELLED = many(closed({"label": TEXT, "value": maybe(NUMBER)}))
FIGURE = closed(
    {"unit": TEXT, "value": {"anyOf": [NUMBER, {"type": "null"}, LABELLED]}},
    {
        **each(("mean", "previous_mean", "change_percent"), maybe(NUMBER)),
        **each(("reason", "remark", "suspect"), TEXT),
    },
    about="A single number or labelled numbers. A missing value has a reason.",
)
MEASURE = closed(
    {**each(("name", "label", "unit"), TEXT), **each(("value", "previous"), maybe(NUMBER)), "change": maybe(TEXT)},
    {"reason": TEXT},
)
GAP = closed({"started_at": TIME, "ended_at": TIME, "reason": TEXT})
FINDING = closed(
    {
        "kind": one_of(
            (
                "trend",
                "change_point",
                "anomaly",
                "incident",
                "noisy_alert",
                "disk_full",
                "saturation",
                "correlation",
            )
        ),
        "subject": TEXT,
        "evidence": TEXTS,
    },
    {"at": maybe(TIME), "since": TIME, "until": maybe(TIME), "p_value": P_VALUE},
)
BUDGET = closed(
    {
        **each(("slo", "service"), TEXT),
        "objective_percent": PERCENT,
        "window_seconds": SECONDS,
        "latency_ms": maybe(MS),
        **each(("checks", "bad"), COUNT),
        **each(("budget_seconds", "used_seconds", "remaining_seconds", "used_percent"), maybe(NUMBER)),
        "burn": many(closed({"seconds": SECONDS, "rate": maybe(NUMBER)})),
    }
)
FREQUENCY = closed(
    {
        "per_day": maybe(NUMBER),
        "days": many(closed({"start": TIME, "count": COUNT})),
        "trend": maybe(DAY_TREND),
    }
)
COMPARED = closed(
    {
        "rank": COUNT,
        "name": TEXT,
        **each(("p50_ms", "p95_ms"), maybe(MS)),
        **each(("times_median", "checks_per_hour"), maybe(NUMBER)),
        **each(("error_rate_percent", "availability_percent"), maybe(PERCENT)),
    }
)
THROUGHPUT = closed(
    {
        "checks": COUNT,
        **each(("checks_per_hour", "requests_per_minute", "requests_per_minute_before"), maybe(NUMBER)),
    }
)
DISK = closed(
    {
        **each(("used_percent", "points_per_day"), maybe(NUMBER)),
        "p_value": maybe(P_VALUE),
        "full_at": maybe(TIME),
        "reason": TEXT,
    }
)
SLOWNESS = closed(
    {
        **each(("service", "resource"), TEXT),
        "rank_correlation": NUMBER,
        "p_value": P_VALUE,
        "points": COUNT,
        **each(("busy_ms", "calm_ms"), maybe(MS)),
    }
)
ALERT_RULE = closed(
    {
        **each(("rule", "subject"), TEXT),
        "alert_type": one_of(AlertType),
        **each(
            ("fired", "acknowledged", "short", "refired", "rated_noise", "rated_actionable", "noise"),
            COUNT,
        ),
        "refire_percent": maybe(PERCENT),
        "noisy": FLAG,
        "median_seconds": maybe(SECONDS),
        **each(("first_fired_at", "last_fired_at"), maybe(TIME)),
    }
)
RESPONDER = closed(
    {"person": TEXT, "acknowledged": COUNT, **each(("median_seconds", "slowest_seconds"), maybe(SECONDS))}
)
BEHAVIOUR = closed(
    {
        "figures": many(
            closed(
                {
                    "kind": one_of(FigureKind),
                    "name": TEXT,
                    "readings": COUNT,
                    **each(("mean", "previous_mean", "median", "low", "high"), maybe(NUMBER)),
                    "unusual": many(UNUSUAL),
                }
            )
        ),
        **each(("topics", "feedback"), LABELLED),
    }
)


def history() -> Schema:
    """Moments and values."""
    return many(
        {"type": "array", "prefixItems": [TIME, maybe(NUMBER)], "items": False, "minItems": 2},
        about="Pairs of a time and a value, oldest first.",
    )
