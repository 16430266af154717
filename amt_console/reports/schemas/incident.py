"""The schema of ``export incident --format json``."""

from __future__ import annotations

from amt_console.model import AlertState, AlertType, Rating, Resolution
from amt_console.reports.schemas.parts import DIGEST, SERVICE_SETTINGS, SEVERITY, VERDICT
from amt_console.reports.schemas.shapes import (
    COUNT,
    FLAG,
    NUMBER,
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

_ALERT = closed(
    {
        "id": maybe(COUNT),
        "alert_type": one_of(AlertType),
        "severity": SEVERITY,
        **each(("rule", "subject", "message"), TEXT),
        "state": one_of(AlertState),
        "opened_at": TIME,
        **each(("fired_at", "resolved_at"), maybe(TIME)),
        "duration_seconds": maybe(SECONDS),
        "resolution": maybe(one_of(Resolution)),
        "rating": maybe(one_of(Rating)),
        **each(("note", "runbook"), maybe(TEXT)),
        **each(("value", "threshold"), maybe(NUMBER)),
    }
)
_RESPONSE = closed(
    {
        **each(
            ("confirmed_seconds", "told_seconds", "acknowledged_seconds", "resolved_seconds"),
            maybe(NUMBER),
        ),
        "owners": many(closed({"person": TEXT, "from": TIME, "until": maybe(TIME)})),
    }
)
_IMPACT = closed(
    {
        "services": many(
            closed(
                {
                    "service": TEXT,
                    **each(("down_seconds", "degraded_seconds", "unknown_seconds"), maybe(SECONDS)),
                    **each(("checks", "failed_checks"), COUNT),
                    "exact": FLAG,
                }
            )
        ),
        "followers": many(
            closed(
                {
                    "alert_id": maybe(COUNT),
                    **each(("subject", "message"), TEXT),
                    "severity": SEVERITY,
                    "opened_at": TIME,
                    "resolved_at": maybe(TIME),
                    "acknowledged_by": maybe(TEXT),
                }
            )
        ),
        "figures": many(
            closed({**each(("kind", "name"), TEXT), **each(("usual", "value"), maybe(NUMBER)), "fell": FLAG})
        ),
    }
)
_MOVED = closed(
    {
        **each(("subject", "signal"), TEXT),
        "strength": NUMBER,
        "onset": TIME,
        **each(("value", "usual"), maybe(NUMBER)),
    },
    about="What moved when the incident began; nothing is said of a cause.",
)
_INPUTS = closed(
    {
        "digest": DIGEST,
        "rows": COUNT,
        "tables": by_name(COUNT),
        **each(("since", "until"), TIME),
        "newest_rows": maybe(by_name(COUNT)),
        "settings": closed(
            {"results_kept_seconds": NUMBER, "limits": by_name(NUMBER), "services": many(SERVICE_SETTINGS)},
            about="The settings that the numbers depend on.",
        ),
    },
    about="What the report was made of; 'export verify' computes it again from raw rows.",
)
_ACCOUNTING = closed(
    {
        **each(("policy", "formula"), TEXT),
        "interval_factor": NUMBER,
        "intervals": COUNT,
        "unknown_seconds": SECONDS,
        "exact": {**FLAG, "description": "Whether no sums of longer times stand for deleted ones."},
    },
    about="How the impact is counted, and over how much.",
)
INCIDENT_DOCUMENT = closed(
    {
        "report": {"const": "incident"},
        "schema_version": {"const": 1},
        **each(("generated_at", "as_of"), TIME),
        **each(("amt_version", "version", "time_zone"), TEXT),
        "inputs": _INPUTS,
        "accounting": _ACCOUNTING,
        "window": closed({"start": TIME, "end": maybe(TIME)}),
        "verdict": VERDICT,
        "asked_alert_id": maybe(COUNT),
        **each(("so_far", "simulated", "raw_results_deleted"), FLAG),
        "alert": _ALERT,
        "response": _RESPONSE,
        "impact": _IMPACT,
        "timeline": many(
            closed(
                {"at": TIME, "seconds": NUMBER, "source": TEXT, **each(("subject", "who"), maybe(TEXT)), "what": TEXT}
            )
        ),
        "moved_together": many(_MOVED),
        "moved_together_method": TEXT,
        "evidence": closed(
            {
                **each(("at", "answer_at"), maybe(TIME)),
                "facts": by_name({}),
                "answer": maybe(TEXT),
                "answer_unavailable": maybe(TEXT),
            }
        ),
        "messages": many(
            closed(
                {
                    "id": COUNT,
                    **each(("kind", "channel", "state"), TEXT),
                    **each(("receiver", "reason"), maybe(TEXT)),
                    "created_at": TIME,
                    "delivered_at": maybe(TIME),
                    "attempts": COUNT,
                }
            )
        ),
        "fill_in": TEXTS,
    }
)
