"""Labels, units and number formats of the platform's figures in reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from amt_console.analysis.seasonal import FigureChange
from amt_console.model import FigureKind, FigureUnit
from amt_console.text import MISSING, percent

_MOST_DIGITS = 4
_ABSURD = 1e15
"""From here on a number is written with its power of ten."""
LEAST_PERCENT = 0.5
LEAST_POINTS = 0.05
"""A figure with a smaller change is steady."""


@dataclass(frozen=True, slots=True)
class FigureInfo:
    """Label and format of one figure."""

    label: str
    unit: FigureUnit = FigureUnit.COUNT
    more_is_better: bool | None = None
    """``None`` if neither direction is good or bad."""


def _infos(**infos: FigureInfo) -> Mapping[str, FigureInfo]:
    return MappingProxyType(infos)


FIGURES: Mapping[FigureKind, Mapping[str, FigureInfo]] = MappingProxyType(
    {
        FigureKind.OVERVIEW: _infos(
            total_users=FigureInfo("Total users", more_is_better=True),
            daily_active_users=FigureInfo("Daily active users", more_is_better=True),
            monthly_active_users=FigureInfo("Monthly active users", more_is_better=True),
            concurrent_users=FigureInfo("Concurrent users"),
            conversion_rate=FigureInfo("Free to paid conversion", FigureUnit.PERCENT, True),
            trial_conversion_rate=FigureInfo("Trial conversion", FigureUnit.PERCENT, True),
            sessions=FigureInfo("Sessions", more_is_better=True),
            session_duration=FigureInfo("Session duration", FigureUnit.SECONDS),
            bounce_rate=FigureInfo("Bounce rate", FigureUnit.PERCENT, False),
            page_views=FigureInfo("Page views", more_is_better=True),
            bug_reports=FigureInfo("Bug reports", more_is_better=False),
            traffic_sources=FigureInfo("Traffic sources"),
            languages=FigureInfo("Languages"),
            top_pages=FigureInfo("Top pages"),
            feature_adoption=FigureInfo("Feature adoption", FigureUnit.PERCENT),
            page_load_time=FigureInfo("Page load time", FigureUnit.SECONDS, False),
            requests_per_minute=FigureInfo("Requests per minute", FigureUnit.PER_MINUTE),
        ),
        FigureKind.CHATBOT: _infos(
            conversations=FigureInfo("Conversations", more_is_better=True),
            messages=FigureInfo("Messages"),
            satisfaction=FigureInfo("Satisfaction", FigureUnit.SCORE, True),
            resolution_rate=FigureInfo("Resolution rate", FigureUnit.PERCENT, True),
            automation_rate=FigureInfo("Automation rate", FigureUnit.PERCENT, True),
            escalation_rate=FigureInfo("Escalation rate", FigureUnit.PERCENT, False),
            response_time=FigureInfo("Chatbot response time", FigureUnit.SECONDS, False),
            topics=FigureInfo("Topics"),
            languages=FigureInfo("Languages"),
            hourly_distribution=FigureInfo("Conversations by hour"),
            ratings=FigureInfo("Ratings"),
            message_frequency=FigureInfo("Messages per minute", FigureUnit.PER_MINUTE),
            topic_coverage=FigureInfo("Topic coverage", FigureUnit.PERCENT, True),
            feedback=FigureInfo("Feedback"),
        ),
        FigureKind.REVENUE: _infos(
            mrr=FigureInfo("Monthly recurring revenue", FigureUnit.MONEY, True),
            arr=FigureInfo("Annual recurring revenue", FigureUnit.MONEY, True),
            churn_rate=FigureInfo("Monthly churn", FigureUnit.PERCENT, False),
            arpu=FigureInfo("Revenue per paying user", FigureUnit.MONEY, True),
            paying_users=FigureInfo("Paying users", more_is_better=True),
            plan_distribution=FigureInfo("Subscriptions by plan"),
            monthly_billing=FigureInfo("Billed monthly"),
            yearly_billing=FigureInfo("Billed yearly"),
            history=FigureInfo("Revenue by month", FigureUnit.MONEY),
        ),
        FigureKind.PLANS: _infos(
            prices=FigureInfo("Price a month", FigureUnit.MONEY),
            yearly_prices=FigureInfo("Price a year", FigureUnit.MONEY),
        ),
    }
)
"""Every figure that the collectors read, by the collectors' names."""


def info(kind: FigureKind, name: str) -> FigureInfo:
    """Label and unit of a figure; an unknown one keeps its name."""
    return FIGURES[kind].get(name, FigureInfo(name.replace("_", " ").capitalize()))


def written(value: float | None, unit: FigureUnit) -> str:
    """A figure in its unit; a dash if missing. Money is in the platform's own currency, not converted."""
    if value is None:
        return MISSING
    if abs(value) >= _ABSURD:
        return f"{value:.2g}"
    if unit is FigureUnit.PERCENT:
        return percent(value)
    if unit is FigureUnit.SECONDS:
        return _seconds(value)
    if unit is FigureUnit.SCORE:
        return f"{value:.2f} of 5"
    if unit is FigureUnit.MONEY:
        return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    if unit is FigureUnit.PER_MINUTE:
        return f"{value:,.1f} a minute"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def written_apart(low: float, high: float, unit: FigureUnit) -> tuple[str, str]:
    """Two values with enough digits to differ, up to four decimals."""
    texts = written(low, unit), written(high, unit)
    for digits in range(1, _MOST_DIGITS + 1):
        if low == high or texts[0] != texts[1]:
            break
        texts = _with_digits(low, unit, digits), _with_digits(high, unit, digits)
    return texts


def _with_digits(value: float, unit: FigureUnit, digits: int) -> str:
    if unit is FigureUnit.PERCENT:
        return percent(value, digits)
    if unit is FigureUnit.SECONDS:
        return f"{value * 1000:.{digits}f} ms" if value < 1 else f"{value:,.{digits}f} s"
    return f"{value:,.{digits}f}" + {FigureUnit.SCORE: " of 5", FigureUnit.PER_MINUTE: " a minute"}.get(unit, "")


def moved_by(moved: FigureChange | None, unit: FigureUnit) -> tuple[int, str]:
    """Direction of a change (1, 0 for steady, -1) and its size: relative, or in points for percentages.

    The text is empty for a steady figure, or without a value to compare with.
    """
    if moved is None:
        return 0, ""
    way = 1 if moved.difference > 0 else -1
    if unit is FigureUnit.PERCENT:
        return (way, f"{abs(moved.difference):.1f} points") if abs(moved.difference) >= LEAST_POINTS else (0, "")
    relative = moved.relative_percent
    if relative is None:
        return (way, "from 0") if moved.difference else (0, "")
    return (way, f"{abs(relative):,.1f} %") if abs(relative) >= LEAST_PERCENT else (0, "")


def change_text(moved: FigureChange | None, unit: FigureUnit) -> str:
    """``▲ 2.9 %``, ``▼ 0.3 points``, ``steady``; empty without a value to compare with."""
    if moved is None:
        return ""
    way, amount = moved_by(moved, unit)
    return f"{'▲' if way > 0 else '▼'} {amount}" if way else "steady"


def _seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} m {seconds:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} m"
