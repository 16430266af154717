"""The findings of the analysis as a list: what a person should know about the window, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from amt_console.analysis.findings import Finding, FindingKind
from amt_console.reports.page import Item, Items
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief, listed

MOST_SINGLE = 3
"""More findings of one kind are one item."""
MOST_FACTS = 20
_WORDS: Mapping[FindingKind, tuple[Tone, str]] = MappingProxyType(
    {
        FindingKind.INCIDENT: (Tone.CRITICAL, "Incident"),
        FindingKind.DISK_FULL: (Tone.CRITICAL, "Disk fills"),
        FindingKind.SATURATION: (Tone.WARNING, "Saturated"),
        FindingKind.TREND: (Tone.WARNING, "Trend"),
        FindingKind.CHANGE_POINT: (Tone.WARNING, "Shift"),
        FindingKind.NOISY_ALERT: (Tone.WARNING, "Noisy alert"),
        FindingKind.CORRELATION: (Tone.INFO, "Together"),
        FindingKind.ANOMALY: (Tone.INFO, "Unusual"),
    }
)
_PLURALS: Mapping[FindingKind, str] = MappingProxyType(
    {
        FindingKind.INCIDENT: "incidents",
        FindingKind.DISK_FULL: "filling disks",
        FindingKind.SATURATION: "saturated resources",
        FindingKind.TREND: "trends",
        FindingKind.CHANGE_POINT: "shifts of level",
        FindingKind.NOISY_ALERT: "noisy alerts",
        FindingKind.CORRELATION: "pairs that moved together",
        FindingKind.ANOMALY: "unusual stretches",
    }
)
_OF_THE_WINDOW = frozenset({FindingKind.CORRELATION, FindingKind.TREND, FindingKind.DISK_FULL})


def findings_block(view: ReportView) -> Items:
    """The findings by kind, the most severe first; evidence and probability unfold."""
    items: list[Item] = []
    for kind, group in _by_kind(view.analysis.findings):
        if len(group) > MOST_SINGLE:
            items.append(_together(view, kind, group))
        else:
            items += [_item(view, finding) for finding in group]
    measured = view.analysis.availability.measured_s > 0
    return Items(
        "finding-list",
        tuple(items),
        "None: nothing changed, nothing failed." if measured else "None: nothing was measured.",
        measured=measured,
        folded=True,
    )


def _item(view: ReportView, finding: Finding) -> Item:
    tone, word = _WORDS[finding.kind]
    when = view.times.short(finding.begin) if finding.begin is not None else ""
    if finding.since is not None:
        ended = view.times.until(finding.since, finding.until) if finding.until is not None else "the end"
        when = f"{when} – {ended}"
    said, *evidence = finding.evidence or ("",)
    chance = (f"probability by chance {finding.p_value:.2g}",) if finding.p_value is not None else ()
    return Item(
        tone,
        word,
        brief(finding.subject),
        _dated(view, finding, said),
        (when, *evidence, *chance) if when else (*evidence, *chance),
    )


def _dated(view: ReportView, finding: Finding, said: str) -> str:
    """What is found with when it began, unless it is about the whole window or ahead of it."""
    begin, window = finding.begin, view.data.window
    if begin is None or not window.start < begin < window.end or finding.kind in _OF_THE_WINDOW:
        return said
    return f"{view.times.short(begin)}: {said}"


def _by_kind(found: Sequence[Finding]) -> list[tuple[FindingKind, list[Finding]]]:
    groups = [(kind, [finding for finding in found if finding.kind is kind]) for kind in _WORDS]
    return [(kind, group) for kind, group in groups if group]


def _together(view: ReportView, kind: FindingKind, group: Sequence[Finding]) -> Item:
    """Many findings of one kind as one item."""
    tone, word = _WORDS[kind]
    subjects = list(dict.fromkeys(finding.subject for finding in group))
    facts = [
        f"{brief(finding.subject)}: {_dated(view, finding, finding.evidence[0])}"
        for finding in group[:MOST_FACTS]
        if finding.evidence
    ]
    if len(group) > MOST_FACTS:
        facts.append(f"{len(group) - MOST_FACTS} more: performance_analysis_report.json has all")
    return Item(tone, word, listed(subjects), many_words(kind, group), tuple(facts))


def many_words(kind: FindingKind, group: Sequence[Finding]) -> str:
    """``12 incidents of 3 subjects.``"""
    subjects = len({finding.subject for finding in group})
    return f"{len(group)} {_PLURALS[kind]} of {subjects} subject{'s' * (subjects != 1)}."
