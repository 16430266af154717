"""Tables of the platform's figures: all of them, and those that are missing."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import FIGURES, change_text, info
from amt_console.reports.page import Cell, Heading, Item, Table, in_csv, without_empty_columns
from amt_console.reports.pages.cards import amount
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import either, listed
from amt_console.text import MISSING, duration

_STALE_FIGURES_S = 3600.0


def missing_items(view: ReportView, kinds: Sequence[FigureKind]) -> tuple[Item, ...]:
    """One item per endpoint with missing figures or without a recent answer."""
    found: list[Item] = []
    unread = [kind.value for kind in kinds if view.business(kind) is None]
    if unread:
        names, plural = either(unread), "s were" if len(unread) > 1 else " was"
        why = f"The platform's endpoint{plural} not read in this period."
        found.append(Item(Tone.UNKNOWN, "No data", f"No {names} figures", why))
    for kind in kinds:
        source = view.business(kind)
        if source is None:
            continue
        labels = {name: info(kind, name).label for name in FIGURES[kind]}
        gone = [
            (label, source.figures[name].reason or "")
            for name, label in labels.items()
            if name in source.figures and source.figures[name].value is None
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
        if any(_without_currency(view, kind, name) for name in source.figures):
            text = 'The platform names none. Set currency = "EUR", or yours, under [figures] in the configuration.'
            found.append(Item(Tone.INFO, "Note", f"The currency of the {kind.value} amounts is not known", text))
    return tuple(found)


def _without_currency(view: ReportView, kind: FigureKind, name: str) -> bool:
    figure = view.figure(kind, name)
    known = figure is not None and figure.value is not None
    return known and info(kind, name).unit is FigureUnit.MONEY and not view.currency(kind, name)


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
                    Cell(amount(view, kind, name, now), number=True, value=now),
                    Cell(amount(view, kind, name, mean), number=True, value=mean),
                    Cell(
                        amount(view, kind, name, moved.before) if moved else MISSING,
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
    return Table(id, "All figures", shown, kept, empty=f"No figures were read between {view.between}.")


def csv_unit(view: ReportView, kind: FigureKind, name: str) -> str:
    """The unit of a figure's numbers in CSV: ``%``, ``s``, a currency; empty for counts."""
    unit = info(kind, name).unit
    if unit is FigureUnit.MONEY:
        return view.currency(kind, name)
    return {FigureUnit.PERCENT: "%", FigureUnit.SECONDS: "s", FigureUnit.PER_MINUTE: "1/min"}.get(unit, "")
