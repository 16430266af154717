"""Shares the lines of the overview and of the business screen between their panes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MIN_WIDTH = 60
MIN_HEIGHT = 16
HOST_ONLY_BELOW = 17
"""With fewer lines between the bars, only one line of the host is shown: the services need the rest."""
HOUR_LINES = 1
"""The last hour stands between alerts and services at every size."""
COMPACT_LINES = 5
"""Two lines for the host, one for each panel of figures."""
TWO_LINES = 11
"""Lines for two rows of panels: five each, and one between."""
ONE_LINES, ONE_WIDTH = 16, 50
"""Lines and cells for the panels one below the other."""
PREVIEW_FROM, PREVIEW_MOST = 120, 100
"""A preview stands beside a list on screens of at least this many cells; it takes half, and at most so many."""
FOUR_TO_TWO_LINES = 34
"""From this many lines two rows of panels use the room better than one row, at any width."""
TWO_INFO_LINES_FROM = 30
ONE_INFO_LINE_FROM = 110
"""The text of the selected row has two lines on a screen that is tall, but too narrow for one line."""
RESOLVED_FROM_HEIGHT = 30
"""From this many lines the alerts of the last hour that have ended are listed as well."""

Panels = Literal["-host", "-lines", "-bare", "-one", "-two", "-four"]
"""With ``-bare`` the host has the room of all."""


@dataclass(frozen=True, slots=True)
class OverviewPlan:
    """Lines of each pane, and the arrangement of the panels at the bottom."""

    alerts: int
    services: int
    bottom: int
    panels: Panels
    gap: int
    """Blank lines above the last hour and above the panels."""


def info_lines(width: int, height: int) -> int:
    """Lines for the text of the selected row."""
    return 2 if width < ONE_INFO_LINE_FROM and height >= TWO_INFO_LINES_FROM else 1


def preview_width(width: int) -> int:
    """Cells of the preview beside a list; 0 on screens that are too narrow."""
    return min(PREVIEW_MOST, (width - 2) // 2) if width >= PREVIEW_FROM else 0


def too_small(width: int, height: int) -> bool:
    """Whether the terminal is too small for the console."""
    return width < MIN_WIDTH or height < MIN_HEIGHT


def plan_overview(width: int, height: int, *, alerts: int, services: int, figures: bool = True) -> OverviewPlan:
    """Share the lines between the title bar and the text of the selected row.

    Args:
        width: Cells of the screen.
        height: Lines between the bars.
        alerts: Alerts to list.
        services: Services to list.
        figures: Whether there is an endpoint of any figures.
    """
    height -= HOUR_LINES
    alerts_wanted = 1 + alerts if alerts else 1
    services_wanted = 1 + max(1, services)
    bottom_least = _bottom_least(width, height)
    room = height - bottom_least
    alerts_least = min(alerts_wanted, max(4, height // 4))
    alerts_lines = max(alerts_least, min(alerts_wanted, room - services_wanted))
    services_lines = max(2, min(services_wanted, room - alerts_lines))
    spare = height - alerts_lines - services_lines - bottom_least
    gap = 1 if spare >= 2 and height >= HOST_ONLY_BELOW else 0
    bottom = bottom_least + spare - 2 * gap
    panels: Panels = "-host" if height < HOST_ONLY_BELOW else _panels(width, bottom)
    most = COMPACT_LINES if panels == "-lines" else 1
    if panels in ("-host", "-lines") and bottom > most:
        services_lines += bottom - most
        bottom = most
    elif not figures and panels not in ("-host", "-lines"):
        panels = "-bare"
    return OverviewPlan(alerts_lines, services_lines, max(0, bottom), panels, gap)


def _bottom_least(width: int, height: int) -> int:
    if height < HOST_ONLY_BELOW:
        return 1
    if width >= 160 and height >= 34:
        return 12
    if width >= 100 and height >= 44:
        return 17
    return COMPACT_LINES


def _panels(width: int, bottom: int) -> Panels:
    if width >= 160 and 9 <= bottom < FOUR_TO_TWO_LINES:
        return "-four"
    if width >= 76 and bottom >= TWO_LINES:
        return "-two"
    return "-one" if width >= ONE_WIDTH and bottom >= ONE_LINES else "-lines"


BusinessArrangement = Literal["-stacked", "-two", "-three"]
_TWO_FROM, _THREE_FROM, _THREE_FROM_LINES = 110, 165, 44
_ZOOMED_TALL_FROM = 30


@dataclass(frozen=True, slots=True)
class BusinessPlan:
    """How the groups of business figures stand, and the lines of each table."""

    arrangement: BusinessArrangement
    """Tables above one chart, tables beside it, or a column with a chart for each group."""
    lines: tuple[int, ...]


def plan_business(width: int, height: int, *, rows: Sequence[int], selected: int, zoomed: bool) -> BusinessPlan:
    """Share the lines between the tables; the charts take what they leave.

    Args:
        width: Cells of the screen.
        height: Lines between the bars.
        rows: Figures of each group.
        selected: The group with the keys; it gets its lines first.
        zoomed: Only this group is shown.
    """
    wanted = [1 + count for count in rows]
    if zoomed:
        most = height * 2 // 5 if height >= _ZOOMED_TALL_FROM else height // 3
        return BusinessPlan("-stacked", (min(wanted[selected], max(4, most)),) * len(rows))
    if width >= _THREE_FROM and height >= _THREE_FROM_LINES:
        return BusinessPlan("-three", (max(wanted),) * len(rows))
    if width >= _TWO_FROM:
        return BusinessPlan("-two", _shared(wanted, height, selected))
    return BusinessPlan("-stacked", _shared(wanted, height - (9 if height >= 20 else 7), selected))


def _shared(wanted: Sequence[int], room: int, selected: int) -> tuple[int, ...]:
    """Three lines for each, then what the selected one wants, then what the others want."""
    lines = [min(3, each) for each in wanted]
    for at in (selected, *(at for at in range(len(wanted)) if at != selected)):
        lines[at] += max(0, min(wanted[at] - lines[at], room - sum(lines)))
    return tuple(lines)
