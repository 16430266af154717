"""Parts that the pages about the platform's figures share: cards, breakdowns, history charts, missing figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

from amt_console.analysis import Window
from amt_console.analysis.seasonal import Change
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.charts.base import COUNT_LABELS, HALF, PERCENT_LABELS, SECONDS_LABELS
from amt_console.reports.charts.lines import history_chart
from amt_console.reports.figures import FIGURES, FigureInfo, change_text, info, moved_by, written, written_apart
from amt_console.reports.page import (
    BarRow,
    Bars,
    Card,
    Cell,
    Heading,
    Item,
    PageChart,
    Table,
    Tone,
    in_csv,
    without_empty_columns,
)
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed
from amt_console.text import MISSING, duration, percent

MOST_BARS = 12
WORTH_PERCENT = 2.0
WORTH_POINTS = 0.5
"""Smaller changes, relative or in points, are neither better nor worse."""
_STALE_FIGURES_S = 3600.0


def figure_card(view: ReportView, kind: FigureKind, name: str, *, label: str | None = None, detail: str = "") -> Card:
    """A key figure with its change against the previous window, or the reason why it is missing."""
    figure = info(kind, name)
    now, moved = view.number(kind, name), view.change(kind, name)
    if now is None:
        return Card(
            label or figure.label, MISSING, missing=view.why_missing(kind, name), tone=Tone.UNKNOWN, word="missing"
        )
    currency = view.currency(kind, name)
    shown = f"{written(now, figure.unit)} {currency}".rstrip()
    suspect = view.why_suspect(kind, name)
    if suspect is not None:
        return Card(label or figure.label, shown, detail=suspect, tone=Tone.WARNING, word="suspect")
    good = _is_better(moved, figure)
    tone = Tone.PLAIN if good is None else Tone.OK if good else Tone.WARNING
    word = "" if good is None else "better" if good else "worse"
    text = change_text(moved, figure.unit)
    against = f"{text} on average {against_text(view)}" if text else f"no comparison with the {view.span} before"
    return Card(label or figure.label, shown, detail=detail, change=against, tone=tone, word=word)


def against_text(view: ReportView) -> str:
    """``against the 24 h before``: the baseline of changes."""
    return f"against the {view.span} before"


def _is_better(moved: Change | None, figure: FigureInfo) -> bool | None:
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


def breakdown(
    view: ReportView,
    kind: FigureKind,
    name: str,
    *,
    id: str,  # noqa: A002
    label_heading: str,
    ordered: bool = True,
) -> Bars:
    """Labelled numbers as a bar table, largest first unless their own order matters."""
    figure = info(kind, name)
    pairs = [(_label(name, label), value) for label, value in view.breakdown(kind, name)]
    found = view.figure(kind, name)
    reason = found.suspect or found.reason if found is not None and pairs else None
    currency = view.currency(kind, name)
    if ordered:
        pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    whole = sum(value for _, value in pairs)
    shown = pairs
    if len(pairs) > MOST_BARS:
        rest = pairs[MOST_BARS - 1 :]
        shown = [*pairs[: MOST_BARS - 1], (f"{len(rest)} others", sum(value for _, value in rest))]
    parts = figure.unit is FigureUnit.PERCENT
    largest = 100.0 if parts else max((value for _, value in shown), default=0.0)
    rows = tuple(
        BarRow(
            label=label,
            value=written(value, figure.unit),
            share="" if parts else percent(100 * value / whole) if whole else MISSING,
            fraction=min(1.0, value / largest) if largest > 0 else 0.0,
            number=value,
            percent=100 * value / whole if whole and not parts else None,
        )
        for label, value in shown
    )
    return Bars(
        id=id,
        title=_finding(figure.label, pairs, whole, parts),
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


def history_block(view: ReportView, kind: FigureKind, name: str, *, id: str, width: int = HALF) -> PageChart:  # noqa: A002
    """One figure over the window as a line, with its finding as title."""
    figure = info(kind, name)
    window = view.data.window
    points = stepped(view.history(kind, name), window)
    known = [(at, value) for at, value in points if value is not None]
    what = f"last value read in each step of {_step_words(window.step)}"
    if len(known) < 2:
        reason = (
            f"only one value in the window: {written(known[0][1], figure.unit)}"
            if known
            else view.why_missing(kind, name)
        )
        return PageChart(id, figure.label, what, "", None, empty=f"No line: {reason}.")
    low, high = min(v for _, v in known), max(v for _, v in known)
    moved = view.change(kind, name)
    title = _movement(figure.label, moved, figure.unit)
    lowest, highest = written_apart(low, high, figure.unit)
    spread = f"between {lowest} and {highest}" if lowest != highest else lowest
    against = f"On average {against_text(view)}; {spread}" if moved is not None else f"{spread[0].upper()}{spread[1:]}"
    return PageChart(
        id=id,
        title=title,
        subtitle=f"{against}; {what}",
        description=f"{title} over {view.span}, {spread}.",
        spec=history_chart(
            points,
            window,
            view.times,
            labels={FigureUnit.PERCENT: PERCENT_LABELS, FigureUnit.SECONDS: SECONDS_LABELS}.get(
                figure.unit, COUNT_LABELS
            ),
            from_zero=low <= 0.5 * high,
            width=width,
        ),
        table=_history_table(view, kind, name, known, id=f"{id}-table"),
    )


def stepped(history: Sequence[tuple[datetime, float]], window: Window) -> list[tuple[datetime, float | None]]:
    """The last value in each step, and ``None`` for missing readings, so that a line breaks there."""
    last: dict[int, tuple[datetime, float]] = {}
    for at, value in history:
        last[window.index(at)] = (at, value)
    points = [last[index] for index in sorted(last)]
    if len(points) < 2:
        return list(points)
    spacing = median((b[0] - a[0]).total_seconds() for a, b in pairwise(points))
    limit = max(3 * spacing, 2.0 * window.step)
    broken: list[tuple[datetime, float | None]] = [points[0]]
    for before, after in pairwise(points):
        if (after[0] - before[0]).total_seconds() > limit:
            broken.append((before[0] + (after[0] - before[0]) / 2, None))
        broken.append(after)
    return broken


def missing_items(view: ReportView, kinds: Sequence[FigureKind]) -> tuple[Item, ...]:
    """One item per endpoint with missing figures or without a recent answer."""
    found = []
    for kind in kinds:
        source = view.business(kind)
        if source is None:
            why = f"The platform's {kind.value} endpoint has not been read in this window."
            found.append(Item(Tone.UNKNOWN, "No data", f"No {kind.value} figures", why))
            continue
        labels = {name: info(kind, name).label for name in FIGURES[kind]}
        gone = [
            (label, source.figures[name].reason or "")
            for name, label in labels.items()
            if _gone(source.figures.get(name)) and name in source.figures
        ]
        if gone:
            reasons = sorted({reason for _, reason in gone})
            text = f"{listed([label for label, _ in gone])} could not be read."
            found.append(
                Item(
                    Tone.UNKNOWN,
                    "Missing",
                    f"{len(gone)} {kind.value} figure{'s' * (len(gone) != 1)} missing",
                    text,
                    tuple(reasons[:4]),
                )
            )
        old = (view.data.window.end - source.timestamp).total_seconds()
        if old > _STALE_FIGURES_S:
            read = view.times.short(source.timestamp)
            found.append(
                Item(
                    Tone.WARNING, "Old data", f"The {kind.value} figures are {duration(old)} old", f"Last read {read}."
                )
            )
    return tuple(found)


def all_figures(view: ReportView, kinds: Sequence[FigureKind], *, id: str) -> Table:  # noqa: A002
    """Every single figure with its change or, if missing, the reason."""
    rows = []
    for kind in kinds:
        source = view.business(kind)
        if source is None:
            continue
        for name, figure in source.figures.items():
            if isinstance(figure.value, tuple):
                continue
            about = info(kind, name)
            now, moved = view.number(kind, name), view.change(kind, name)
            mean = view.data.means.get((kind, name))
            note = figure.suspect or ("" if now is not None else view.why_missing(kind, name))
            rows.append(
                (
                    Cell(about.label),
                    in_csv(csv_unit(view, kind, name)),
                    Cell(written(now, about.unit), number=True, value=now),
                    Cell(written(mean, about.unit), number=True, value=mean),
                    Cell(
                        written(moved.before if moved else None, about.unit),
                        number=True,
                        muted=True,
                        value=moved.before if moved else None,
                    ),
                    Cell(change_text(moved, about.unit) or MISSING, number=True),
                    in_csv(moved.relative_percent if moved else None),
                    Cell(note, muted=True),
                )
            )
    headings = (
        Heading("Figure"),
        Heading("Unit", page=False),
        Heading("Newest", number=True),
        Heading("Mean", number=True),
        Heading(f"Mean, {view.span} before", number=True),
        Heading("Change", number=True, csv=False),
        Heading("Change", number=True, unit="%", page=False),
        Heading("Remark"),
    )
    shown, kept = without_empty_columns(headings, rows)
    return Table(id, "All figures", shown, kept, empty="No figures were read in this window.")


def csv_unit(view: ReportView, kind: FigureKind, name: str) -> str:
    """The unit of a figure's numbers in CSV: ``%``, ``s``, a currency; empty for counts."""
    unit = info(kind, name).unit
    if unit is FigureUnit.MONEY:
        return view.currency(kind, name)
    return {FigureUnit.PERCENT: "%", FigureUnit.SECONDS: "s", FigureUnit.PER_MINUTE: "1/min"}.get(unit, "")


def _label(name: str, label: str) -> str:
    """``5 stars`` for the rating ``5``; other labels unchanged."""
    if name == "ratings" and label in ("1", "2", "3", "4", "5"):
        return "1 star" if label == "1" else f"{label} stars"
    return label


def _gone(figure: object) -> bool:
    return getattr(figure, "value", None) is None


def _finding(label: str, pairs: Sequence[tuple[str, float]], whole: float, parts: bool) -> str:
    if not pairs or whole <= 0:
        return label
    top, value = max(pairs, key=lambda pair: pair[1])
    name = top if len(top) <= 40 else top[:39] + "…"
    verb = "lead" if name.endswith(" stars") else "leads"
    share = percent(value, 0) if parts else percent(100 * value / whole, 0)
    return f"{label}: {name} {verb} with {share}"


def _movement(label: str, moved: Change | None, unit: FigureUnit) -> str:
    if moved is None:
        return label
    way, amount = moved_by(moved, unit)
    if not way:
        return f"{label} held steady"
    return f"{label} {'rose' if way > 0 else 'fell'} {amount if amount.startswith('from') else f'by {amount}'}"


def _history_table(
    view: ReportView,
    kind: FigureKind,
    name: str,
    known: Sequence[tuple[datetime, float]],
    *,
    id: str,  # noqa: A002
) -> Table:
    figure = info(kind, name)
    stride = max(1, -(-len(known) // 24))
    chosen = list(known[::stride])
    if chosen[-1] is not known[-1]:
        chosen.append(known[-1])
    rows = tuple(
        (
            Cell(view.times.short(at), value=view.times.iso(at)),
            Cell(written(value, figure.unit), number=True, value=value),
        )
        for at, value in chosen
    )
    note = f"{len(chosen)} of {len(known)} points" if len(chosen) < len(known) else ""
    headings = (Heading("Read"), Heading(figure.label, number=True, unit=csv_unit(view, kind, name)))
    return Table(id, f"{figure.label}, figures", headings, rows, note=note, folded=True)


def _step_words(step: int) -> str:
    return duration(step).replace("m", " min").replace("h", " h").replace("d", " d") if step >= 60 else f"{step} s"
