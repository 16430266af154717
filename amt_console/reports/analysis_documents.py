"""Parts of the JSON reports that tell why: findings, accounting, budgets, alerts by rule, the host, behaviour."""

from __future__ import annotations

from typing import Any

from amt_console.analysis import ErrorBudget, Finding, PerformanceAnalysis, Recommendation, UptimeByPolicy
from amt_console.analysis.alert_noise import Responder, RuleRecord
from amt_console.analysis.behaviour import FigureBehaviour
from amt_console.analysis.change_points import ChangePoint
from amt_console.analysis.comparison import Compared
from amt_console.analysis.disks import DiskCourse
from amt_console.analysis.phases import PhaseSummary
from amt_console.analysis.slowness import Slowness
from amt_console.analysis.trend import Trend
from amt_console.analysis.unusual import Unusual
from amt_console.analysis.uptime.availability import METHOD
from amt_console.analysis.uptime.policies import DECLARED, INTERVAL_FACTOR
from amt_console.analysis.uptime.reliability import Frequency, Reliability
from amt_console.model import FigureKind
from amt_console.reports.times import Times
from amt_console.reports.view import ReportView

Document = dict[str, Any]


def accounting_json(analysis: PerformanceAnalysis) -> Document:
    """How availability is counted, and over how much."""
    parts = analysis.availability
    return {
        "policy": DECLARED,
        "interval_factor": INTERVAL_FACTOR,
        "formula": METHOD,
        "intervals": sum(service.latency.samples for service in analysis.services),
        "service_seconds": rounded(parts.window_s),
        "measured_seconds": rounded(parts.measured_s),
        "coverage_percent": rounded(parts.coverage_percent, 4),
        "worst_case_percent": rounded(parts.worst_case_percent, 4),
    }


def policies_json(policies: UptimeByPolicy) -> Document:
    """Percentages; ``null`` where the denominator is empty."""
    return {
        "raw": rounded(policies.raw, 4),
        "rechecked": rounded(policies.rechecked, 4),
        "without_maintenance": rounded(policies.without_maintenance, 4),
        "without_unknown": rounded(policies.without_unknown, 4),
    }


def finding_json(finding: Finding, times: Times) -> Document:
    """One finding, with ``at`` or with ``since`` and ``until``."""
    document: Document = {
        "kind": finding.kind.value,
        "subject": finding.subject,
        "evidence": list(finding.evidence),
    }
    if finding.since is None:
        document["at"] = times.iso(finding.at)
    else:
        document["since"], document["until"] = times.iso(finding.since), times.iso(finding.until)
    if finding.p_value is not None:
        document["p_value"] = significant(finding.p_value)
    return document


def recommendation_json(advice: Recommendation) -> Document:
    """One piece of advice with its evidence, effect, check and configuration change."""
    return {
        "rule": advice.rule,
        "severity": advice.severity.value,
        "subject": advice.subject,
        "followers": list(advice.followers),
        "advice": advice.advice,
        "evidence": list(advice.evidence),
        "effect": advice.effect,
        "verify": advice.verify,
        "change": advice.change,
    }


def reliability_json(found: Reliability) -> Document:
    """Frequency and length of incidents; seconds."""
    return {
        "incidents": found.incidents,
        "mtbf_seconds": rounded(found.mtbf_s),
        "mttr_seconds": rounded(found.mttr_s),
        "causes": dict(found.causes),
    }


def frequency_json(found: Frequency, times: Times) -> Document:
    """Outages per day, and whether they become more frequent."""
    return {
        "per_day": rounded(found.per_day, 4),
        "days": [{"start": times.iso(start), "count": count} for start, count in found.days],
        "trend": None if found.trend is None else _plain_trend(found.trend),
    }


def budget_json(budget: ErrorBudget) -> Document:
    """The error budget of one service under one objective; seconds."""
    return {
        "slo": budget.slo.name,
        "service": budget.service,
        "objective_percent": budget.slo.objective,
        "window_seconds": rounded(budget.slo.window),
        "latency_ms": budget.slo.latency_ms,
        "checks": budget.checks,
        "bad": budget.bad,
        "budget_seconds": rounded(budget.budget_s),
        "used_seconds": rounded(budget.used_s),
        "remaining_seconds": rounded(budget.remaining_s),
        "used_percent": rounded(budget.used_percent, 4),
        "burn": [{"seconds": rounded(burn.seconds), "rate": rounded(burn.rate, 4)} for burn in budget.burn],
    }


def compared_json(each: Compared) -> Document:
    """One service among the others."""
    return {
        "rank": each.rank,
        "name": each.name,
        "p50_ms": rounded(each.p50_ms),
        "p95_ms": rounded(each.p95_ms),
        "times_median": rounded(each.times_median),
        "error_rate_percent": rounded(each.error_rate_percent, 4),
        "availability_percent": rounded(each.availability_percent, 4),
        "checks_per_hour": rounded(each.checks_per_hour),
    }


def rule_json(record: RuleRecord, times: Times) -> Document:
    """The alerts of one rule about one subject."""
    return {
        "rule": record.rule,
        "subject": record.subject,
        "alert_type": record.alert_type.value,
        "fired": record.fired,
        "acknowledged": record.acknowledged,
        "short": record.short,
        "refired": record.refired,
        "refire_percent": rounded(record.refire_percent),
        "rated_noise": record.rated_noise,
        "rated_actionable": record.rated_actionable,
        "noise": record.noise,
        "noisy": record.noisy,
        "median_seconds": rounded(record.median_s),
        "first_fired_at": times.iso(record.first),
        "last_fired_at": times.iso(record.last),
    }


def responder_json(each: Responder) -> Document:
    """A person who acknowledged alerts; seconds from firing."""
    return {
        "person": each.person,
        "acknowledged": each.acknowledged,
        "median_seconds": rounded(each.median_s),
        "slowest_seconds": rounded(each.slowest_s),
    }


def slowness_json(one: Slowness) -> Document:
    """A service and a resource that moved together."""
    return {
        "service": one.service,
        "resource": one.resource,
        "rank_correlation": rounded(one.rho, 4),
        "p_value": significant(one.p_value),
        "points": one.points,
        "busy_ms": rounded(one.busy_ms),
        "calm_ms": rounded(one.calm_ms),
    }


def disk_json(course: DiskCourse, times: Times) -> Document:
    """The course of the fullest disk."""
    return {
        "used_percent": rounded(course.used_percent),
        "points_per_day": rounded(course.per_day, 4),
        "p_value": None if course.p_value is None else significant(course.p_value),
        "full_at": times.iso(course.full_at),
        "reason": course.forecast.reason,
    }


def behaviour_json(view: ReportView) -> Document:
    """Users and chatbot: the watched figures, and the newest labelled ones."""
    return {
        "figures": [_behaviour(each, view) for each in view.analysis.behaviour],
        "topics": _labelled(view, FigureKind.CHATBOT, "topics"),
        "feedback": _labelled(view, FigureKind.CHATBOT, "feedback"),
    }


def throughput_json(view: ReportView) -> Document:
    """What was checked, and what the platform says of its own load."""
    checks = sum(service.latency.samples for service in view.analysis.services)
    asked = (FigureKind.OVERVIEW, "requests_per_minute")
    return {
        "checks": checks,
        "checks_per_hour": rounded(checks / view.data.window.hours),
        "requests_per_minute": rounded(view.data.means.get(asked)),
        "requests_per_minute_before": rounded(view.data.means_before.get(asked)),
    }


def phases_json(found: PhaseSummary, times: Times) -> Document | None:
    """The phases of the newest single checks; ``null`` where none is left."""
    if not found.samples:
        return None
    return {
        "samples": found.samples,
        "since": times.iso(found.since),
        "until": times.iso(found.until),
        "p50_ms": {name.removesuffix("_ms"): rounded(value) for name, value in found.p50_ms.items()},
        "p95_ms": {name.removesuffix("_ms"): rounded(value) for name, value in found.p95_ms.items()},
        "document_bytes": rounded(found.document_bytes),
        "document_ms": rounded(found.document_ms),
    }


def shift_json(shift: ChangePoint, times: Times) -> Document:
    """A lasting shift of the median response time."""
    return {
        "at": times.iso(shift.at),
        "before_ms": rounded(shift.before),
        "after_ms": rounded(shift.after),
        "p_value": significant(shift.p_value),
    }


def unusual_json(stretch: Unusual, times: Times) -> Document:
    """A stretch of unusual values, in the unit of its series."""
    return {
        "since": times.iso(stretch.since),
        "until": times.iso(stretch.until),
        "value": rounded(stretch.value, 4),
        "usual": rounded(stretch.usual, 4),
        "why": stretch.why,
    }


def significant(p_value: float) -> float:
    """A p-value with six significant digits."""
    return float(f"{p_value:.6g}")


def rounded(value: float | None, digits: int = 3) -> float | None:
    """A rounded number; ``None`` stays."""
    return None if value is None else round(value, digits)


def _behaviour(each: FigureBehaviour, view: ReportView) -> Document:
    moved = view.change(each.kind, each.name)
    return {
        "kind": each.kind.value,
        "name": each.name,
        "readings": each.readings,
        "mean": rounded(view.data.means.get((each.kind, each.name)), 4),
        "previous_mean": rounded(moved.before, 4) if moved else None,
        "median": rounded(each.median, 4),
        "low": rounded(each.low, 4),
        "high": rounded(each.high, 4),
        "unusual": [unusual_json(stretch, view.times) for stretch in each.unusual],
    }


def _labelled(view: ReportView, kind: FigureKind, name: str) -> list[Document]:
    return [{"label": label, "value": value} for label, value in view.breakdown(kind, name)]


def _plain_trend(trend: Trend) -> Document:
    return {
        "direction": trend.direction,
        "slope_per_day": rounded(24 * trend.slope_per_hour, 6),
        "p_value": significant(trend.p_value),
        "points": trend.points,
    }
