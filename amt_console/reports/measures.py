"""The measures of the executive summary: this period beside the one before, for its page and its JSON."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.analysis.seasonal import change
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import change_text, info, written
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, duration, milliseconds, percent

MOST_ADVICE = 3
"""Recommendations in the executive summary."""
_QUALITY = (
    (FigureKind.OVERVIEW, "daily_active_users"),
    (FigureKind.OVERVIEW, "conversion_rate"),
    (FigureKind.OVERVIEW, "page_load_time"),
    (FigureKind.CHATBOT, "conversations"),
    (FigureKind.CHATBOT, "resolution_rate"),
    (FigureKind.CHATBOT, "satisfaction"),
)
_MONEY = ("mrr", "arr", "arpu", "paying_users", "churn_rate")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the window and of the previous one."""

    name: str
    label: str
    unit: str
    """Of the numbers: ``percent``, ``ms``, ``s``, ``count``, ``score``, a currency."""
    value: float | None
    before: float | None
    """``None`` without a baseline, and in a report without comparison."""
    shown: str
    shown_before: str
    change: str
    reason: str = ""
    """Why there is no value."""


def quality_measures(view: ReportView) -> tuple[Measure, ...]:
    """How good the platform was: service first, then what its users did."""
    return (*_service_measures(view), *(figure_measure(view, kind, name) for kind, name in _QUALITY))


def money_measures(view: ReportView) -> tuple[Measure, ...]:
    """The revenue, in its currency."""
    return tuple(figure_measure(view, FigureKind.REVENUE, name) for name in _MONEY)


def figure_measure(view: ReportView, kind: FigureKind, name: str) -> Measure:
    """The means of a figure of the platform."""
    about = info(kind, name)
    value = view.data.means.get((kind, name))
    moved = view.change(kind, name)
    before = moved.before if moved is not None else None
    currency = view.currency(kind, name)

    def text(number: float | None) -> str:
        return (
            f"{written(_round(number, about.unit), about.unit)} {currency}".rstrip() if number is not None else MISSING
        )

    return Measure(
        name,
        about.label,
        currency or str(about.unit),
        value,
        before,
        text(value),
        text(before),
        change_text(moved, about.unit),
        "" if value is not None else view.why_missing(kind, name),
    )


def _round(number: float | None, unit: FigureUnit) -> float | None:
    """A mean of counts is written as a whole number."""
    return float(round(number)) if number is not None and unit is FigureUnit.COUNT else number


def _service_measures(view: ReportView) -> tuple[Measure, ...]:
    found, compare = view.analysis, view.data.compare
    now, before = found.availability, found.previous_availability
    known, was_known = now.measured_s > 0, compare and before.sufficient
    slow = max((s.latency.p95_ms for s in found.services if s.latency.p95_ms is not None), default=None)
    slow_before = max(
        (s.previous_latency.p95_ms for s in found.services if s.previous_latency.p95_ms is not None), default=None
    )
    handled, handled_before = found.handling, found.previous_handling
    rows = (
        (
            "availability",
            "Availability",
            "percent",
            now.availability_percent if now.sufficient else None,
            before.availability_percent if was_known else None,
        ),
        (
            "down",
            "Time down, services added up",
            "s",
            now.down_s if known else None,
            before.down_s if was_known else None,
        ),
        ("p95", "Slowest service, p95", "ms", slow, slow_before if was_known else None),
        (
            "alerts",
            "Alerts fired",
            "count",
            float(handled.fired) if known or handled.fired else None,
            float(handled_before.fired) if was_known else None,
        ),
        ("mtta", "Mean time to acknowledge", "s", handled.mtta_s, handled_before.mtta_s if compare else None),
    )
    return tuple(_measure(*row) for row in rows)


def _measure(name: str, label: str, unit: str, value: float | None, before: float | None) -> Measure:
    reason = "" if value is not None else "no alert was acknowledged" if name == "mtta" else "nothing was measured"
    kind = FigureUnit.PERCENT if unit == "percent" else FigureUnit.COUNT
    moved = change_text(change(value, before), kind)
    return Measure(name, label, unit, value, before, _text(value, unit), _text(before, unit), moved, reason)


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return MISSING
    if unit == "percent":
        return percent(value, 2)
    if unit == "ms":
        return milliseconds(value)
    return duration(value) if unit == "s" else f"{value:,.0f}"
