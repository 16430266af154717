"""JSON of deliveries and of the decisions about an alert, for ``--json`` and the API. Keys are stable."""

from __future__ import annotations

from typing import Any

from amt_console.model.notifications import Decision, Delivery
from amt_console.model.why import AlertWhy, Observed
from amt_console.operations.json_views import iso


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """One row of ``notify log --json``."""
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "alert_type": None if delivery.alert_type is None else delivery.alert_type.value,
        "subject": delivery.subject,
        "kind": delivery.kind.value,
        "channel": delivery.channel,
        "receiver": delivery.receiver,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "attempts": [
            {"at": iso(attempt.at), "status": attempt.status, "error": attempt.error} for attempt in delivery.attempts
        ],
        "created_at": iso(delivery.created_at),
        "delivered_at": iso(delivery.delivered_at),
        "next_at": iso(delivery.next_at),
        "batch": delivery.batch,
    }


def why_json(why: AlertWhy) -> dict[str, Any]:
    """The document of ``alerts why --json``."""
    return {
        "alert_id": why.episode.id,
        "rule": why.episode.rule_id,
        "decisions": [_decision_json(decision) for decision in why.decisions],
        "observations": [_observed_json(observed) for observed in why.observations],
        "deliveries": [delivery_json(delivery) for delivery in why.deliveries],
    }


def _decision_json(decision: Decision) -> dict[str, Any]:
    return {
        "at": iso(decision.at),
        "stage": decision.stage.value,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
        "detail": decision.detail,
    }


def _observed_json(observed: Observed) -> dict[str, Any]:
    return {
        "at": iso(observed.at),
        "kind": observed.kind,
        "state": observed.state,
        "message": observed.message,
        "value": observed.value,
        "detail": dict(observed.detail),
    }
