"""The recommendations of the analysis: each with its evidence, effect, check and change."""

from __future__ import annotations

from amt_console.analysis import Recommendation
from amt_console.reports.page import Item, Items
from amt_console.reports.pages.common import severity_tone
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed

MOST_FACTS = 12
"""Most pieces of evidence of one item."""


def advice_block(view: ReportView) -> Items:
    """What the analysis recommends; evidence, effect, check and change unfold."""
    measured = view.analysis.availability.measured_s > 0
    return Items(
        "advice-list",
        advice_items(view),
        "None: every measured value is within its limits." if measured else "None: nothing was measured.",
        measured=measured,
        folded=True,
    )


def advice_items(view: ReportView) -> tuple[Item, ...]:
    """The recommendations, the most urgent first; the same advice on several subjects is one item."""
    groups: dict[tuple[str, str, str | None], list[Recommendation]] = {}
    for advice in view.analysis.recommendations:
        groups.setdefault((advice.rule, advice.advice, advice.change), []).append(advice)
    return tuple(_item(group) for group in groups.values())


def _item(group: list[Recommendation]) -> Item:
    first = group[0]
    tone = severity_tone(first.severity)
    facts: list[str] = []
    for advice in group:
        own = [*advice.evidence, *([f"also: {', '.join(advice.followers)}"] if advice.followers else [])]
        facts += own if len(group) == 1 else [f"{advice.subject}: {'; '.join(own)}"]
    if len(facts) > MOST_FACTS:
        facts[MOST_FACTS:] = [f"{len(facts) - MOST_FACTS} more: performance_analysis_report.json has all"]
    return Item(
        tone,
        {Tone.CRITICAL: "Act now", Tone.WARNING: "Act soon"}.get(tone, "Consider"),
        listed([advice.subject for advice in group]),
        first.advice,
        tuple(facts),
        lines=tuple(
            (label, text) for label, text in (("Effect", first.effect), ("How to check", first.verify)) if text
        ),
        code=first.change or "",
    )
