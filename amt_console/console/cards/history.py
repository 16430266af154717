"""The period and the chart of an incident. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amt_console.model import AlertType, Episode
from amt_console.operations.protocol import ServiceDetail
from widgets.chart import ChartLine, ChartMark, Plot

BEFORE = timedelta(minutes=10)
AFTER = timedelta(minutes=5)
"""Time shown before and after an incident."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class IncidentWindow:
    """The period of a chart."""

    start: datetime
    end: datetime
    open_end: bool
    """Whether it ends with the displayed moment."""

    @property
    def hours(self) -> float:
        """Its length in hours."""
        return (self.end - self.start) / _HOUR

    @property
    def last_hour(self) -> bool:
        """Whether it is exactly the last hour."""
        return self.open_end and self.end - self.start == _HOUR


def window_of(episode: Episode, now: datetime) -> IncidentWindow:
    """The incident with some minutes around it; at least an hour."""
    resolved = episode.resolved_at
    end = now if resolved is None else min(now, resolved + AFTER)
    return IncidentWindow(min(episode.opened_at - BEFORE, end - _HOUR), end, open_end=end == now)


def response_plot(detail: ServiceDetail, name: str, episode: Episode | None = None) -> Plot:
    """Mean and p95 of the response time, where most checks failed, and the begin of an alert with its outage."""
    plot = Plot(
        (ChartLine(f"mean, {name}", detail.mean_ms), ChartLine("p95", detail.p95_ms)),
        detail.start,
        detail.end,
        failed=tuple(up is not None and up < 50 for up in detail.uptime),
    )
    if episode is None:
        return plot
    down = episode.alert_type is AlertType.SERVICE_DOWN
    outages = ((episode.opened_at, episode.resolved_at or detail.end),) if down else ()
    return replace(plot, outages=outages, marks=(ChartMark(episode.opened_at, "began"),))
