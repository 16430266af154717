"""Labelled numbers of the platform as bar tables: traffic sources, languages, topics, plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import info, written
from amt_console.reports.page import BarRow, BarsPart
from amt_console.reports.pages.figure_tables import csv_unit
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, percent

MOST_BARS = 12
_LABEL_CHARS = 40
_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "Arabic",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "en": "English",
        "es": "Spanish",
        "fi": "Finnish",
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    }
)
"""English names of ISO 639-1 codes."""


def breakdown(
    view: ReportView,
    kind: FigureKind,
    name: str,
    *,
    id: str,  # noqa: A002
    label_heading: str,
    ordered: bool = True,
) -> BarsPart:
    """Labelled numbers as a bar table, largest first unless their own order matters."""
    figure = info(kind, name)
    pairs = [(_label(name, label), value) for label, value in view.breakdown(kind, name)]
    found = view.figure(kind, name)
    reason = found.suspect or found.reason if found is not None and pairs else None
    currency = view.currency(kind, name)
    if ordered:
        pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    shown = pairs
    if len(pairs) > MOST_BARS:
        rest = pairs[MOST_BARS - 1 :]
        shown = [*pairs[: MOST_BARS - 1], (f"{len(rest)} others", sum(value for _, value in rest))]
    parts = figure.unit is FigureUnit.PERCENT
    whole = 0.0 if parts or any(value < 0 for _, value in pairs) else sum(value for _, value in pairs)
    largest = 100.0 if parts else max((value for _, value in shown), default=0.0)
    rows = tuple(
        BarRow(
            label=label,
            value=written(value, figure.unit),
            share="" if parts else percent(100 * value / whole) if whole else MISSING,
            fraction=max(0.0, min(1.0, value / largest)) if largest > 0 else 0.0,
            number=value,
            percent=100 * value / whole if whole else None,
        )
        for label, value in shown
    )
    return BarsPart(
        id=id,
        title=_finding(figure.label, pairs, whole, parts=parts),
        label_heading=label_heading,
        value_heading={
            FigureUnit.MONEY: f"Amount in {currency}" if currency else "Amount",
            FigureUnit.PERCENT: "Share",
        }.get(figure.unit, "Count"),
        share_heading="" if parts else "Share",
        rows=rows,
        empty="" if rows else f"No figures: {view.why_missing(kind, name)}.",
        note=f"As read: {reason}." if reason else "",
        unit=csv_unit(view, kind, name),
    )


def _label(name: str, label: str) -> str:
    """``5 stars`` for the rating ``5``, ``English`` for the language ``en``; other labels unchanged."""
    if name == "ratings" and label in ("1", "2", "3", "4", "5"):
        return "1 star" if label == "1" else f"{label} stars"
    return _LANGUAGES.get(label, label) if name == "languages" else label


def _finding(label: str, pairs: Sequence[tuple[str, float]], whole: float, *, parts: bool) -> str:
    if not pairs or (whole <= 0 and not parts):
        return label
    top, value = max(pairs, key=lambda pair: pair[1])
    name = top if len(top) <= _LABEL_CHARS else top[: _LABEL_CHARS - 1] + "…"
    verb = "lead" if name.endswith(" stars") else "leads"
    share = percent(value, 0) if parts else percent(100 * value / whole, 0)
    return f"{label}: {name} {verb} with {share}"
