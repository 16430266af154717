"""One figure of a group in full: its chart beside the outages, and the breakdowns of its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from amt_console.console.cards.business_plots import beside, cause_lines, figure_plot, projection_words
from amt_console.model import BusinessFigures, FigureKind
from amt_console.model.queries.business import BusinessHistory, FigureCourse
from widgets.bars import Bar
from widgets.breakdowns import LEAST_LINES, Breakdown, Breakdowns
from widgets.cells import Runs, wrapped
from widgets.chart import Chart, Plot
from widgets.fact_lines import FactLines
from widgets.figures_panel import FiguresPanel
from widgets.line_view import LineView
from widgets.look import Look
from widgets.tables.figure_table import FigureRow

_LEAST_CHART, _GOOD_CHART, _EMPTY_CHART = 7, 10, 4
_PERCENTS = frozenset({"feature_adoption"})
_PRICES = (("prices", "Price a month"), ("yearly_prices", "Price a year"))


class FigureDetail(Vertical):
    """Heading with the causes, the chart, and the breakdowns where there is room for them."""

    can_focus = False
    DEFAULT_CSS = """
    FigureDetail { height: 1fr; width: 1fr; }
    FigureDetail #over { height: 2; }
    FigureDetail Chart { height: 1fr; }
    FigureDetail Breakdowns { height: 0; margin-top: 1; }
    """

    def __init__(self, group: type[FiguresPanel], *, look: Look, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.group = group
        self._look = look
        self._causes: Sequence[Runs] = ()
        self._projection: Runs = ()
        self._note = ""

    def compose(self) -> ComposeResult:
        """Heading, chart, breakdowns."""
        yield FactLines("", look=self._look, id="over")
        yield Chart(look=self._look, id="chart")
        yield Breakdowns(look=self._look, id="breakdowns")

    def on_resize(self, event: events.Resize) -> None:
        """Share the lines."""
        self._share()

    def show(
        self,
        row: FigureRow | None,
        history: BusinessHistory | None,
        figures: Mapping[FigureKind, BusinessFigures],
        now: datetime,
        *,
        window: str,
        failure: str,
        has_source: bool,
        look: Look,
    ) -> None:
        """Show a figure.

        Args:
            row: The figure.
            history: The window; ``None`` until it is loaded.
            figures: The newest figures, for the breakdowns.
            now: The displayed moment.
            window: Its length in words.
            failure: Why it cannot be loaded.
            has_source: Whether an endpoint has the figures of the group.
            look: Colours and alphabet.
        """
        if not self.is_mounted or not self.children:
            return
        label = row.shown.label if row is not None else self.group.TITLE.capitalize()
        course = _course(row, history)
        over, chart = self.query_one("#over", FactLines), self.query_one(Chart)
        over.title = label
        self._note, self._projection = f"last {window}", ()
        shows_chart = has_source or course is not None
        if not shows_chart:
            self._note = ""
            self._causes = [[(words, look.palette.text)] for words in _how_to_name_a_source(self.group.KIND)]
        elif failure:
            self._causes = [[(f"cannot be read: {failure}", look.palette.warning)]]
        elif history is None:
            self._causes = [[(f"reading{look.ellipsis}", look.palette.muted)]]
        else:
            self._causes = cause_lines(beside(course, history), now, look)
        chart.display = shows_chart
        _set_height(chart, "1fr" if course is not None else _EMPTY_CHART)
        if history is None:
            chart.show(Plot())
        elif course is None:
            chart.show(Plot(start=history.start, end=history.end))
        else:
            chart.show(figure_plot(label, course, history))
            if row is not None:
                self._projection = projection_words(row, course.projection, now, look)
        self.query_one(Breakdowns).show(_breakdowns(self.group, figures))
        self._share()

    def _share(self) -> None:
        """Heading, chart and breakdowns share the lines; of the causes the newest ones stay."""
        if not self.children or self.size.height <= 0:
            return
        height, breakdowns = self.size.height, self.query_one(Breakdowns)
        spare = height - (_GOOD_CHART if self.query_one(Chart).display else 0)
        lines = self._wrapped(5 if spare >= 12 else 3 if spare >= 5 else 1)
        if self._projection and spare >= 3:
            lines += wrapped(self._projection, self.size.width - 2, indent=2)[: 2 if spare >= 12 else 1]
        over = self.query_one("#over", FactLines)
        over.show(lines, note=self._note)
        _set_height(over, 1 + len(lines))
        room = height - 1 - len(lines) - _LEAST_CHART - 1
        wanted = breakdowns.lines_wanted(self.size.width)
        given = min(wanted, max(room, 0))
        if given + _LEAST_CHART > height - 3 and given < LEAST_LINES:
            given = 0
        if wanted > given:
            # More breakdowns than room: the chart keeps a third.
            given = max(0, min(given, height - 2 - len(lines) - max(_LEAST_CHART, height // 3)))
        breakdowns.display = given >= LEAST_LINES
        _set_height(breakdowns, given)

    def _wrapped(self, most: int) -> list[Runs]:
        """The newest causes in full, as far as there is room."""
        lines: list[Runs] = []
        for cause in self._causes:
            parts = wrapped(cause, self.size.width - 2, indent=2) if most > 1 else [list(cause)]
            if lines and len(lines) + len(parts) > most:
                break
            lines += parts
        return lines[:most]


def _how_to_name_a_source(kind: FigureKind) -> tuple[str, ...]:
    return (
        f'Set figures = "{kind.value}" on the [[services]] entry of the endpoint that delivers them.',
        "'amt-console figures test URL' shows what would be read.",
    )


def _set_height(widget: LineView, height: int | str) -> None:
    if str(widget.styles.height) != str(height):
        widget.styles.height = height


def _course(row: FigureRow | None, history: BusinessHistory | None) -> FigureCourse | None:
    if row is None or history is None:
        return None
    return history.figures.get(row.kind, {}).get(row.name)


def _breakdowns(group: type[FiguresPanel], figures: Mapping[FigureKind, BusinessFigures]) -> list[Breakdown]:
    """Those of the group that were read; of revenue with the prices of the plans."""
    found: list[Breakdown] = []
    for name, title in group.BREAKDOWNS:
        bars = _bars(figures, group.KIND, name)
        if bars:
            percents = name in _PERCENTS
            found.append(Breakdown(title, bars, shares=not percents, unit="%" if percents else ""))
    for name, title in _PRICES if group.KIND is FigureKind.REVENUE else ():
        bars = _bars(figures, FigureKind.PLANS, name)
        if bars:
            found.append(Breakdown(title, bars, shares=False))
    for name, title in group.TIMELINES:
        bars = _bars(figures, group.KIND, name)
        if len(bars) > 2:
            found.append(Breakdown(title, bars, over_time=True))
    return found


def _bars(figures: Mapping[FigureKind, BusinessFigures], kind: FigureKind, name: str) -> tuple[Bar, ...]:
    read = figures.get(kind)
    figure = read.figures.get(name) if read is not None else None
    value = figure.value if figure is not None else None
    return tuple(Bar(label, number) for label, number in value) if isinstance(value, tuple) else ()
