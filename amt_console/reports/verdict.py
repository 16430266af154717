"""The summary sentence of a page: on the health of the services, and on the figures of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from amt_console.analysis import PerformanceAnalysis
from amt_console.model import AlertState, BusinessFigures, FigureKind, MonitorState, ServiceState, Severity
from amt_console.reports.gathering.data import AlertRecord, ReportData, ServiceRecord
from amt_console.reports.times import Times
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.reports.words import brief, either, listed, outages_text
from amt_console.text import duration, limit_percent, percent, window_length

CURRENT_FOR_S = 60.0
"""If the newest measurement is older than this, the sentence has its age and is in the past tense."""
SLOW_FOR_S = 600.0
"""A service that was slow for this long in total is named, and the verdict is not OK."""


def health_verdict(data: ReportData, analysis: PerformanceAnalysis, times: Times) -> ReportVerdict:
    """The state at the window's end, and the quality of the window.

    OK only when all services are up, no target was missed and no service was slow for long.
    """
    verdict = _health(data, analysis, times)
    if not data.past or data.measured_until is None:
        return verdict
    return replace(verdict, sentence=f"As of {times.minute(data.window.end)}: {verdict.sentence}")


def with_figures(verdict: ReportVerdict, data: ReportData, kinds: Sequence[FigureKind]) -> ReportVerdict:
    """The same with faults of the platform's figures; missing ones are not OK."""
    faults = list(_faults(data, kinds))
    if not faults:
        return verdict
    sentence = f"{verdict.sentence} {' '.join(faults)}"
    if verdict.tone is not Tone.OK:
        return replace(verdict, sentence=sentence)
    return ReportVerdict(Tone.WARNING, "Incomplete", sentence)


def figures_verdict(data: ReportData, kinds: Sequence[FigureKind], sentence: str, between: str) -> ReportVerdict:
    """The verdict of a page about figures alone; ``between`` names the start and the end of the window."""
    read = _read(data, kinds)
    if not read:
        return ReportVerdict(Tone.UNKNOWN, "No data", f"No {kinds[0].value} figures were read between {between}.")
    total = sum(len(source.figures) for source in read)
    if len(missing_figures(read)) == total:
        return ReportVerdict(
            Tone.UNKNOWN, "No data", f"The platform answered, but none of the {total} figures could be read."
        )
    if data.stale_for is not None:
        return ReportVerdict(Tone.UNKNOWN, "Old data", f"{sentence} These figures are old: there are no newer ones.")
    watched = [service for service in data.services if service.configured]
    down = [service.name for service in watched if service.state is ServiceState.DOWN]
    if down:
        verb = "was" if len(down) == 1 else "were"
        told = f"{sentence} {listed(down)} ({len(down)} of {len(watched)}) {verb} down at the end of the period."
        return with_figures(ReportVerdict(Tone.WARNING, "Degraded", told), data, kinds)
    return with_figures(ReportVerdict(Tone.OK, "OK", sentence), data, kinds)


def missing_figures(read: Sequence[BusinessFigures]) -> list[str]:
    """Names of the figures without a value."""
    return [name for source in read for name, figure in source.figures.items() if figure.value is None]


def _faults(data: ReportData, kinds: Sequence[FigureKind]) -> Iterator[str]:
    read = _read(data, kinds)
    unread = [kind.value for kind in kinds if kind not in data.figures]
    if unread:
        yield f"No {either(unread)} figures were read."
    gone, total = len(missing_figures(read)), sum(len(source.figures) for source in read)
    if gone:
        yield f"{gone} of {total} figures {'is' if gone == 1 else 'are'} missing."
    suspect = sum(figure.suspect is not None for source in read for figure in source.figures.values())
    if suspect:
        yield f"{suspect} figure{'s look' if suspect != 1 else ' looks'} wrong."


def _read(data: ReportData, kinds: Sequence[FigureKind]) -> list[BusinessFigures]:
    return [data.figures[kind] for kind in kinds if kind in data.figures]


def _health(data: ReportData, analysis: PerformanceAnalysis, times: Times) -> ReportVerdict:
    watched = [service for service in data.services if service.configured]
    if not watched:
        return ReportVerdict(Tone.UNKNOWN, "No data", "No service is configured, so there is nothing to report on.")
    if data.measured_until is None:
        period = f"{times.minute(data.window.start)} and {times.minute(data.window.end)}"
        return ReportVerdict(Tone.UNKNOWN, "No data", f"No data between {period}: no monitor was running.")
    stopped = data.monitor.state is not MonitorState.RUNNING
    if data.stale_for is not None:
        ran = "no monitor is running" if stopped else "the monitor has gone silent"
        sentence = (
            f"Nothing was measured in the last {duration(data.stale_for)}: {ran}. The current state is not known."
        )
        return ReportVerdict(Tone.UNKNOWN, "No data", sentence)
    age = _age(data)
    down = [service for service in watched if service.state is ServiceState.DOWN]
    if down:
        return ReportVerdict(Tone.CRITICAL, "Down", f"{_down_sentence(data, down, len(watched))} {age}".rstrip())
    concerns = " and ".join([*_missed(data, analysis), *_slow(analysis)])
    window = f"{age}{_window_sentence(data, analysis)}"
    told = f"{window} In this period {concerns}." if concerns else window
    unknown = [service.name for service in watched if service.state is ServiceState.UNKNOWN]
    critical, warning = _firing(data, Severity.CRITICAL), _firing(data, Severity.WARNING)
    if critical:
        answering = "all services answered when last measured" if age else "all services answer"
        answers = "nothing is down" if unknown else answering
        return ReportVerdict(Tone.CRITICAL, "Critical", f"{_alert_phrase(critical, 'critical')}; {answers}. {told}")
    slow = [service.name for service in watched if service.state is ServiceState.DEGRADED]
    if slow:
        verb = "answers" if len(slow) == 1 else "answer"
        return _degraded(f"{listed(slow)} {verb} too slowly; nothing is down. {told}")
    if warning:
        return _degraded(f"{_alert_phrase(warning, 'warning')}; nothing is down. {told}")
    if len(unknown) == len(watched):
        return ReportVerdict(Tone.UNKNOWN, "No data", "No service could be measured lately.")
    if unknown:
        return _degraded(f"The state of {listed(unknown)} is not known; nothing is down. {told}")
    who = "The only service" if len(watched) == 1 else f"All {len(watched)} services"
    now, then = ("is up", "was up") if len(watched) == 1 else ("are up", "were up")
    if stopped:
        return ReportVerdict(Tone.UNKNOWN, "Unknown", f"{who} {then} when last measured. {window}")
    everybody = f"{who} {f'{then} when last measured' if age else now}"
    if concerns:
        return _degraded(f"{everybody}, but {concerns}. {window}")
    return ReportVerdict(Tone.OK, "OK", f"{everybody}. {window}")


def _degraded(sentence: str) -> ReportVerdict:
    return ReportVerdict(Tone.WARNING, "Degraded", sentence)


def _missed(data: ReportData, analysis: PerformanceAnalysis) -> Iterator[str]:
    """The services under the availability target; without any, the total."""
    target = data.limits.uptime_percent
    under = [
        service.name
        for service in sorted(analysis.services, key=lambda s: s.availability.availability_percent or 0.0)
        if service.availability.sufficient and (service.availability.availability_percent or 0.0) < target
    ]
    if under:
        yield f"{listed(under)} missed the availability target of {limit_percent(target)}"


def _slow(analysis: PerformanceAnalysis) -> Iterator[str]:
    slow = [service for service in analysis.services if service.availability.degraded_s >= SLOW_FOR_S]
    if slow:
        longest = max(slow, key=lambda service: service.availability.degraded_s)
        for_how_long = duration(longest.availability.degraded_s)
        up_to = "up to " if len(slow) > 1 else ""
        yield f"{listed([service.name for service in slow])} answered too slowly for {up_to}{for_how_long}"


def _age(data: ReportData) -> str:
    """A sentence on the age of the newest measurement if it is too old for the window's end; else empty."""
    assert data.measured_until is not None
    old = (data.window.end - data.measured_until).total_seconds()
    if data.monitor.state is not MonitorState.RUNNING:
        return f"That was {duration(old)} ago, and no monitor is running. "
    return f"That was {duration(old)} ago. " if old > CURRENT_FOR_S else ""


def _down_sentence(data: ReportData, down: Sequence[ServiceRecord], total: int) -> str:
    since = min((service.since for service in down if service.since is not None), default=None)
    length = f", for {duration((data.window.end - since).total_seconds())}" if since is not None else ""
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


def _firing(data: ReportData, severity: Severity) -> list[AlertRecord]:
    return [r for r in data.alerts if r.episode.state is AlertState.FIRING and r.episode.severity is severity]


def _alert_phrase(records: Sequence[AlertRecord], word: str) -> str:
    if len(records) == 1:
        return f"One {word} alert is open on {brief(records[0].episode.subject)}"
    return f"{len(records)} {word} alerts are open"


def _window_sentence(data: ReportData, analysis: PerformanceAnalysis) -> str:
    window = window_length(analysis.window.hours)
    shown = analysis.availability.availability_percent
    tail = f" Only {percent(analysis.availability.coverage_percent)} of that time was measured."
    if shown is not None and analysis.availability.sufficient:
        target = data.limits.uptime_percent
        tail = f" Availability {percent(shown, 2)}{'' if shown >= target else f', target {limit_percent(target)}'}."
    if not analysis.outages:
        return f"No outage in the last {window}.{tail}"
    return f"{outages_text(analysis.outages)} in the last {window}.{tail}"
