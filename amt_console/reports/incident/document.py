"""The report of an incident for programs."""

from __future__ import annotations

from typing import Any

from amt_console.analysis import correlation
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.incident.inputs import incident_accounting, incident_inputs_json
from amt_console.reports.incident.response import response
from amt_console.reports.incident.timeline import timeline
from amt_console.reports.incident.words import FILL_IN, is_figure, length_s, verdict
from amt_console.reports.times import Times

SCHEMA_VERSION = 1


def incident_document(data: IncidentData, times: Times) -> dict[str, Any]:
    """The document. ``data`` is cleaned."""
    episode, said, taken = data.episode, verdict(data), response(data)
    return {
        "report": "incident",
        "schema_version": SCHEMA_VERSION,
        "generated_at": times.iso(data.made_at),
        "amt_version": data.version,
        "as_of": times.iso(data.as_of),
        "time_zone": times.name,
        "version": data.version,
        "window": {"start": times.iso(episode.opened_at), "end": times.iso(data.ended_at)},
        "inputs": incident_inputs_json(data, times),
        "accounting": incident_accounting(data),
        "verdict": {"state": said.tone.value, "word": said.word, "sentence": said.sentence},
        "asked_alert_id": data.asked,
        "so_far": data.open,
        "simulated": episode.simulated,
        "raw_results_deleted": data.raw_deleted,
        "alert": {
            "id": episode.id,
            "alert_type": episode.alert_type.value,
            "severity": episode.severity.value,
            "rule": episode.rule_id,
            "subject": episode.subject,
            "message": episode.message,
            "state": episode.state.value,
            "opened_at": times.iso(episode.opened_at),
            "fired_at": times.iso(episode.fired_at),
            "resolved_at": times.iso(episode.resolved_at),
            "duration_seconds": _rounded(length_s(data)),
            "resolution": None if episode.resolution is None else episode.resolution.value,
            "rating": None if episode.rating is None else episode.rating.value,
            "note": episode.note,
            "value": _rounded(episode.value),
            "threshold": _rounded(episode.threshold),
            "runbook": episode.runbook,
        },
        "response": {
            "confirmed_seconds": _rounded(taken.confirmed_s),
            "told_seconds": _rounded(taken.told_s),
            "acknowledged_seconds": _rounded(taken.acknowledged_s),
            "resolved_seconds": _rounded(taken.resolved_s),
            "owners": [
                {"person": owner.name, "from": times.iso(owner.since), "until": times.iso(owner.until)}
                for owner in taken.owners
            ],
        },
        "impact": {
            "services": [
                {
                    "service": each.service,
                    "down_seconds": _rounded(each.down_s),
                    "degraded_seconds": _rounded(each.degraded_s),
                    "unknown_seconds": _rounded(each.unknown_s),
                    "checks": each.checks,
                    "failed_checks": each.failed,
                    "exact": each.exact,
                }
                for each in data.impact
            ],
            "followers": [
                {
                    "alert_id": each.id,
                    "subject": each.subject,
                    "message": each.message,
                    "severity": each.severity.value,
                    "opened_at": times.iso(each.opened_at),
                    "resolved_at": times.iso(each.resolved_at),
                    "acknowledged_by": each.acknowledged_by,
                }
                for each in data.followers
            ],
            "figures": [
                {
                    "kind": each.subject,
                    "name": each.signal,
                    "usual": _rounded(each.usual),
                    "value": _rounded(each.value),
                    "fell": each.value < each.usual,
                }
                for each in data.moved
                if is_figure(each, data)
            ],
        },
        "timeline": [
            {
                "at": times.iso(each.at),
                "seconds": _rounded((each.at - episode.opened_at).total_seconds()),
                "source": each.source.value,
                "subject": each.subject,
                "who": each.who,
                "what": each.what,
            }
            for each in timeline(data)
        ],
        "moved_together": [
            {
                "subject": each.subject,
                "signal": each.signal,
                "strength": each.strength,
                "onset": times.iso(each.onset),
                "value": _rounded(each.value),
                "usual": _rounded(each.usual),
            }
            for each in data.moved
        ],
        "moved_together_method": correlation.METHOD,
        "evidence": {
            "at": times.iso(data.evidence.at) if data.evidence is not None else None,
            "facts": dict(evidence_facts(data.evidence)) if data.evidence is not None else {},
            "answer": data.answer.text if data.answer is not None else None,
            "answer_at": times.iso(data.answer.at) if data.answer is not None else None,
            "answer_unavailable": data.answer.unavailable if data.answer is not None else None,
        },
        "messages": [
            {
                "id": each.id,
                "kind": each.kind.value,
                "channel": each.channel,
                "receiver": each.receiver,
                "state": each.state.value,
                "reason": each.reason,
                "created_at": times.iso(each.created_at),
                "delivered_at": times.iso(each.delivered_at),
                "attempts": len(each.attempts),
            }
            for each in data.deliveries
        ],
        "fill_in": [heading for heading, _ in FILL_IN],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
