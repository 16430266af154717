"""Key figures: the newest value, its change against the previous window, or the reason why it is missing."""

from __future__ import annotations

from dataclasses import replace

from amt_console.analysis.seasonal import FigureChange
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import FigureInfo, change_text, info, written
from amt_console.reports.page import FigureCard, ReportPage
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, limit_percent, percent

WORTH_PERCENT = 2.0
WORTH_POINTS = 0.5
"""Smaller changes, relative or in points, are neither better nor worse."""
LEAST_AVAILABILITY_POINTS = 0.005
COMPARED_WITH = "Compared with"
NO_BASELINE = "too little read before to compare"
NOT_MEASURED_BEFORE = "too little measured before to compare"


def figure_card(
    view: ReportView, kind: FigureKind, name: str, *, label: str | None = None, detail: str = ""
) -> FigureCard:
    """A key figure with its change against the previous window, or the reason why it is missing."""
    figure = info(kind, name)
    now, moved = view.number(kind, name), view.change(kind, name)
    if now is None:
        return FigureCard(
            label or figure.label, MISSING, missing=view.why_missing(kind, name), tone=Tone.UNKNOWN, word="missing"
        )
    shown = amount(view, kind, name, now)
    suspect = view.why_suspect(kind, name)
    if suspect is not None:
        return FigureCard(label or figure.label, shown, detail=suspect, tone=Tone.WARNING, word="suspect")
    good = is_better(moved, figure)
    tone = Tone.PLAIN if good is None else Tone.OK if good else Tone.WARNING
    word = "" if good is None else "better" if good else "worse"
    text = change_words(view, moved, figure.unit)
    return FigureCard(label or figure.label, shown, detail=detail, change=text, tone=tone, word=word)


def amount(view: ReportView, kind: FigureKind, name: str, value: float | None) -> str:
    """A value of a figure in its unit, money with its currency."""
    return f"{written(value, info(kind, name).unit)} {view.currency(kind, name)}".rstrip()


def change_words(view: ReportView, moved: FigureChange | None, unit: FigureUnit) -> str:
    """``▲ 2.9 % on average``; empty in a report without comparison."""
    if not view.data.compare:
        return ""
    text = change_text(moved, unit)
    return f"{text} on average" if text else NO_BASELINE


def is_better(moved: FigureChange | None, figure: FigureInfo) -> bool | None:
    """``None`` if the change is too small, or neither direction is good or bad."""
    if moved is None or figure.more_is_better is None:
        return None
    relative = moved.relative_percent
    size, worth = (
        (abs(moved.difference), WORTH_POINTS)
        if figure.unit is FigureUnit.PERCENT or relative is None
        else (abs(relative), WORTH_PERCENT)
    )
    return figure.more_is_better is (moved.difference > 0) if size >= worth else None


def availability_card(view: ReportView) -> FigureCard:
    """Total availability with its target and coverage."""
    now = view.analysis.availability
    target = f"target {limit_percent(view.data.limits.uptime_percent)}"
    value = now.availability_percent
    if value is None or not now.sufficient:
        covered = percent(now.coverage_percent)
        reason = "nothing was measured" if value is None else f"only {covered} of the period was measured"
        return FigureCard("Availability", MISSING, target, missing=reason, tone=Tone.UNKNOWN, word="missing")
    met = value >= view.data.limits.uptime_percent
    return FigureCard(
        "Availability",
        percent(value, 2),
        target,
        availability_change(view),
        tone=Tone.OK if met else Tone.CRITICAL,
        word="met" if met else "missed",
    )


def availability_change(view: ReportView) -> str:
    """``▼ 0.31 points``; empty in a report without comparison."""
    now, before = view.analysis.availability, view.analysis.previous_availability
    if not view.data.compare:
        return ""
    value, earlier = now.availability_percent, before.availability_percent
    if value is None or earlier is None or not before.sufficient:
        return NOT_MEASURED_BEFORE
    points = value - earlier
    if abs(points) < LEAST_AVAILABILITY_POINTS:
        return "steady"
    return f"{'▲' if points > 0 else '▼'} {abs(points):.2f} points"


def baseline_said_once(page: ReportPage) -> ReportPage:
    """Where no card has a baseline, the header says so instead of each card."""
    absent = (NO_BASELINE, NOT_MEASURED_BEFORE)
    if not any(card.change in absent for card in page.cards) or any(_compared(card) for card in page.cards):
        return page
    cards = tuple(replace(card, change="") if card.change in absent else card for card in page.cards)
    meta = tuple(
        (label, f"nothing: too little data of {text}" if label == COMPARED_WITH else text) for label, text in page.meta
    )
    return replace(page, cards=cards, meta=meta)


def _compared(card: FigureCard) -> bool:
    return card.change.startswith(("▲", "▼", "steady"))
