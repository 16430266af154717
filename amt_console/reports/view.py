"""The view model of all reports: cleaned data, its analysis and the verdict; every file is made from it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from amt_console.analysis import PerformanceAnalysis, ServiceHistory, analyse
from amt_console.model import (
    AlertState,
    BusinessFigures,
    Figure,
    FigureKind,
    FigureUnit,
    MonitorState,
    ServiceState,
    Severity,
)
from amt_console.reports.clean import cleaned
from amt_console.reports.data import AlertRecord, ReportData, ServiceRecord
from amt_console.reports.outage_words import outages_text
from amt_console.reports.page import ReportVerdict, Tone
from amt_console.reports.times import Times, zone_of
from amt_console.text import duration, percent

CURRENT_FOR_S = 60.0
"""Older than this, the newest measurement is told with its age and in the past tense."""
STALE_AFTER_S = 300.0
"""Older than this, the newest measurement no longer says how things are."""
_NAMES_SHOWN = 3
_BRIEF_CHARS = 48


@dataclass(frozen=True, slots=True)
class ReportView:
    """What the reports say, before any layout."""

    data: ReportData
    analysis: PerformanceAnalysis
    times: Times
    verdict: ReportVerdict

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
        """Whether any of the window did not come from a platform."""
        until = self.data.simulated_until
        return until is not None and until > self.data.window.start

    @property
    def span(self) -> str:
        """Length of the window in words: ``24 h``, ``7 days``."""
        return span_text(self.data.window.hours)

    def business(self, kind: FigureKind) -> BusinessFigures | None:
        """The newest figures of one endpoint."""
        return self.data.figures.get(kind)

    def figure(self, kind: FigureKind, name: str) -> Figure | None:
        """One figure as it was read last."""
        source = self.data.figures.get(kind)
        return source.figures.get(name) if source is not None else None

    def currency(self, kind: FigureKind, name: str) -> str:
        """The code of an amount's currency; empty for other figures, and where nothing names it."""
        figure = self.figure(kind, name)
        unit = figure.unit if figure is not None else None
        return unit if unit is not None and unit not in list(FigureUnit) else ""

    def why_suspect(self, kind: FigureKind, name: str) -> str | None:
        """Why a value looks wrong, in one line."""
        figure = self.figure(kind, name)
        return figure.suspect if figure is not None else None

    def number(self, kind: FigureKind, name: str, *, before: bool = False) -> float | None:
        """A figure that is one number, now or at the window's start."""
        source = (self.data.figures_before if before else self.data.figures).get(kind)
        figure = source.figures.get(name) if source else None
        return float(figure.value) if figure is not None and isinstance(figure.value, (int, float)) else None

    def breakdown(self, kind: FigureKind, name: str) -> tuple[tuple[str, float], ...]:
        """A figure that is labelled numbers; empty when it is missing."""
        source = self.data.figures.get(kind)
        figure = source.figures.get(name) if source else None
        if figure is None or not isinstance(figure.value, tuple):
            return ()
        pairs = cast("tuple[tuple[str, float | None], ...]", figure.value)
        return tuple((label, value) for label, value in pairs if value is not None)

    def why_missing(self, kind: FigureKind, name: str) -> str:
        """Why a figure has no value, in one line."""
        source = self.data.figures.get(kind)
        if source is None:
            return "the platform's endpoint has not been read in this window"
        figure = source.figures.get(name)
        if figure is None:
            return "this figure was not read"
        return figure.reason or "no usable value"

    def history(self, kind: FigureKind, name: str) -> tuple[tuple[datetime, float], ...]:
        """Stored values over the window, oldest first."""
        return tuple((at, value) for at, value in self.data.history.get((kind, name), ()) if value is not None)


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
        episodes=[record.episode for record in safe.alerts],
        gaps=safe.gaps,
        limits=safe.limits,
    )
    return ReportView(data=safe, analysis=analysis, times=Times(zone), verdict=_verdict(safe, analysis))


def span_text(hours: float) -> str:
    """``30 min``, ``24 h``, ``7 days``."""
    whole = round(hours * 60)
    if whole < 60:
        return f"{whole} min"
    if hours < 71.5:
        return f"{round(hours, 1):g} h" if hours < 10 else f"{round(hours)} h"
    return f"{round(hours / 24, 1):g} days"


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; the rest is counted."""
    shown = [brief(name) for name in names[:_NAMES_SHOWN]]
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def brief(name: str) -> str:
    """A name short enough for a sentence or a title; tables have the whole of it."""
    return name if len(name) <= _BRIEF_CHARS else name[: _BRIEF_CHARS - 1] + "…"


def stale_for(data: ReportData) -> float | None:
    """Seconds since the newest measurement when that is too long ago to speak of now; ``None`` when it is fresh."""
    if data.measured_until is None:
        return None
    old = (data.window.end - data.measured_until).total_seconds()
    return old if old > STALE_AFTER_S else None


def _history(service: ServiceRecord) -> ServiceHistory:
    return ServiceHistory(
        name=service.name,
        buckets=service.buckets,
        previous=service.previous,
        initial=service.initial,
        initial_error=service.initial_error,
        changes=service.changes,
        warning_ms=service.warning_ms,
        tls_expires_at=service.tls_expires_at,
    )


def _verdict(data: ReportData, analysis: PerformanceAnalysis) -> ReportVerdict:
    """One sentence on how things stand at the window's end."""
    watched = [service for service in data.services if service.configured]
    if not watched:
        return ReportVerdict(Tone.UNKNOWN, "No data", "No service is configured, so there is nothing to report on.")
    if data.measured_until is None:
        return ReportVerdict(Tone.UNKNOWN, "No data", "Nothing was measured in this window: no monitor was running.")
    stale = stale_for(data)
    if stale is not None:
        ran = (
            "no monitor is running" if data.monitor.state is not MonitorState.RUNNING else "the monitor has gone silent"
        )
        return ReportVerdict(
            Tone.UNKNOWN,
            "No data",
            f"Nothing was measured in the last {duration(stale)}: {ran}. How things are now is not known.",
        )
    as_of = _as_of(data)
    down = [service for service in watched if service.state is ServiceState.DOWN]
    if down:
        sentence = _down_sentence(data, down, len(watched), data.window.end)
        return ReportVerdict(Tone.CRITICAL, "Down", f"{sentence} {as_of}".rstrip())
    past = f"{as_of}{_past(analysis)}"
    unknown = [service.name for service in watched if service.state is ServiceState.UNKNOWN]
    critical = [
        r for r in data.alerts if r.episode.state is AlertState.FIRING and r.episode.severity is Severity.CRITICAL
    ]
    warning = [
        r for r in data.alerts if r.episode.state is AlertState.FIRING and r.episode.severity is Severity.WARNING
    ]
    if critical:
        answering = "all services answered when last measured" if as_of else "all services answer"
        answers = "nothing is down" if unknown else answering
        return ReportVerdict(Tone.CRITICAL, "Critical", f"{_alert_phrase(critical, 'critical')}; {answers}. {past}")
    slow = [service.name for service in watched if service.state is ServiceState.DEGRADED]
    if slow:
        verb = "answers" if len(slow) == 1 else "answer"
        return ReportVerdict(Tone.WARNING, "Degraded", f"{listed(slow)} {verb} too slowly; nothing is down. {past}")
    if warning:
        return ReportVerdict(Tone.WARNING, "Degraded", f"{_alert_phrase(warning, 'warning')}; nothing is down. {past}")
    if len(unknown) == len(watched):
        return ReportVerdict(Tone.UNKNOWN, "No data", "No service could be measured lately.")
    if unknown:
        return ReportVerdict(
            Tone.WARNING, "Degraded", f"The state of {listed(unknown)} is not known; nothing is down. {past}"
        )
    who, is_up, was_up = (
        ("The only service", "is up", "was up")
        if len(watched) == 1
        else (f"All {len(watched)} services", "are up", "were up")
    )
    if data.monitor.state is not MonitorState.RUNNING:
        return ReportVerdict(Tone.UNKNOWN, "Unknown", f"{who} {was_up} when last measured. {past}")
    return ReportVerdict(Tone.OK, "OK", f"{who} {f'{was_up} when last measured' if as_of else is_up}. {past}")


def _as_of(data: ReportData) -> str:
    """A sentence on the age of the newest measurement when it does not speak for now; empty when it does."""
    if data.measured_until is None:
        return ""
    old = (data.window.end - data.measured_until).total_seconds()
    if data.monitor.state is not MonitorState.RUNNING:
        return f"That was {duration(old)} ago, and no monitor is running. "
    return f"That was {duration(old)} ago. " if old > CURRENT_FOR_S else ""


def _down_sentence(data: ReportData, down: Sequence[ServiceRecord], total: int, now: datetime) -> str:
    since = min((service.since for service in down if service.since is not None), default=None)
    length = f", for {duration((now - since).total_seconds())}" if since is not None else ""
    verb = "is" if len(down) == 1 else "are"
    names = {service.name for service in down}
    takers = sorted(
        {
            r.episode.acknowledged_by
            for r in data.alerts
            if r.episode.open and r.episode.subject in names and r.episode.acknowledged_by is not None
        }
    )
    taken = f"{listed(takers)} {'has' if len(takers) == 1 else 'have'} it." if takers else "Nobody has acknowledged it."
    return f"{listed([service.name for service in down])} ({len(down)} of {total}) {verb} down{length}. {taken}"


def _alert_phrase(records: Sequence[AlertRecord], word: str) -> str:
    if len(records) == 1:
        return f"One {word} alert is open on {brief(records[0].episode.subject)}"
    return f"{len(records)} {word} alerts are open"


def _past(analysis: PerformanceAnalysis) -> str:
    window = span_text(analysis.window.hours)
    shown = analysis.availability.availability_percent
    tail = f" Availability {percent(shown, 2)}." if shown is not None and analysis.availability.sufficient else ""
    if not analysis.availability.sufficient:
        tail = f" Only {percent(analysis.availability.coverage_percent)} of that time was measured."
    if not analysis.outages:
        return f"No outage in the last {window}.{tail}"
    return f"{outages_text(analysis.outages)} in the last {window}.{tail}"
