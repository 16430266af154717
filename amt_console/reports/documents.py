"""The JSON reports: the same view model as the pages, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from amt_console.analysis import ResourcePattern
from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.model import Figure, FigureKind
from amt_console.reports.analysis_documents import (
    accounting_json,
    behaviour_json,
    budget_json,
    compared_json,
    disk_json,
    finding_json,
    frequency_json,
    policies_json,
    recommendation_json,
    reliability_json,
    responder_json,
    rounded,
    rule_json,
    slowness_json,
    throughput_json,
)
from amt_console.reports.figures import info
from amt_console.reports.gathering.data import AlertRecord
from amt_console.reports.gathering.inputs import inputs_json
from amt_console.reports.measures import MOST_ADVICE, Measure, money_measures, quality_measures
from amt_console.reports.service_documents import (
    availability_json,
    handling_json,
    host_json,
    incident_json,
    outage_json,
    resource_json,
    service_json,
    service_now_json,
)
from amt_console.reports.tone import ReportVerdict
from amt_console.reports.view import ReportView

SCHEMA_VERSION = 1

Document = dict[str, Any]
_FLAT = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, check_circular=False)
_BETWEEN = "}, {"
_CONTAINERS = frozenset((dict, list))


def encoded(document: Document) -> bytes:
    """UTF-8 with sorted keys, flat objects and lists on one line. Raises ValueError for NaN and infinity."""
    parts: list[str] = []
    _write(document, "\n", parts.append)
    return ("".join(parts) + "\n").encode("utf-8")


def _write(value: Any, newline: str, add: Callable[[str], None]) -> None:
    """Containers of containers over several lines, flat ones on one: quick, and still good to compare by line."""
    is_object = isinstance(value, dict)
    if not (is_object or isinstance(value, list)) or _CONTAINERS.isdisjoint(
        map(type, value.values() if is_object else value)
    ):
        add(_FLAT.encode(value))
        return
    inner = newline + "  "
    if not is_object and (text := _flat_objects(value, inner)) is not None:
        add("[" + inner + text + newline + "]")
        return
    before = "{" if is_object else "["
    for name in sorted(value) if is_object else range(len(value)):
        add(before + inner)
        if is_object:
            add(_FLAT.encode(name) + ": ")
        _write(value[name], inner, add)
        before = ","
    add(newline + ("}" if is_object else "]"))


def _flat_objects(value: list[Any], newline: str) -> str | None:
    """Flat objects, each on a line, encoded at once: there are tens of thousands. ``None`` for any other list."""
    if any(type(item) is not dict or not _CONTAINERS.isdisjoint(map(type, item.values())) for item in value):
        return None
    text = _FLAT.encode(value)[1:-1]
    # A text that holds what parts the objects would be broken.
    return text.replace(_BETWEEN, "}," + newline + "{") if text.count(_BETWEEN) == len(value) - 1 else None


def executive_summary(view: ReportView, verdict: ReportVerdict) -> Document:
    """Verdict, key figures, measures beside those before, what is open, incidents, the three first recommendations."""
    analysis = view.analysis
    names = {
        FigureKind.OVERVIEW: ("total_users", "daily_active_users", "monthly_active_users", "conversion_rate"),
        FigureKind.CHATBOT: ("conversations", "satisfaction", "resolution_rate"),
        FigureKind.REVENUE: ("mrr", "arr", "churn_rate", "arpu"),
    }
    return {
        **_head(view, "executive_summary", verdict),
        "key_figures": {
            kind.value: {name: _figure(view, kind, name) for name in chosen} for kind, chosen in names.items()
        },
        "availability": availability_json(analysis.availability),
        "previous_availability": availability_json(analysis.previous_availability),
        "uptime_target_percent": view.data.limits.uptime_percent,
        "services": {
            state: sum(service.state.value == state for service in view.data.services)
            for state in ("up", "degraded", "down", "unknown", "maintenance")
        },
        "incidents": [incident_json(incident, view) for incident in analysis.incidents],
        "outages": [outage_json(outage, view) for outage in analysis.outages],
        "quality": [measure_json(measure) for measure in quality_measures(view)],
        "money": [measure_json(measure) for measure in money_measures(view)],
        "forecasts": forecasts_json(view, tuple(names)),
        "attention": [alert_json(record, view, events=False) for record in view.open_alerts],
        "alerts": handling_json(analysis.handling),
        "recommendations": [recommendation_json(advice) for advice in analysis.recommendations[:MOST_ADVICE]],
    }


def measure_json(measure: Measure) -> Document:
    """One measure of the window beside the one before."""
    document: Document = {
        "name": measure.name,
        "label": measure.label,
        "unit": measure.unit,
        "value": rounded(measure.value, 4),
        "previous": rounded(measure.before, 4),
        "change": measure.change or None,
    }
    if measure.reason:
        document["reason"] = measure.reason
    return document


def monitoring_report(view: ReportView) -> Document:
    """Services, alerts with their events, resources, gaps, coverage, and the monitor itself."""
    data, times, monitor = view.data, view.times, view.data.monitor
    return {
        **_head(view, "monitoring_report", view.verdict),
        "monitor": {
            "state": monitor.state.value,
            "host": monitor.host,
            "pid": monitor.pid,
            "started_at": times.iso(monitor.started_at),
            "last_cycle_at": times.iso(monitor.last_cycle_at),
        },
        "services": [
            service_now_json(record, found, view)
            for record, found in zip(data.services, view.analysis.services, strict=True)
        ],
        "alerts": [alert_json(record, view, events=True) for record in view.window_alerts],
        "alert_handling": handling_json(view.analysis.handling),
        "incidents": [incident_json(incident, view) for incident in view.analysis.incidents],
        "resources": [_resource(pattern, view) for pattern in view.analysis.resources],
        "resources_now": host_json(data.host_now, view),
        "gaps": [
            {"started_at": times.iso(gap.started_at), "ended_at": times.iso(gap.ended_at), "reason": gap.reason.value}
            for gap in data.gaps
            if gap.ended_at > data.window.start and gap.started_at < data.window.end
        ],
        "limits": _limits(view),
    }


def performance_report(view: ReportView) -> Document:
    """The whole analysis: findings, latency, trends, availability, incidents, resources, alerts, behaviour, advice."""
    analysis, times = view.analysis, view.times
    return {
        **_head(view, "performance_analysis", view.verdict),
        "availability": availability_json(analysis.availability),
        "previous_availability": availability_json(analysis.previous_availability),
        "services": [service_json(service, view) for service in analysis.services],
        "incidents": [incident_json(incident, view) for incident in analysis.incidents],
        "unconfirmed_failures": [incident_json(blip, view) for service in analysis.services for blip in service.blips],
        "outages": [outage_json(outage, view) for outage in analysis.outages],
        "resources": [_resource(pattern, view) for pattern in analysis.resources],
        "alert_handling": handling_json(analysis.handling),
        "previous_alert_handling": handling_json(analysis.previous_handling),
        "recommendations": [recommendation_json(advice) for advice in analysis.recommendations],
        "findings": [finding_json(finding, times) for finding in analysis.findings],
        "policies": policies_json(analysis.policies),
        "budgets": [budget_json(budget) for budget in analysis.budgets],
        "reliability": reliability_json(analysis.reliability),
        "outage_frequency": frequency_json(analysis.frequency, times),
        "comparison": [compared_json(each) for each in analysis.comparison],
        "throughput": throughput_json(view),
        "disk": disk_json(analysis.disk, times),
        "slow_with": [slowness_json(one) for one in analysis.slow_with],
        "alert_rules": [rule_json(record, times) for record in analysis.rules],
        "responders": [responder_json(each) for each in analysis.responders],
        "behaviour": behaviour_json(view),
        "limits": _limits(view),
    }


def figures_report(view: ReportView, name: str, kinds: tuple[FigureKind, ...], verdict: ReportVerdict) -> Document:
    """The platform's figures of a dashboard, with their history over the window."""
    return {
        **_head(view, name, verdict),
        "figures": {
            kind.value: {
                figure: _figure(view, kind, figure) for figure in (source.figures if source is not None else ())
            }
            for kind in kinds
            for source in (view.business(kind),)
        },
        "read_at": {
            kind.value: view.times.iso(source.timestamp) if (source := view.business(kind)) else None for kind in kinds
        },
        "history": {
            kind.value: {
                figure: [[view.times.iso(at), value] for at, value in view.history(kind, figure)]
                for known, figure in sorted(view.data.history)
                if known is kind
            }
            for kind in kinds
        },
        "forecasts": forecasts_json(view, kinds),
    }


def _resource(pattern: ResourcePattern, view: ReportView) -> Document:
    """A resource; the disk with its forecast and the time when it is full."""
    course = view.analysis.disk
    is_disk = pattern.name == "disk"
    forecast = forecast_json(course.forecast, view) | {"full_at": view.times.iso(course.full_at)} if is_disk else None
    return resource_json(pattern, view.data.limits) | {"forecast": forecast}


def forecasts_json(view: ReportView, kinds: tuple[FigureKind, ...]) -> Document:
    """The forecasts of the figures of these kinds, by the figure's name."""
    return {name: forecast_json(found, view) for (kind, name), found in view.forecasts.items() if kind in kinds}


def forecast_json(forecast: Forecast, view: ReportView) -> Document:
    """A forecast with its bands and its error; no points where the back-test does not bear one."""
    return {
        "method": forecast.method,
        "mase": rounded(forecast.mase, 4),
        "coverage_percent": rounded(forecast.coverage_percent, 4),
        "points": [
            {
                "at": view.times.iso(point.at),
                "value": rounded(point.value, 4),
                "low": rounded(point.low, 4),
                "high": rounded(point.high, 4),
            }
            for point in forecast.points
        ],
        "reason": forecast.reason,
    }


def alert_json(record: AlertRecord, view: ReportView, *, events: bool) -> Document:
    """One alert; the keys of ``alerts list --json``, and its events."""
    episode, iso = record.episode, view.times.iso
    document: Document = {
        "id": episode.id,
        "alert_type": episode.alert_type.value,
        "severity": episode.severity.value,
        "subject": episode.subject,
        "message": episode.message,
        "state": episode.state.value,
        "opened_at": iso(episode.opened_at),
        "fired_at": iso(episode.fired_at),
        "resolved_at": iso(episode.resolved_at),
        "resolution": episode.resolution.value if episode.resolution else None,
        "acknowledged_by": episode.acknowledged_by,
        "acknowledged_at": iso(episode.acknowledged_at),
        "note": episode.note,
        "escalation_level": episode.escalation_level,
        "value": episode.value,
        "threshold": episode.threshold,
        "simulated": episode.simulated,
    }
    if events:
        document["events"] = [
            {
                "seq": event.seq,
                "at": iso(event.at),
                "kind": event.kind,
                "state": event.state.value,
                "severity": event.severity.value,
                "message": event.message,
                "actor": event.actor,
                "note": event.note,
                "value": event.value,
            }
            for event in record.events
        ]
    return document


def _head(view: ReportView, report: str, verdict: ReportVerdict) -> Document:
    data, times = view.data, view.times
    coverage = view.analysis.availability.coverage_percent
    return {
        "schema_version": SCHEMA_VERSION,
        "report": report,
        "generated_at": times.iso(data.made_at),
        "as_of": times.iso(data.window.end),
        "amt_version": data.version,
        "version": data.version,
        "time_zone": times.name,
        "window": {
            "start": times.iso(data.window.start),
            "end": times.iso(data.window.end),
            "hours": round(data.window.hours, 4),
            "step_seconds": data.window.step,
        },
        "measured_until": times.iso(data.measured_until),
        "coverage_percent": None if coverage is None else round(coverage, 4),
        "deleted": [{"what": each.what, "before": times.iso(each.before)} for each in data.deleted],
        "inputs": inputs_json(data, view.inputs),
        "accounting": accounting_json(view.analysis),
        "simulated": view.simulated,
        "simulated_until": times.iso(data.simulated_until),
        "verdict": {
            "state": verdict.tone.value,
            "word": verdict.word,
            "sentence": verdict.sentence,
        },
    }


def _figure(view: ReportView, kind: FigureKind, name: str) -> Document:
    figure = view.figure(kind, name)
    unit = figure.unit if figure is not None and figure.unit is not None else str(info(kind, name).unit)
    document: Document = {"unit": unit, "value": _plain(figure)}
    if figure is None or not isinstance(figure.value, tuple):
        moved = view.change(kind, name)
        document["mean"] = rounded(view.data.means.get((kind, name)), 4)
        document["previous_mean"] = rounded(moved.before, 4) if moved else None
        document["change_percent"] = rounded(moved.relative_percent, 4) if moved else None
    if document["value"] is None:
        document["reason"] = view.why_missing(kind, name)
    elif figure is not None and figure.reason:
        document["remark"] = figure.reason
    if figure is not None and figure.suspect:
        document["suspect"] = figure.suspect
    return document


def _plain(figure: Figure | None) -> Any:
    if figure is None:
        return None
    if isinstance(figure.value, tuple):
        return [{"label": label, "value": value} for label, value in figure.value]
    return figure.value


def _limits(view: ReportView) -> Document:
    limits = view.data.limits
    return {
        "response_time_warning_ms": limits.response_time_warning_ms,
        "response_time_ms": limits.response_time_ms,
        "error_rate_warning_percent": limits.error_rate_warning_percent,
        "error_rate_percent": limits.error_rate_percent,
        "cpu_usage_percent": limits.cpu_usage_percent,
        "memory_usage_percent": limits.memory_usage_percent,
        "disk_usage_percent": limits.disk_usage_percent,
        "uptime_percent": limits.uptime_percent,
    }
