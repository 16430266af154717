"""The view model of all reports: cleaned data, its analysis and the verdict; the only source of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast

from amt_console.analysis import PerformanceAnalysis, ServiceHistory, analyse
from amt_console.analysis.forecasts.daily import projections
from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.analysis.seasonal import FigureChange, change
from amt_console.analysis.series import regroup
from amt_console.model import (
    AlertState,
    BusinessFigures,
    Figure,
    FigureKind,
    FigureUnit,
    Rollup,
)
from amt_console.reports.gathering.clean import cleaned
from amt_console.reports.gathering.data import AlertRecord, FigureName, ReportData, ServiceRecord
from amt_console.reports.gathering.inputs import Inputs, inputs_of
from amt_console.reports.times import Times, zone_of
from amt_console.reports.tone import ReportVerdict
from amt_console.reports.verdict import health_verdict
from amt_console.text import window_length


@dataclass(frozen=True)
class ReportView:
    """The content of the reports, before layout."""

    data: ReportData
    analysis: PerformanceAnalysis
    times: Times
    verdict: ReportVerdict
    """The verdict on the services; pages about figures add theirs."""
    forecasts: Mapping[FigureName, Forecast] = field(default_factory=dict)
    """Of the figures with daily values; without points where the back-test does not bear one."""

    @cached_property
    def inputs(self) -> Inputs:
        """What the reports were made of. Only JSON tells it: pages do without the time of the digest."""
        return inputs_of(self.data, self.analysis)

    @cached_property
    def step_starts(self) -> tuple[str, ...]:
        """The start of every step of the window, as files have it: the same for each service."""
        return tuple(self.times.exact(start) for start in self.data.window.starts())

    @property
    def open_alerts(self) -> tuple[AlertRecord, ...]:
        """Firing or recovering at the window's end: unacknowledged first, then the worst, then the oldest."""
        live = [r for r in self.data.alerts if r.episode.state in (AlertState.FIRING, AlertState.RECOVERING)]
        return tuple(
            sorted(
                live,
                key=lambda r: (r.episode.acknowledged_by is not None, -r.episode.severity.rank, r.episode.opened_at),
            )
        )

    @property
    def window_alerts(self) -> tuple[AlertRecord, ...]:
        """Fired alerts that were open at some time in the window, oldest first."""
        window = self.data.window
        return tuple(
            r
            for r in self.data.alerts
            if r.episode.fired_at is not None
            and r.episode.opened_at < window.end
            and (r.episode.resolved_at is None or r.episode.resolved_at >= window.start)
        )

    @property
    def simulated(self) -> bool:
        """Whether any of the window is simulated."""
        until = self.data.simulated_until
        return until is not None and until > self.data.window.start

    @property
    def span(self) -> str:
        """Length of the window in words: ``24 h``, ``7 days``."""
        return window_length(self.data.window.hours)

    @property
    def between(self) -> str:
        """Start and end of the window: ``Thu 19 Nov 2026, 20:00 and Fri 20 Nov 2026, 20:00``."""
        return f"{self.times.minute(self.data.window.start)} and {self.times.minute(self.data.window.end)}"

    def business(self, kind: FigureKind) -> BusinessFigures | None:
        """The newest figures of one endpoint."""
        return self.data.figures.get(kind)

    def figure(self, kind: FigureKind, name: str) -> Figure | None:
        """The newest reading of one figure."""
        source = self.data.figures.get(kind)
        return source.figures.get(name) if source is not None else None

    def currency(self, kind: FigureKind, name: str) -> str:
        """The currency code of an amount; empty for other figures, or if unknown."""
        figure = self.figure(kind, name)
        unit = figure.unit if figure is not None else None
        return unit if unit is not None and unit not in list(FigureUnit) else ""

    def why_suspect(self, kind: FigureKind, name: str) -> str | None:
        """Why a value looks wrong, in one line."""
        figure = self.figure(kind, name)
        return figure.suspect if figure is not None else None

    def change(self, kind: FigureKind, name: str) -> FigureChange | None:
        """Change of a figure: its mean over the window against the mean over the previous one.

        ``None`` without a value to compare with, and in a report without comparison.
        """
        if not self.data.compare:
            return None
        return change(self.data.means.get((kind, name)), self.data.means_before.get((kind, name)))

    def number(self, kind: FigureKind, name: str) -> float | None:
        """The newest value of a single-number figure."""
        figure = self.figure(kind, name)
        return float(figure.value) if figure is not None and isinstance(figure.value, (int, float)) else None

    def breakdown(self, kind: FigureKind, name: str) -> tuple[tuple[str, float], ...]:
        """A breakdown; empty if missing."""
        source = self.data.figures.get(kind)
        figure = source.figures.get(name) if source else None
        if figure is None or not isinstance(figure.value, tuple):
            return ()
        pairs = cast("tuple[tuple[str, float | None], ...]", figure.value)
        return tuple((label, value) for label, value in pairs if value is not None)

    def why_missing(self, kind: FigureKind, name: str) -> str:
        """Why a figure is missing, in one line."""
        source = self.data.figures.get(kind)
        if source is None:
            return "nothing was read in this period"
        figure = source.figures.get(name)
        if figure is None:
            return "this figure was not read"
        return figure.reason or "no usable value"

    def history(self, kind: FigureKind, name: str) -> tuple[tuple[datetime, float], ...]:
        """Stored values over the window, oldest first."""
        return tuple((at, value) for at, value in self.data.history.get((kind, name), ()) if value is not None)

    def previous_history(self, kind: FigureKind, name: str) -> tuple[tuple[datetime, float], ...]:
        """Stored values over the previous window; empty in a report without comparison."""
        if not self.data.compare:
            return ()
        stored = self.data.previous_history.get((kind, name), ())
        return tuple((at, value) for at, value in stored if value is not None)

    def previous_buckets(self, service: str) -> tuple[Rollup, ...]:
        """The results of a service in the previous window on steps of this one; empty without comparison."""
        if not self.data.compare:
            return ()
        found = next((record.previous for record in self.data.services if record.name == service), ())
        return tuple(regroup(found, self.data.window.previous())) if found else ()

    def daily(self, kind: FigureKind, name: str) -> tuple[tuple[datetime, float], ...]:
        """One value per day before the window's end, oldest first."""
        return tuple((at, value) for at, value in self.data.daily.get((kind, name), ()) if value is not None)


def build_view(data: ReportData) -> ReportView:
    """Clean the data, analyse it, and judge it. Raises UnknownZoneError."""
    zone = zone_of(data.zone)
    safe = cleaned(data)
    analysis = analyse(
        safe.window,
        [_history(service) for service in safe.services],
        zone=zone,
        host=safe.host,
        previous_host=safe.previous_host,
        disk_day=safe.disk_day,
        episodes=[record.episode for record in safe.alerts],
        gaps=safe.gaps,
        limits=safe.limits,
        slos=safe.slos,
        slo_totals=safe.slo_totals,
        figures=safe.history,
    )
    last_day = (each for each in safe.host.get("disk", ()) if each.start >= safe.window.end - timedelta(days=1))
    if not safe.disk_day and any(each.samples for each in last_day):
        why = "the five-minute sums of the last 24 hours are deleted"
        analysis = replace(analysis, disk=replace(analysis.disk, forecast=replace(analysis.disk.forecast, reason=why)))
    times = Times(zone)
    return ReportView(
        data=safe,
        analysis=analysis,
        times=times,
        verdict=health_verdict(safe, analysis, times),
        forecasts=projections(safe.daily),
    )


def _history(service: ServiceRecord) -> ServiceHistory:
    return ServiceHistory(
        name=service.name,
        buckets=service.buckets,
        previous=service.previous,
        initial=service.initial,
        initial_error=service.initial_error,
        changes=service.changes,
        depends_on=service.depends_on,
        warning_ms=service.warning_ms,
        tls_expires_at=service.tls_expires_at,
        error_classes=service.error_classes,
        interval=service.interval,
        phases=service.phases,
    )
