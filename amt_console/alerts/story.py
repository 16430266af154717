"""An alert's events as a person reads them: long runs that say the same are one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from amt_console.model import AlertEvent
from amt_console.text import duration

_NO_DATA = frozenset(("stale", "fresh"))
_ERRORS = frozenset(("error_changed",))
_LEAST_ERRORS = 3
"""Fewer changes of the error in a row are told one by one."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line: an event, or a run of them."""

    event: AlertEvent
    """The only one, else the newest of the run."""
    since: datetime
    """When the first of the run happened."""
    summary: str | None = None
    """Of a run, in words; ``None`` for a single event."""


def fold_story(events: Sequence[AlertEvent]) -> list[StoryLine]:
    """Fold runs of "no fresh data" and "fresh data again" into one line each, and long runs of changing errors.

    Args:
        events: Of one alert, oldest first.
    """
    lines: list[StoryLine] = []
    for kind, grouped in groupby(events, key=_run_of):
        run = list(grouped)
        if kind == "no data" and len(run) > 1:
            lines.append(StoryLine(run[-1], run[0].at, _no_data_words(run)))
        elif kind == "errors" and len(run) >= _LEAST_ERRORS:
            newest = run[-1].detail.get("new_error", run[-1].message)
            lines.append(StoryLine(run[-1], run[0].at, f"the error changed {len(run)} times, in the end: {newest}"))
        else:
            lines += [StoryLine(event, event.at) for event in run]
    return lines


def _run_of(event: AlertEvent) -> str | int:
    if event.kind in _NO_DATA:
        return "no data"
    return "errors" if event.kind in _ERRORS else id(event)


def _no_data_words(run: Sequence[AlertEvent]) -> str:
    times = sum(event.kind == "stale" for event in run)
    blind, began = timedelta(), None
    for event in run:
        if event.kind == "stale":
            began = event.at
        elif began is not None:
            blind, began = blind + max(timedelta(), event.at - began), None
    how_often = "once" if times == 1 else f"{times} times"
    still = ", and now again" if began is not None else ""
    return f"no fresh data {how_often}, for {duration(blind.total_seconds())} in all{still}"
