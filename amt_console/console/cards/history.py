"""Time ranges of the charts, and which of them shows an incident. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amt_console.model import AlertState, AlertType, AlertView, Episode, ServiceState, ServiceView
from amt_console.operations.protocol import ServiceDetail
from widgets.chart import ChartLine, ChartMark, Plot

RANGES: tuple[tuple[float, str], ...] = ((1, "1 h"), (6, "6 h"), (24, "24 h"), (168, "7 d"))
"""Hours and name of the time ranges."""
BEFORE = timedelta(minutes=10)
AFTER = timedelta(minutes=5)
"""Time shown before and after an incident."""
_HOUR = timedelta(hours=1)
_IN_TROUBLE = (ServiceState.DOWN, ServiceState.DEGRADED)


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


def first_range(begins: Iterable[datetime], now: datetime) -> int:
    """Index of the smallest range that contains all ``begins``; the longest range if none does."""
    oldest = min(begins, default=now)
    fits = (index for index, (hours, _) in enumerate(RANGES) if now - oldest <= timedelta(hours=hours))
    return next(fits, len(RANGES) - 1)


def incidents(view: ServiceView, alerts: Iterable[AlertView]) -> list[datetime]:
    """When the present incidents of a service began: its open alerts, and its state if that is down or slow."""
    begins = [
        alert.opened_at for alert in alerts if alert.subject == view.name and alert.state is not AlertState.RESOLVED
    ]
    return [*begins, view.since] if view.since is not None and view.state in _IN_TROUBLE else begins


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
