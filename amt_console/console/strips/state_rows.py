"""The states of many services over one window, a strip each, one below the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from amt_console.model import AlertView, ServiceState, Severity, StateSpan
from amt_console.model.queries.states import StateHistory
from amt_console.text import duration
from widgets.cells import Runs, clean, crop, padded, width_of
from widgets.look import Look
from widgets.state_strip import axis_runs, strip_runs, tall_strip_runs

_MOST_EVENTS = 8
"""Times of trouble that stand above the strips, if there are so many."""
_AROUND = 3
"""The heading, the blank line above it, and the time axis."""
_USUAL, _TALLEST = 2, 4
"""Lines of a strip, and the most where nothing else needs them."""
_SPACED_FROM = 3
"""From so many lines on a strip has a blank line above it."""
_NAME_CELLS, _DOWN_CELLS = 26, 13
_LEAST_CELLS = 16


def day_room(left: int, events: int, services: int) -> tuple[int, int]:
    """Share the lines below a short list.

    Args:
        left: Lines below the heading of the times of trouble.
        events: Times of trouble that would fill them.
        services: Services with a strip each.

    Returns:
        Lines for the times of trouble, and lines of each strip: 0 where there is no room for all services.
    """
    usual = min(_USUAL, strip_lines(left - min(events, _MOST_EVENTS), services))
    strip = max(usual, strip_lines(left - events, services))
    return left - strips_room(services, strip), strip


def strip_lines(left: int, strips: int) -> int:
    """Lines of each of so many strips in a panel of their own; 0 without room for all."""
    return next((each for each in range(_TALLEST, 0, -1) if strips and left >= strips_room(strips, each)), 0)


def strips_room(strips: int, lines: int) -> int:
    """Lines of a panel with so many strips; 0 without strips."""
    return strips * (lines + (lines >= _SPACED_FROM)) + _AROUND if strips and lines else 0


def alert_rows(
    start: datetime, end: datetime, alerts: Iterable[tuple[AlertView, float]], *, left: int, width: int, look: Look
) -> list[Runs]:
    """Alerts over time in a panel of their own: a strip for each subject, most time in trouble first.

    Behind it stands how many there were and how long in all. Time without an alert is left open: that there was none
    does not tell that all was well.

    Args:
        start: Begin of the window.
        end: Its end.
        alerts: In any order, with the seconds that each lasted.
        left: Lines for the panel; without room for all subjects there is none.
        width: Cells of the panel.
        look: Palette and alphabet.
    """
    spans: dict[str, list[StateSpan]] = {}
    for alert, seconds in alerts:
        begin = alert.opened_at
        state = ServiceState.DOWN if alert.severity is Severity.CRITICAL else ServiceState.DEGRADED
        spans.setdefault(alert.subject, []).append(StateSpan(begin, begin + timedelta(seconds=seconds), state))
    totals = {name: sum(span.seconds for span in found) for name, found in spans.items()}
    names = sorted(spans, key=lambda name: -totals[name])
    strip = strip_lines(left, len(names))
    if not strip:
        return []
    said = {name: f"{len(spans[name])} x {duration(totals[name])}" for name in names}
    history = StateHistory(start, end, {name: tuple(spans[name]) for name in names})
    return state_rows(history, names, width, strip, look, said=said)


def state_rows(
    history: StateHistory,
    names: Sequence[str],
    width: int,
    strip: int,
    look: Look,
    *,
    said: Mapping[str, str] | None = None,
) -> list[Runs]:
    """The strips by name with what is said of each, and the axis of times below them.

    Args:
        history: The states of the window.
        names: Services in their order.
        width: Cells of the panel.
        strip: Lines of each strip.
        look: Palette and alphabet.
        said: Words behind each strip; by default the time that it was down.
    """
    start, end = history.start, history.end
    cells = strip_cells(width, names, _DOWN_CELLS)
    parts = []
    for name in names:
        spans = history.spans.get(name, ())
        down = sum(span.seconds for span in spans if span.state is ServiceState.DOWN)
        drawn = [strip_runs(spans, start, end, cells, look)]
        if strip > 1:
            drawn = tall_strip_runs(spans, start, end, cells, look, strip)
        words = said.get(name, "") if said is not None else f"down {duration(down)}" if down else ""
        parts.append((name, drawn, words))
    return labelled(parts, start, end, cells, look)


def strip_cells(width: int, names: Sequence[str], said: int) -> int:
    """Cells of strips between their names and what is said of them.

    Args:
        width: Cells of the panel.
        names: Of the strips.
        said: Cells of the words behind them.
    """
    return max(_LEAST_CELLS, width - _name_cells(names) - said - 5)


def _name_cells(names: Sequence[str]) -> int:
    return min(_NAME_CELLS, max(map(width_of, names), default=0))


def labelled(
    parts: Sequence[tuple[str, Sequence[Runs], str]], start: datetime, end: datetime, cells: int, look: Look
) -> list[Runs]:
    """Strips of equal height with their names and words, and the axis of times below them.

    Args:
        parts: Name, lines, and words of each strip.
        start: Begin of the strips.
        end: Their end.
        cells: Of each strip, as ``strip_cells`` says.
        look: Palette and alphabet.
    """
    palette, room = look.palette, _name_cells([name for name, _, _ in parts])
    lines: list[Runs] = []
    for name, drawn, words in parts:
        if len(drawn) >= _SPACED_FROM:
            lines.append([("", palette.text)])
        shown = crop(clean(name), room, look.ellipsis)
        for at, runs in enumerate(drawn, 1):
            last = at == len(drawn)
            label = padded(shown if last else "", room)
            lines.append([(f"{label}  ", palette.text), *runs, (f"  {words if last else ''}", palette.muted)])
    return [*lines, [(" " * (room + 2), palette.text), *axis_runs(start, end, cells, look)]]
