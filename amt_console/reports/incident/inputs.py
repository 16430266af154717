"""What the report of an incident is made of: its digest, and the settings that it was read with."""

from __future__ import annotations

from typing import Any

from amt_console.analysis.uptime.availability import METHOD
from amt_console.analysis.uptime.policies import DECLARED, INTERVAL_FACTOR
from amt_console.clock import micros
from amt_console.reports.gathering.inputs import Inputs, InputsDigest, alert_facts, service_settings
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.times import Times

FORM = "amt-incident-inputs 1"
"""Name of the canonical form; it grows when the form changes."""


def incident_inputs(data: IncidentData) -> Inputs:
    """The inputs of cleaned data: rows, the handling up to when it was made, and what was measured."""
    tables = dict(sorted(data.rows.items()))
    digest = InputsDigest()
    digest.add(FORM, micros(data.since), micros(data.until))
    for name, count in tables.items():
        digest.add("rows", name, count)
    digest.add("alert", *alert_facts(data.episode, data.events))
    for each in data.followers:
        digest.add("follower", *alert_facts(each, ()))
    for change in data.changes:
        digest.add("change", micros(change.at), change.service, change.state.value, change.error)
    for probe in data.probes:
        digest.add("probe", micros(probe.timestamp), probe.service, probe.state.value, probe.response_time_ms)
    for impact in data.impact:
        seconds = (impact.down_s, impact.degraded_s, impact.unknown_s)
        digest.add("impact", impact.service, impact.checks, impact.failed, *(round(each * 1e6) for each in seconds))
    for moved in data.moved:
        values = (repr(each) for each in (moved.strength, moved.value, moved.usual))
        digest.add("moved", moved.subject, moved.signal, micros(moved.onset), *values)
    for gap in data.gaps:
        digest.add("gap", micros(gap.started_at), micros(gap.ended_at), gap.reason.value)
    return Inputs(digest.text(), tables)


def incident_inputs_json(data: IncidentData, times: Times) -> dict[str, Any]:
    """The block ``inputs`` of a document. ``data`` is cleaned."""
    inputs = incident_inputs(data)
    return {
        "digest": inputs.digest,
        "rows": inputs.rows,
        "tables": dict(inputs.tables),
        "since": times.iso(data.since),
        "until": times.iso(data.until),
        "newest_rows": None if data.newest_rows is None else dict(data.newest_rows),
        "settings": {
            "results_kept_seconds": data.results_kept_s,
            "limits": dict(data.limits),
            "services": [service_settings(each) for each in data.watched],
        },
    }


def incident_accounting(data: IncidentData) -> dict[str, Any]:
    """How the impact is counted, and over how much."""
    return {
        "policy": DECLARED,
        "interval_factor": INTERVAL_FACTOR,
        "formula": METHOD,
        "intervals": sum(each.checks for each in data.impact),
        "unknown_seconds": round(sum(each.unknown_s for each in data.impact), 3),
        "exact": all(each.exact for each in data.impact),
    }
