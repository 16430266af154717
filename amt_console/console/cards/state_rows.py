"""The states of many services over one window, a strip each, one below the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from amt_console.model import AlertView, ServiceState, Severity, StateSpan
from amt_console.model.queries.states import StateHistory
from amt_console.text import duration
from widgets.cells import Runs, clean, crop, width_of
from widgets.look import Look
from widgets.state_strip import axis_runs, strip_runs, tall_strip_runs

_MOST_EVENTS = 8
"""Times of trouble that stand above the strips, if there are so many."""
_AROUND = 3
"""The heading, the blank line above it, and the time axis."""
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
    for strip in (2, 1):
        rest = left - services * strip - _AROUND
        if services and rest >= min(events, _MOST_EVENTS):
            return rest, strip
    return left, 0


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
    strip = next((strip for strip in (2, 1) if names and left >= len(names) * strip + _AROUND), 0)
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
        strip: Lines of each strip, 1 or 2.
        look: Palette and alphabet.
        said: Words behind each strip; by default the time that it was down.
    """
    palette, start, end = look.palette, history.start, history.end
    room = min(_NAME_CELLS, max(map(width_of, names), default=0))
    cells = max(_LEAST_CELLS, width - room - _DOWN_CELLS - 5)
    lines: list[Runs] = []
    for name in names:
        spans = history.spans.get(name, ())
        down = sum(span.seconds for span in spans if span.state is ServiceState.DOWN)
        drawn = [strip_runs(spans, start, end, cells, look)]
        if strip > 1:
            drawn = tall_strip_runs(spans, start, end, cells, look)
        shown = crop(clean(name), room, look.ellipsis)
        for at, runs in enumerate(drawn, 1):
            last = at == len(drawn)
            label = shown + " " * (room - width_of(shown)) if last else " " * room
            words = said.get(name, "") if said is not None else f"down {duration(down)}" if down else ""
            lines.append([(f"{label}  ", palette.text), *runs, (f"  {words if last else ''}", palette.muted)])
    return [*lines, [(" " * (room + 2), palette.text), *axis_runs(start, end, cells, look)]]
