"""What people did, which messages went out and how much was measured over time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.style import Style

from amt_console.console.strips.state_rows import labelled, strip_cells, strip_lines
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.model.queries.activity import Activity, AuditLine
from amt_console.text import plural, short_moment
from widgets.cells import Runs
from widgets.chart import ChartLine, ChartMark, Plot
from widgets.look import Look
from widgets.sparkline import bar_cells

_MOST_STRIPS = 6
"""Of people, and of channels: the others share the last one."""
_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class _Strip:
    name: str
    at: list[datetime] = field(default_factory=list)
    waiting: list[datetime] = field(default_factory=list)
    given_up: list[datetime] = field(default_factory=list)

    def words(self, unit: str, since: str) -> str:
        parts = [f"{plural(len(self.at), unit)}{since}"]
        parts += [f"{len(self.waiting)} waiting"] if self.waiting else []
        parts += [f"{len(self.given_up)} given up"] if self.given_up else []
        return ", ".join(parts)


def activity_rows(activity: Activity, most: int, *, left: int, width: int, look: Look) -> list[Runs]:
    """A bar for each part of the time, as high as there were actions or messages in it.

    A message that was given up colours its bar, and so does one that waits.

    Args:
        activity: Of a window.
        most: As many rows of a kind it has at most: earlier ones are not known.
        left: Lines for the panel; without room for all strips there is none.
        width: Cells of the panel.
        look: Palette and alphabet.
    """
    people, channels = _people(activity.audit), _channels(activity.messages)
    strips = [*people, *channels]
    height = strip_lines(left, len(strips))
    if not height:
        return []
    start, end = activity.start, activity.end
    words = [each.words("action", _since(activity.audit, most, activity, look)) for each in people]
    words += [each.words("message", _since(activity.messages, most, activity, look)) for each in channels]
    cells = strip_cells(width, [each.name for each in strips], min(max(map(len, words)), width // 3))
    counts = [_counts(each.at, start, end, cells) for each in strips]
    highest = max(map(max, counts))
    drawn = [
        bar_cells(
            tuple(float(number) if number else None for number in found),
            _styles(strip, start, end, cells, look),
            min(height, max(1, highest)),
            look,
            high=float(highest),
        )
        for strip, found in zip(strips, counts, strict=True)
    ]
    parts = list(zip((each.name for each in strips), drawn, words, strict=True))
    return labelled(parts, start, end, cells, look)


def measured_plot(activity: Activity) -> Plot:
    """The measured part of the time, with the gaps shaded and the messages that were given up marked."""
    measured = activity.health.measured
    if measured is None:
        return Plot()
    given_up = [each for each in activity.messages if each.state is DeliveryState.DEAD]
    return Plot(
        (ChartLine("measured", measured.percent),),
        measured.start,
        activity.end,
        unit="%",
        high=100.0,
        shade="not measured",
        outages=tuple((gap.started_at, gap.ended_at) for gap in activity.health.gaps),
        marks=tuple(ChartMark(each.created_at, "message given up") for each in given_up),
    )


def _since(rows: Sequence[AuditLine] | Sequence[Delivery], most: int, activity: Activity, look: Look) -> str:
    """From when on the rows are known, if older ones are left out."""
    if len(rows) < most:
        return ""
    return f" since {short_moment(_moment(rows[-1]), activity.end, look.zone)}"


def _moment(row: AuditLine | Delivery) -> datetime:
    return row.at if isinstance(row, AuditLine) else row.created_at


def _people(audit: Iterable[AuditLine]) -> list[_Strip]:
    found: dict[str, _Strip] = {}
    for row in audit:
        found.setdefault(row.actor, _Strip(row.actor)).at.append(row.at)
    return _fewer(found.values())


def _channels(messages: Iterable[Delivery]) -> list[_Strip]:
    found: dict[str, _Strip] = {}
    for row in messages:
        strip = found.setdefault(row.channel, _Strip(row.channel))
        strip.at.append(row.created_at)
        if row.state is DeliveryState.DEAD:
            strip.given_up.append(row.created_at)
        elif row.state is DeliveryState.QUEUED:
            strip.waiting.append(row.created_at)
    return _fewer(found.values())


def _fewer(strips: Iterable[_Strip]) -> list[_Strip]:
    """Most rows first."""
    ordered = sorted(strips, key=lambda each: -len(each.at))
    if len(ordered) <= _MOST_STRIPS:
        return ordered
    rest = _Strip(_OTHERS)
    for each in ordered[_MOST_STRIPS - 1 :]:
        rest.at.extend(each.at)
        rest.waiting.extend(each.waiting)
        rest.given_up.extend(each.given_up)
    return [*ordered[: _MOST_STRIPS - 1], rest]


def _counts(moments: Iterable[datetime], start: datetime, end: datetime, cells: int) -> list[int]:
    counts = [0] * cells
    for at in moments:
        if start <= at <= end:
            counts[min(cells - 1, int((at - start) / (end - start) * cells))] += 1
    return counts


def _styles(strip: _Strip, start: datetime, end: datetime, cells: int, look: Look) -> list[Style]:
    palette = look.palette
    waiting, given_up = (_counts(each, start, end, cells) for each in (strip.waiting, strip.given_up))
    return [
        palette.critical if bad else palette.warning if late else palette.trend
        for bad, late in zip(given_up, waiting, strict=True)
    ]
