"""The states of a service over time: a strip of cells, with marks below it and what it says in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from textual.strip import Strip

from amt_console.model import ServiceState, StateSpan
from amt_console.text import STATE_WORDS, duration, near_moment
from widgets.cells import Run, Runs, clean, joined, line, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.plot.scale import time_ticks
from widgets.sparkline import merged

_SIGNS: dict[ServiceState, tuple[str, str]] = {
    ServiceState.UP: ("▂", "-"),
    ServiceState.DEGRADED: ("▅", "!"),
    ServiceState.DOWN: ("█", "X"),
    ServiceState.UNKNOWN: ("·", "."),
    ServiceState.MAINTENANCE: ("░", "="),
}
"""The higher a cell, the worse: readable without colour."""
_UPPER_SIGNS = {ServiceState.DOWN: ("█", "X"), ServiceState.DEGRADED: ("▁", " "), ServiceState.MAINTENANCE: ("░", "=")}
"""The upper lines of a tall strip; what is slow ends there."""
_WORST_FIRST = (
    *(ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.MAINTENANCE),
    *(ServiceState.UNKNOWN, ServiceState.UP),
)
_WELL = (ServiceState.UP, ServiceState.MAINTENANCE)
_TROUBLE = (ServiceState.DOWN, ServiceState.DEGRADED)
_LABEL_CELLS = 10


@dataclass(frozen=True, slots=True)
class StripMark:
    """Something below the strip: when an incident began, what a person did."""

    at: datetime
    sign: str = "▲"
    """One cell."""
    plain_sign: str = "^"
    """Its sign in ASCII."""
    text: str = ""
    """Words behind the sign, if there is room."""


class StateStrip(LineView):
    """What the strip says in words, the strip, its marks if there are any, and the time axis.

    A state takes its share of the cells, and an outage at least one. Time without a known state is a dot.
    """

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._spans: tuple[StateSpan, ...] = ()
        self._window: tuple[datetime, datetime] | None = None
        self._marks: tuple[StripMark, ...] = ()
        self._words: tuple[Run, ...] | None = None
        self._tall = self._axis = True

    def show(
        self,
        spans: Sequence[StateSpan],
        start: datetime,
        end: datetime,
        *,
        marks: Sequence[StripMark] = (),
        words: Runs | None = None,
        tall: bool = False,
        axis: bool = True,
    ) -> None:
        """Show a window; an equal one draws nothing.

        Args:
            spans: The states over time, in any order.
            start: Begin of the window.
            end: Its end.
            marks: What lies below the strip.
            words: The line above it, ``state_words`` by default; no line if it is empty.
            tall: Draw the strip two lines high.
            axis: Draw the times below it.
        """
        given = None if words is None else tuple(words)
        shown = (tuple(spans), (start, end), tuple(marks), given, tall, axis)
        if shown != (self._spans, self._window, self._marks, self._words, self._tall, self._axis):
            self._spans, self._window, self._marks, self._words, self._tall, self._axis = shown
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size. With little height the marks, the axis and the words are left out, in this order."""
        if self._window is None or width < 3:
            return []
        look, palette = self.look, self.look.palette
        (start, end), cells = self._window, width - 2
        words = state_words(self._spans, start, end, look) if self._words is None else list(self._words)
        head = [line([(" ", palette.text), *words], width, ellipsis=look.ellipsis)] if words else []
        strip = [line([(" ", palette.text), *runs], width) for runs in self._strip(start, end, cells)]
        marks = [line([(" ", palette.text), *mark_runs(self._marks, start, end, cells, look)], width)]
        axis = [line([(" ", palette.text), *axis_runs(start, end, cells, look)], width)]
        parts = [head, strip, marks if self._marks else [], axis if self._axis else []]
        for dropped in (2, 3, 0):
            if height is not None and sum(map(len, parts)) > height:
                parts[dropped] = []
        return [each for part in parts for each in part][:height]

    def _strip(self, start: datetime, end: datetime, cells: int) -> list[list[Run]]:
        draw = tall_strip_runs if self._tall else lambda *given: [strip_runs(*given)]
        return draw(self._spans, start, end, cells, self.look)


def tall_strip_runs(
    spans: Sequence[StateSpan], start: datetime, end: datetime, width: int, look: Look, lines: int = 2
) -> list[list[Run]]:
    """A strip of two lines or more, the uppermost first."""
    states = cell_states(spans, start, end, width)
    upper = [
        [(look.glyph(*_upper_signs(each, at, lines)), look.state_style(each)) for each in states]
        for at in range(lines - 1, 0, -1)
    ]
    lower = _cells(strip_runs(spans, start, end, width, look))
    return [*map(merged, upper), merged([_full(cell, each) for cell, each in zip(lower, states, strict=True)])]


def _upper_signs(state: ServiceState, at: int, lines: int) -> tuple[str, str]:
    """The sign of a line above the lowest one: what is slow is about half as high as what is down."""
    if state is ServiceState.DEGRADED and at < lines // 2:
        return "█", "!"
    if state is ServiceState.DEGRADED and at > lines // 2:
        return " ", " "
    return _UPPER_SIGNS.get(state, (" ", " "))


def _cells(runs: Runs) -> list[Run]:
    return [(sign, style) for text, style in runs for sign in text]


def _full(cell: Run, state: ServiceState) -> Run:
    """A cell of the lower line of a tall strip: what is slow fills it."""
    return ("█" if cell[0] == "▅" and state is ServiceState.DEGRADED else cell[0], cell[1])


def strip_runs(spans: Sequence[StateSpan], start: datetime, end: datetime, width: int, look: Look) -> list[Run]:
    """One strip of ``width`` cells, for a line or a cell of a table.

    Args:
        spans: The states over time, in any order.
        start: Begin of the strip.
        end: Its end.
        width: Cells.
        look: Palette and alphabet.
    """
    cells: list[Run] = []
    for state in cell_states(spans, start, end, width):
        style = look.palette.faint if state is ServiceState.UNKNOWN else look.state_style(state)
        cells.append((look.glyph(*_SIGNS[state]), style))
    return merged(cells)


def cell_states(spans: Sequence[StateSpan], start: datetime, end: datetime, width: int) -> list[ServiceState]:
    """The state of each cell: the one that lasted longest in it; unknown where no span is.

    An outage, slowness or maintenance too short for a cell of its own takes the cell in which most of it lies; of two
    in one cell the worse one takes it.
    """
    if width <= 0 or end <= start:
        return [ServiceState.UNKNOWN] * max(0, width)
    shares: list[dict[ServiceState, float]] = [{} for _ in range(width)]
    places: list[tuple[ServiceState, range, int]] = []
    whole = (end - start).total_seconds()
    for span in spans:
        state = span.state
        first = max(0.0, (span.start - start).total_seconds() / whole * width)
        last = min(float(width), (span.end - start).total_seconds() / whole * width)
        if last <= first:
            continue
        touched = range(int(first), min(width, -int(-last // 1)))
        parts = {cell: min(last, cell + 1) - max(first, cell) for cell in touched}
        for cell, part in parts.items():
            shares[cell][state] = shares[cell].get(state, 0.0) + part
        if parts:
            places.append((state, touched, max(parts, key=lambda cell: parts[cell])))
    states = [_longest(share) for share in shares]
    for state in reversed(_WORST_FIRST[:3]):
        for own, touched, most in places:
            if own is state and not any(states[cell] is state for cell in touched):
                states[most] = state
    return states


def _longest(share: dict[ServiceState, float]) -> ServiceState:
    """The state with the largest share of a cell; of equal ones the worst."""
    unknown = 1.0 - sum(share.values())
    candidates = {**share, ServiceState.UNKNOWN: share.get(ServiceState.UNKNOWN, 0.0) + max(0.0, unknown)}
    return max(candidates, key=lambda state: (candidates[state], -_WORST_FIRST.index(state)))


def mark_runs(marks: Sequence[StripMark], start: datetime, end: datetime, width: int, look: Look) -> list[Run]:
    """The signs of marks below their cells, with their words as far as they do not reach the next sign."""
    palette = look.palette
    if width <= 0 or end <= start:
        return []
    placed: dict[int, StripMark] = {}
    for mark in sorted(marks, key=lambda each: each.at):
        if start <= mark.at <= end:
            placed.setdefault(min(width - 1, int((mark.at - start) / (end - start) * width)), mark)
    cells: list[Run] = [(" ", palette.text)] * width
    columns = [*sorted(placed), width + 1]
    free = 0
    for column, following in pairwise(columns):
        mark = placed[column]
        sign, words = clean(look.glyph(mark.sign, mark.plain_sign)), clean(mark.text)
        cells[column] = (sign if len(sign) == width_of(sign) == 1 else "^", palette.strong)
        size = len(words) if len(words) == width_of(words) else width
        if column + 2 + size < following:
            cells[column + 2 : column + 2 + size] = [(letter, palette.muted) for letter in words]
            free = column + 4 + size
        else:
            if column - 1 - size >= free:
                cells[column - 1 - size : column - 1] = [(letter, palette.muted) for letter in words]
            free = column + 3
    return merged(cells)


def axis_runs(start: datetime, end: datetime, width: int, look: Look) -> list[Run]:
    """Round times below their cells."""
    cells = [" "] * width
    free = 0
    for place, label in time_ticks(start, end, look.zone, max(2, width // _LABEL_CELLS)):
        begin = min(round(place * width), width - len(label))
        if begin >= free:
            cells[begin : begin + len(label)] = label
            free = begin + len(label) + 1
    return [("".join(cells), look.palette.muted)]


def state_words(spans: Sequence[StateSpan], start: datetime, end: datetime, look: Look) -> list[Run]:
    """What a strip says: ``DOWN for 21m · well until 12:39``, ``well since 12:45 · down 6m before``.

    Args:
        spans: The states over time.
        start: Begin of the window.
        end: Its end, the moment at which the words are said.
        look: Palette, alphabet and zone.
    """
    palette = look.palette
    inside = _without_gaps(spans, start, end)
    last = inside[-1].state if inside else ServiceState.UNKNOWN
    if all(span.state is ServiceState.UNKNOWN for span in inside):
        return [("no data in this window", palette.muted)]
    since = next(span.start for span in reversed(_stretches(inside)) if span.state is last)
    parts: list[Runs] = [_now_words(last, since, start, end, look)]
    trouble = _durations(inside)
    if last in _TROUBLE or last is ServiceState.UNKNOWN:
        well = max((span.end for span in inside if span.state in _WELL), default=None)
        if well is not None:
            parts.append([(f"well until {near_moment(well, end, look.zone)}", palette.text)])
        elif last in _TROUBLE:
            parts.append([("not well in this window", palette.text)])
    else:
        parts.extend(
            [
                (
                    f"{STATE_WORDS[state].lower()} {duration(trouble[state].total_seconds())} before",
                    look.state_style(state),
                )
            ]
            for state in _TROUBLE
            if state in trouble
        )
    return joined(parts, (look.dot, palette.faint))


def _without_gaps(spans: Sequence[StateSpan], start: datetime, end: datetime) -> list[StateSpan]:
    """The spans within a window in order, unknown where none is; of what overlaps the earlier one counts."""
    filled: list[StateSpan] = []
    reached = start
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        begin, until = max(span.start, reached), min(span.end, end)
        if until <= begin:
            continue
        if begin > reached:
            filled.append(StateSpan(reached, begin, ServiceState.UNKNOWN))
        filled.append(StateSpan(begin, until, span.state))
        reached = until
    if reached < end:
        filled.append(StateSpan(reached, end, ServiceState.UNKNOWN))
    return filled


def _now_words(state: ServiceState, since: datetime, start: datetime, end: datetime, look: Look) -> list[Run]:
    if state is ServiceState.UP:
        words = "well all the time" if since <= start else f"well since {near_moment(since, end, look.zone)}"
        return [(words, look.palette.ok)]
    length = duration((end - since).total_seconds())
    return [look.state(state), (f" for {'more than ' if since <= start else ''}{length}", look.state_style(state))]


def _stretches(inside: Sequence[StateSpan]) -> list[StateSpan]:
    """Neighbours of the same state as one span."""
    joined_spans: list[StateSpan] = []
    for state, group in groupby(inside, key=lambda span: span.state):
        part = list(group)
        joined_spans.append(StateSpan(part[0].start, part[-1].end, state))
    return joined_spans


def _durations(inside: Sequence[StateSpan]) -> dict[ServiceState, timedelta]:
    total: dict[ServiceState, timedelta] = {}
    for span in inside:
        total[span.state] = total.get(span.state, timedelta()) + (span.end - span.start)
    return total
