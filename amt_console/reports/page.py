"""The parts of a page as data, so that HTML, Markdown and CSV have the same content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from markupsafe import Markup

from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.text import MISSING

MOST_ROWS = 20
"""Rows of a table that a page shows; further rows are folded."""
_LINE_CHARS = 40
_FEW_ROWS = 5
"""So few further rows are not worth a fold."""


@dataclass(frozen=True, slots=True)
class FigureCard:
    """One key figure."""

    label: str
    value: str
    """A dash if missing."""
    detail: str = ""
    """Target, or composition."""
    change: str = ""
    """Change against the previous window."""
    tone: Tone = Tone.PLAIN
    word: str = ""
    """The state in words."""
    missing: str = ""
    """Why the value is missing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    tone: Tone = Tone.PLAIN
    number: bool = False
    """Aligned to the right."""
    muted: bool = False
    fixed: bool = False
    """Not wrapped, unless it is a long text."""
    value: float | int | str | None = None
    """In CSV: a number in the heading's unit, or a moment in ISO 8601; of a text the text itself where this is none."""

    @property
    def unbroken(self) -> bool:
        """Whether it stands on one line; names of others may be too long for any screen."""
        return self.fixed and len(self.text) <= _LINE_CHARS

    @property
    def look(self) -> Markup:
        """The ``class`` attribute of its table cell; empty for a plain one."""
        return _look(not self.text, self.number, self.muted, self.unbroken, self.tone is Tone.CRITICAL)


@cache
def _look(blank: bool, number: bool, muted: bool, fixed: bool, hot: bool) -> Markup:
    """There are very many cells and few looks."""
    wanted = {"blank": blank, "number": number, "muted": muted, "fixed": fixed, "hot": hot}
    names = " ".join(name for name, has in wanted.items() if has)
    return Markup(f' class="{names}"' if names else "")  # noqa: S704 - words of ours


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; what is one sentence on a page may be several columns in CSV."""

    text: str
    number: bool = False
    """A number in CSV, and aligned to the right."""
    unit: str = ""
    """Of the numbers in CSV: ``ms``, ``s``, ``%``, a currency."""
    page: bool = True
    csv: bool = True


def in_csv(value: float | int | str | None) -> Cell:
    """A cell of a column that only CSV has."""
    return Cell("", value="" if value is None else value)


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``empty`` replaces it if it has no rows."""

    kind: ClassVar[str] = "table"
    id: str
    title: str
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    empty: str = "Nothing to list."
    note: str = ""
    folded: bool = False
    """Folded by default: the numbers under a chart."""
    whole: bool = False
    """Every row is shown, however many there are."""

    @property
    def rows_shown(self) -> int:
        """How many rows a page shows; the rest unfolds."""
        return MOST_ROWS if is_long(len(self.rows)) and not self.whole else len(self.rows)

    def on_page(self) -> tuple[tuple[Heading, ...], tuple[Row, ...]]:
        """Headings and rows without the columns that only CSV has."""
        shown = [index for index, heading in enumerate(self.headings) if heading.page]
        return tuple(self.headings[i] for i in shown), tuple(tuple(row[i] for i in shown) for row in self.rows)


@dataclass(frozen=True, slots=True)
class BarRow:
    """One category of a bar table."""

    label: str
    value: str
    share: str
    fraction: float
    """Length of the bar, 0-1."""
    number: float = 0.0
    """``value`` in CSV."""
    percent: float | None = None
    """``share`` in CSV."""


@dataclass(frozen=True, slots=True)
class BarsPart:
    """Categories, largest first or in their own order, with label, bar, number and share."""

    kind: ClassVar[str] = "bars"
    id: str
    title: str
    label_heading: str
    value_heading: str
    share_heading: str
    """Empty for none."""
    rows: tuple[BarRow, ...]
    empty: str = ""
    """Why there are no rows."""
    note: str = ""
    unit: str = ""
    """Of the numbers in CSV."""


class MarkKind(StrEnum):
    """What a mark on a time axis stands for."""

    INCIDENT = "incident"
    ACTION = "action"
    """Of a person: an acknowledgement, a note, a deployment."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that is pointed out on a chart."""

    at: datetime
    kind: MarkKind
    label: str
    """What happened, without the time."""


class Unit(StrEnum):
    """How the numbers of a chart are written, on its axis and in its read-out."""

    MS = "ms"
    PERCENT = "percent"
    SECONDS = "seconds"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis; ``position`` is a fraction of the axis, from the left or from below."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one line, for the read-out."""

    name: str
    colour: str
    """A name of the palette."""
    points: tuple[tuple[int, float | None], ...]
    """Unix milliseconds and value; ``None`` where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of a chart with rows, for its label and the read-out."""

    name: str
    spans: tuple[tuple[int, int, str], ...]
    """Begin and end in Unix milliseconds, and a word."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The time that a chart shows, and how its zone is to be written."""

    start: int
    """Unix milliseconds."""
    end: int
    offsets: tuple[tuple[int, int, str], ...]
    """From when on (Unix milliseconds) the zone is how many seconds ahead of UTC, and its abbreviation."""


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """A chart: the specification of its picture, and what a page draws around it and reads out of it."""

    vega: Mapping[str, Any]
    """Vega-Lite, with axes: the picture by itself."""
    width: int
    """Of the plot without its axes, in pixels; a page stretches it."""
    height: int
    x: tuple[Tick, ...]
    y: tuple[Tick, ...] = ()
    lanes: tuple[Lane, ...] = ()
    """Rows from above instead of a scale of numbers."""
    time: TimeAxis | None = None
    """``None``: the chart is over categories."""
    unit: Unit = Unit.COUNT
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    """Symbol class and word, beside those of the page."""


@dataclass(frozen=True, slots=True)
class PageChart:
    """A chart with its finding as title, or the reason why it is missing."""

    kind: ClassVar[str] = "chart"
    id: str
    title: str
    subtitle: str
    description: str
    """A computed sentence for screen readers."""
    spec: ChartSpec | None
    """``None`` without data."""
    empty: str = ""
    table: Table | None = None
    legend: tuple[tuple[str, str], ...] = ()
    """Symbol class and word."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item that needs attention, or a piece of advice."""

    tone: Tone
    word: str
    title: str
    text: str
    facts: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    """Label and sentence: the expected effect of advice, how to check it."""
    code: str = ""
    """Text to copy: a change of the configuration."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list of items; ``empty`` replaces it if there are none."""

    kind: ClassVar[str] = "items"
    id: str
    items: tuple[Item, ...]
    empty: str
    measured: bool = True
    """Whether ``empty`` says that all is well; else nothing is known."""
    folded: bool = False
    """Whether each item shows its title and text, and unfolds the rest."""


Block = PageChart | Table | BarsPart | Items


@dataclass(frozen=True, slots=True)
class PageSection:
    """A heading with blocks under it; ``columns`` is the number of blocks side by side on a wide page."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    columns: int = 1
    lead: str = ""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report page, in the order of its parts."""

    part: str
    file_name: str
    title: str
    subject: str
    """One line under the title."""
    meta: tuple[tuple[str, str], ...]
    notices: tuple[Item, ...]
    """Warnings about the data: simulated history, a silent monitor, low coverage."""
    verdict: ReportVerdict
    cards: tuple[FigureCard, ...]
    sections: tuple[PageSection, ...]
    method: tuple[tuple[str, str], ...]
    siblings: tuple[tuple[str, str], ...]
    """File name and content."""
    lead: PageChart | None = None
    """The one chart that matters, on the first screen; where it shows nothing, the first that shows something."""

    def first_chart(self) -> PageChart | None:
        """The chart on the first screen, above the sections."""
        return next((chart for chart in self.charts() if chart.spec is not None), self.lead)

    def blocks(self) -> tuple[Block, ...]:
        """The lead chart and the blocks of all sections, in order."""
        lead = (self.lead,) if self.lead is not None else ()
        return (*lead, *(block for section in self.sections for block in section.blocks))

    def charts(self) -> tuple[PageChart, ...]:
        """All charts, in order."""
        return tuple(block for block in self.blocks() if isinstance(block, PageChart))

    def tables(self) -> tuple[Table | BarsPart, ...]:
        """All tables and bar tables, in order, with those under the charts."""
        found: list[Table | BarsPart] = []
        for block in self.blocks():
            if isinstance(block, (Table, BarsPart)):
                found.append(block)
            elif isinstance(block, PageChart) and block.table is not None:
                found.append(block.table)
        return tuple(found)


def is_long(rows: int) -> bool:
    """Whether a table of so many rows is folded."""
    return rows > MOST_ROWS + _FEW_ROWS


def without_empty_columns(
    headings: tuple[Heading, ...], rows: Sequence[Row]
) -> tuple[tuple[Heading, ...], tuple[Row, ...]]:
    """Leave out the columns that are empty or missing in all rows."""
    keep = [
        index
        for index in range(len(headings))
        if any(row[index].text not in ("", MISSING) or row[index].value not in (None, "") for row in rows)
    ]
    chosen = keep or range(len(headings))
    return tuple(headings[i] for i in chosen), tuple(tuple(row[i] for i in chosen) for row in rows)
