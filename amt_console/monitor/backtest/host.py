"""The host and the platform's figures through their history."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from amt_console.alerts import HOST_SUBJECTS, Direction, Rule, Signal, judge_window
from amt_console.model import BusinessFigures, HostSample
from amt_console.monitor.backtest.stage import BacktestStage, past_instant
from amt_console.monitor.buffer import FigureReading, HostReading
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.signals import READ_EVERY, Point, RuleWindow, host_value

_QUICK = {Signal.CPU_USAGE: 0, Signal.MEMORY_USAGE: 1, Signal.DISK_USAGE: 2}
"""Place of a signal among the quick figures of a sample."""
Quick = tuple[datetime, float | None, float | None, float | None]
"""Time, CPU, memory and fullest disk of a sample."""


class HostReplay:
    """Feeds host samples to the evaluator; while no alert is open, those alone that can open one."""

    def __init__(self, ruleset: Ruleset, stage: BacktestStage) -> None:
        self._stage = stage
        self._rules = ruleset.host_window_rules
        self._points: dict[tuple[str, str], deque[Point]] = {}
        self._limits = _limits(ruleset)
        self._read_at = 0.0

    @property
    def needs_all(self) -> bool:
        """Whether no sample may be left out."""
        return self._limits is None

    def may_open(self, quick: Quick) -> bool:
        """Whether a sample can open an alert, by its quick figures."""
        if self._limits is None:
            return True
        _, *values = quick
        return any((value := values[place]) is not None and value > limit for place, limit in self._limits)

    def see(self, sample: HostSample) -> None:
        """Judge the next sample."""
        at = past_instant(sample.timestamp)
        windows: list[RuleWindow] = []
        due = at.monotonic // READ_EVERY != self._read_at // READ_EVERY
        for rule in self._rules:
            for subject, value in _values(rule, sample):
                points = self._points.setdefault((rule.id, subject), deque())
                points.append((sample.timestamp, value))
                while points[0][0] < sample.timestamp - timedelta(seconds=rule.window or 0.0):
                    points.popleft()
                if due:
                    windows.append(_window(rule, subject, list(points), at.wall))
        self._read_at = at.monotonic
        self._stage.see([HostReading(sample, at)], windows)


class FigureReplay:
    """Feeds the platform's answers to the evaluator."""

    def __init__(self, ruleset: Ruleset, stage: BacktestStage) -> None:
        self._stage = stage
        self._rules = ruleset.figure_window_rules
        self._points: dict[tuple[str, str], deque[Point]] = {}

    def see(self, figures: BusinessFigures) -> None:
        """Judge the next answer."""
        at = past_instant(figures.timestamp)
        windows: list[RuleWindow] = []
        for rule in self._rules:
            for name, figure in figures.figures.items():
                subject = f"{figures.kind}.{name}"
                if not isinstance(figure.value, (int, float)) or not rule.applies_to(subject):
                    continue
                points = self._points.setdefault((rule.id, subject), deque())
                points.append((figures.timestamp, float(figure.value)))
                while points[0][0] < figures.timestamp - timedelta(seconds=rule.window or 0.0):
                    points.popleft()
                windows.append(_window(rule, subject, list(points), at.wall))
        self._stage.see([FigureReading(figures, at)], windows)


def replay_host(
    replay: HostReplay,
    stage: BacktestStage,
    quick: Iterator[Quick],
    samples: Callable[[datetime, datetime], Iterator[HostSample]],
    end: datetime,
) -> None:
    """Go through the samples: by their quick figures, and whole from one that can open an alert until none is open."""
    done: datetime | None = None
    for each in quick:
        at = each[0]
        if (done is not None and at <= done) or not replay.may_open(each):
            continue
        for sample in samples(at, end):
            replay.see(sample)
            done = sample.timestamp
            if not stage.busy and not replay.needs_all:
                break


def _limits(ruleset: Ruleset) -> tuple[tuple[int, float], ...] | None:
    """The least value of each quick figure that opens an alert; ``None`` where a rule needs more than these."""
    if ruleset.host_window_rules:
        return None
    found = []
    for rule in ruleset.host_rules:
        place = _QUICK.get(rule.signal)
        limits = (rule.limits, *rule.limits_by_subject.values())
        lowest = [each.lowest.enter for each in limits if each.lowest is not None]
        if place is None or rule.direction is not Direction.ABOVE or not lowest:
            return None
        found.append((place, min(lowest)))
    return tuple(found)


def _values(rule: Rule, sample: HostSample) -> Sequence[tuple[str, float]]:
    if rule.signal is Signal.DISK_USAGE:
        levels = ((f"disk {disk.mount}", disk.percent) for disk in sample.disks)
        return [(subject, percent) for subject, percent in levels if rule.applies_to(subject)]
    subject, value = HOST_SUBJECTS[rule.signal], host_value(rule.signal, sample)
    return [] if value is None or not rule.applies_to(subject) else [(subject, value)]


def _window(rule: Rule, subject: str, points: Sequence[Point], wall: datetime) -> RuleWindow:
    at = past_instant(wall)
    return RuleWindow(rule, subject, lambda episode: judge_window(rule, subject, points, at=at, episode=episode))
