"""A service as each location sees it, as lines of styled runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.model import LocationView
from amt_console.text import age, milliseconds
from widgets.ages import coarse_age
from widgets.cells import Run, Runs
from widgets.look import Look


def seen_from(views: Sequence[LocationView], now: datetime, look: Look) -> list[Runs]:
    """One line a location: its state and since when, the response time, when it last looked, and what is wrong."""
    palette = look.palette
    width = max((len(view.name) for view in views), default=0)
    lines: list[Runs] = []
    for view in views:
        text, style = look.state(view.state)
        runs: list[Run] = [
            (f"{view.name:<{width}}  ", palette.text),
            (f"{text:<10}", style),
            (f"{age(view.since, now):>4}  ", palette.muted),
            (f"{look.value(milliseconds(view.response_time_ms)):>8}  ", palette.text),
            (f"checked {coarse_age(view.last_checked, now):<5} ", palette.muted),
        ]
        lines.append([*runs, (view.error or "", style)])
    return lines
