"""Signals over a window (error rate, uptime, configured windows), read periodically from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from amt_console.alerts import (
    HOST_SUBJECTS,
    Account,
    Aggregate,
    Observation,
    Probes,
    Rule,
    Signal,
    agree,
    burns,
    judge,
    judge_burn,
    judge_error_rate,
    judge_uptime,
    judge_window,
    may_burn,
    widest_short,
)
from amt_console.clock import Instant
from amt_console.model import Episode, FigureKind, HostSample, ProbeResult, Rollup, series_name
from amt_console.model.slo import Slo
from amt_console.monitor.buffer import Collected, FigureReading, HostReading, Item
from amt_console.monitor.outages import outside_outages
from amt_console.monitor.ruleset import Ruleset
from amt_console.store import Reads

READ_EVERY = 30.0
"""Seconds between two readings of one subject."""
RAW_WINDOW = 3600.0
"""Longest window in seconds that is read from raw rows; longer ones are read from rollups."""
RAW_LIMIT = 4000
"""Largest number of raw rows to read."""


@dataclass(frozen=True, slots=True)
class RuleWindow:
    """A rule over a window of stored data, ready to be judged against the newest episode of its key."""

    rule: Rule
    subject: str
    judge: Callable[[Episode | None], Observation]


class WindowReader:
    """Reads the windows of the subjects of a batch, each at most every ``READ_EVERY`` seconds."""

    def __init__(self, ruleset: Ruleset, *, every: float = READ_EVERY) -> None:
        self._ruleset = ruleset
        self._every = every
        self._read_at: dict[str, Instant] = {}

    def due(self, items: Sequence[Item], at: Instant) -> dict[str, tuple[str, ...]]:
        """The subjects of a batch with windows due at ``at``; they count as read.

        Each with its locations, if several watch it.
        """
        touched = {subject: _locations(item) for item in items if (subject := self._subject(item)) is not None}
        due = {subject: locations for subject, locations in touched.items() if self._is_due(subject, at)}
        self._read_at.update(dict.fromkeys(due, at))
        return due

    def read(self, reads: Reads, subjects: Mapping[str, tuple[str, ...]], at: Instant) -> list[RuleWindow]:
        """The windows of ``subjects`` that end at ``at``."""
        windows: list[RuleWindow] = []
        services = [subject for subject in subjects if subject in self._ruleset.window_rules]
        for rule in dict.fromkeys(rule for name in services for rule in self._ruleset.window_rules[name]):
            names = [name for name in services if rule in self._ruleset.window_rules[name]]
            apart = [name for name in names if rule.quorum is not None and subjects[name]]
            windows += _of_services(reads, rule, {name: name for name in names if name not in apart}, at).values()
            windows += _of_locations(reads, rule, {name: subjects[name] for name in apart}, at)
        for name in subjects:
            for rule in self._ruleset.value_window_rules.get(name, ()):
                windows += _of_values(reads, rule, name, at)
        if _HOST in subjects:
            windows += [window for rule in self._ruleset.host_window_rules for window in _of_host(reads, rule, at)]
        for kind in FigureKind:
            if f"{_FIGURES}{kind}" in subjects:
                windows += self._of_figures(reads, kind, at)
        return windows

    def _subject(self, item: Item) -> str | None:
        if isinstance(item, Collected):
            name, rules = item.result.service, self._ruleset
            return name if rules.window_rules.get(name) or rules.value_window_rules.get(name) else None
        if isinstance(item, HostReading):
            return _HOST if self._ruleset.host_window_rules else None
        if isinstance(item, FigureReading):
            return f"{_FIGURES}{item.figures.kind}" if self._ruleset.figure_window_rules else None
        return None

    def _is_due(self, subject: str, at: Instant) -> bool:
        before = self._read_at.get(subject)
        return before is None or at.seconds_since(before) >= self._every

    def _of_figures(self, reads: Reads, kind: FigureKind, at: Instant) -> list[RuleWindow]:
        newest = reads.figures.newest(at.wall).get(kind)
        windows: list[RuleWindow] = []
        for rule in self._ruleset.figure_window_rules:
            start = at.wall - timedelta(seconds=rule.window or 0.0)
            for name in newest.figures if newest is not None else ():
                subject = f"{kind}.{name}"
                if rule.applies_to(subject):
                    points = list(reads.figures.history(kind, name, start, _after(at.wall)))
                    windows.append(_values(rule, subject, points, at))
        return windows


Point = tuple[datetime, float]
"""A measured value."""
OF_SINGLE_VALUES = frozenset((Aggregate.LAST, Aggregate.RATE))
"""Aggregates that rollups cannot give."""
_HOST = "\x00host"
_FIGURES = "\x00figures "


def _locations(item: Item) -> tuple[str, ...]:
    return tuple(sight.location for sight in item.sights) if isinstance(item, Collected) else ()


def _of_locations(
    reads: Reads, rule: Rule, subjects: Mapping[str, tuple[str, ...]], at: Instant
) -> Iterable[RuleWindow]:
    """Each location's window is judged by itself, and enough of them must agree."""
    sources = {series_name(name, place): name for name, places in subjects.items() for place in places}
    found = _of_services(reads, rule, sources, at)
    for name, places in subjects.items():
        parts = [(place, window) for place in places if (window := found.get(series_name(name, place))) is not None]
        if parts:
            yield RuleWindow(rule, name, partial(_agreed, rule, parts))


def _agreed(rule: Rule, parts: Sequence[tuple[str, RuleWindow]], episode: Episode | None) -> Observation:
    return agree(rule, [Account(place, window.judge(episode)) for place, window in parts])


def _of_services(reads: Reads, rule: Rule, sources: Mapping[str, str], at: Instant) -> dict[str, RuleWindow]:
    """The windows by stored series name."""
    if not sources:
        return {}
    if rule.slo is not None:
        return _of_objective(reads, rule, rule.slo, sources, at)
    span = rule.window or 0.0
    if rule.signal is Signal.RESPONSE_TIME and (span <= RAW_WINDOW or rule.aggregate in OF_SINGLE_VALUES):
        return {name: _of_results(reads, rule, name, subject, at) for name, subject in sources.items()}
    totals = reads.services.totals(start=at.wall - timedelta(seconds=span), end=at.wall, services=list(sources))
    judged = _of_errors if rule.signal is Signal.ERROR_RATE else _of_total
    windows = {
        name: judged(reads, rule, name, totals[name], subject, at)
        for name, subject in sources.items()
        if name in totals
    }
    return {name: window for name, window in windows.items() if window is not None}


def _of_objective(reads: Reads, rule: Rule, slo: Slo, sources: Mapping[str, str], at: Instant) -> dict[str, RuleWindow]:
    """The burn rates by stored series name. The long windows are read of services only that have bad probes lately."""

    def read(seconds: float, names: Sequence[str]) -> dict[str, Probes]:
        start = at.wall - timedelta(seconds=seconds)
        totals = reads.services.totals(start=start, end=at.wall, services=names, histograms=slo.latency_ms is not None)
        return {name: probes_of(total, slo) for name, total in totals.items()}

    recent = widest_short(slo)
    known = {name: {recent: probes} for name, probes in read(recent, list(sources)).items()}
    doubtful = [name for name, probes in known.items() if may_burn(probes[recent])]
    lengths = {each for window in slo.burn_windows for each in (window.short_s, window.long_s)} - {recent}
    for seconds in sorted(lengths) if doubtful else ():
        for name, probes in read(seconds, doubtful).items():
            known[name][seconds] = probes
    burning = [name for name in doubtful if any(burns(slo, window, known[name]) for window in slo.burn_windows)]
    start = at.wall - timedelta(seconds=slo.window)
    slow = slo.latency_ms is not None
    whole = reads.services.totals(start=start, end=at.wall, services=burning, histograms=slow) if burning else {}
    return {
        name: RuleWindow(rule, sources[name], partial(_burn, rule, sources[name], probes, at, slo, whole.get(name)))
        for name, probes in known.items()
    }


def _burn(
    rule: Rule,
    subject: str,
    probes: Mapping[float, Probes],
    at: Instant,
    slo: Slo,
    whole: Rollup | None,
    _episode: Episode | None,
) -> Observation:
    if whole is None:
        return judge_burn(rule, subject, probes, at=at)
    return judge_burn(rule, subject, probes, at=at, whole=probes_of(whole, slo), covered=whole.coverage)


def probes_of(total: Rollup, slo: Slo) -> Probes:
    """The scheduled probes of a period, good and bad by an objective; a probe without an answer is never quick."""
    if slo.latency_ms is None:
        return Probes(total.samples, total.errors)
    times = total.histogram
    quick = round(times.count * (times.share_at_most(slo.latency_ms) or 0.0))
    return Probes(total.samples, max(0, total.samples - quick))


def _of_results(reads: Reads, rule: Rule, name: str, subject: str, at: Instant) -> RuleWindow:
    start = at.wall - timedelta(seconds=rule.window or 0.0)
    results = reads.services.results(service=name, start=start, end=_after(at.wall), limit=RAW_LIMIT)
    results.reverse()
    points = [(result.timestamp, result.response_time_ms) for result in results]
    return _values(rule, subject, [(moment, time) for moment, time in points if time is not None], at)


def _of_values(reads: Reads, rule: Rule, target: str, at: Instant) -> Iterable[RuleWindow]:
    """The windows of the values of a target. What several locations see is combined before it is stored."""
    start = at.wall - timedelta(seconds=rule.window or 0.0)
    if (rule.window or 0.0) > RAW_WINDOW and rule.aggregate not in OF_SINGLE_VALUES | {Aggregate.P95}:
        totals = reads.values.totals(service=target, start=start, end=at.wall)
        for name, subject in rule.value_subjects(target, totals):
            total = totals[name]
            value = {Aggregate.MEAN: total.mean, Aggregate.MAX: total.most, Aggregate.MIN: total.least}[rule.aggregate]
            judged = partial(judge, rule, subject, value, at=at, unit=total.unit)
            yield RuleWindow(rule, subject, partial(_for_episode, judged))
        return
    results = reads.services.results(service=target, start=start, end=_after(at.wall), limit=RAW_LIMIT)
    yield from value_windows(rule, target, reversed(results), at)


def value_windows(rule: Rule, target: str, results: Iterable[ProbeResult], at: Instant) -> Iterable[RuleWindow]:
    """The windows of a rule on the values of ``results``, oldest first; the newest result says which are there."""
    points: dict[str, list[Point]] = {}
    units: dict[str, str | None] = {}
    for result in results:
        for name, value in result.values.items():
            points.setdefault(name, []).append((result.timestamp, value.value))
            units[name] = value.unit
    for name, subject in rule.value_subjects(target, points):
        judged = partial(judge_window, rule, subject, points[name], at=at, unit=units[name])
        yield RuleWindow(rule, subject, partial(_for_episode, judged))


def _for_episode(judged: Callable[..., Observation], episode: Episode | None) -> Observation:
    return judged(episode=episode)


def _of_errors(reads: Reads, rule: Rule, name: str, total: Rollup, subject: str, at: Instant) -> RuleWindow | None:
    """The error rate outside the service's own outages; no observation during one."""
    left = outside_outages(reads, name, total, subject)
    if left is None:
        return None
    judged = partial(judge_error_rate, rule, subject, samples=left.samples, failures=left.failures, at=at)
    return RuleWindow(rule, subject, lambda episode: judged(episode=episode))


def _of_total(_reads: Reads, rule: Rule, _name: str, total: Rollup, subject: str, at: Instant) -> RuleWindow:
    if rule.signal is Signal.UPTIME:
        percent = None if total.availability is None else 100.0 * total.availability
        coverage = 100.0 * total.coverage
        judged = partial(judge_uptime, rule, subject, uptime_percent=percent, coverage_percent=coverage, at=at)
    else:
        judged = partial(judge, rule, subject, response_time_of(rule.aggregate, total), at=at)
    return RuleWindow(rule, subject, lambda episode: judged(episode=episode))


def response_time_of(aggregate: Aggregate, total: Rollup) -> float | None:
    """The aggregate of a period's response times in milliseconds, as its rollup has it."""
    match aggregate:
        case Aggregate.MEAN:
            return total.mean_ms
        case Aggregate.MAX:
            return total.max_ms
        case Aggregate.MIN:
            return total.min_ms
        case _:
            return total.histogram.quantile(int(aggregate.value.removeprefix("p")) / 100)


def _of_host(reads: Reads, rule: Rule, at: Instant) -> Iterable[RuleWindow]:
    samples = reads.host.samples(at.wall - timedelta(seconds=rule.window or 0.0), _after(at.wall))
    if rule.signal is Signal.DISK_USAGE:
        levels: dict[str, list[Point]] = {}
        for sample in samples:
            for disk in sample.disks:
                levels.setdefault(f"disk {disk.mount}", []).append((sample.timestamp, disk.percent))
        return [_values(rule, subject, points, at) for subject, points in levels.items() if rule.applies_to(subject)]
    subject = HOST_SUBJECTS[rule.signal]
    if not rule.applies_to(subject):
        return []
    known = [(sample.timestamp, value) for sample in samples if (value := host_value(rule.signal, sample)) is not None]
    return [_values(rule, subject, known, at)]


def host_value(signal: Signal, sample: HostSample) -> float | None:
    """One figure of a host sample, in its unit."""
    network, load = sample.network, sample.load
    return {
        Signal.CPU_USAGE: sample.cpu_usage,
        Signal.MEMORY_USAGE: sample.memory_usage,
        Signal.SWAP_USAGE: sample.swap_usage,
        Signal.LOAD: load[0] if load else None,
        Signal.ACTIVE_CONNECTIONS: sample.active_connections,
        Signal.NETWORK_SENT: network.sent_bytes if network else None,
        Signal.NETWORK_RECEIVED: network.received_bytes if network else None,
    }[signal]


def _values(rule: Rule, subject: str, points: Sequence[Point], at: Instant) -> RuleWindow:
    return RuleWindow(rule, subject, lambda episode: judge_window(rule, subject, points, at=at, episode=episode))


def _after(moment: datetime) -> datetime:
    """An exclusive end that includes a measurement at ``moment`` itself."""
    return moment + timedelta(milliseconds=1)
