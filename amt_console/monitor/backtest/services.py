"""One service through its history: rules on single results, and on windows of its newest ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from amt_console.alerts import OUTAGE_RULE, Aggregate, Direction, Rule, Signal, judge, judge_error_rate, judge_window
from amt_console.alerts.backtest.track import Scheduled, Track
from amt_console.clock import SECOND, Instant, micros
from amt_console.model import Gap, LatencyHistogram, ProbeResult, Rollup, ServiceState, Target
from amt_console.monitor.backtest.stage import BacktestStage, past_instant
from amt_console.monitor.buffer import Collected, NoData
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.signals import OF_SINGLE_VALUES, RAW_WINDOW, READ_EVERY, RuleWindow, response_time_of
from amt_console.monitor.watches.no_data import NO_DATA_AFTER, UNHEARD

ROW_WINDOWS = frozenset((Signal.ERROR_RATE, Signal.RESPONSE_TIME))
"""Signals whose windows are judged from single results."""
_MINUTE_US = 60 * SECOND
Read = Callable[[datetime, datetime], Iterator[ProbeResult]]
"""The results of ``[start, end)``, oldest first."""


Trouble = tuple[datetime, datetime, bool]
"""From when to when something was bad, and whether it was more than slow."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch with results that can open an alert."""

    start: datetime
    end: datetime
    failed: bool
    """Whether some were more than slow."""


def spans_of(troubles: Iterable[Trouble], join: timedelta) -> list[Span]:
    """Troubles, by their beginning, as stretches; those closer than ``join`` are one."""
    found: list[Span] = []
    for start, end, failed in troubles:
        if found and start - found[-1].end <= join:
            last = found[-1]
            found[-1] = Span(last.start, max(last.end, end), last.failed or failed)
        else:
            found.append(Span(start, end, failed))
    return found


class ServiceReplay:
    """Feeds the results of one service to the evaluator, and leaves out those that can change nothing.

    A good result changes nothing while no alert of its service is open, and a window without a bad one is good. So only
    the stretches around bad results are read.

    Args:
        ruleset: The rules.
        target: The service or database.
        stage: Where its alerts are kept.
        gaps: When nothing was measured, by time.
    """

    def __init__(self, ruleset: Ruleset, target: Target, stage: BacktestStage, gaps: Sequence[Gap]) -> None:
        self._name = target.name
        self._interval = target.interval
        self._stage = stage
        self._gaps = gaps
        self._rules = tuple(rule for rule in ruleset.window_rules[target.name] if rule.signal in ROW_WINDOWS)
        self._freshness = bool(ruleset.freshness_rules[target.name])
        self._longest = max((rule.window or 0.0 for rule in self._rules), default=0.0)
        self._track = Track(self._longest)
        self._before: ProbeResult | None = None
        self._heard: datetime | None = None
        self._slow_at: dict[str, int] = {}
        self._outages: list[tuple[int, int]] = []
        self._outage_from: int | None = None

    def run(self, read: Read, spans: Iterable[Span], start: datetime, end: datetime) -> None:
        """Go through the stretches of trouble in ``[start, end)``."""
        near = timedelta(seconds=3 * self._interval + 60.0)
        far = near + timedelta(seconds=self._longest)
        only_errors = all(rule.signal is Signal.ERROR_RATE for rule in self._rules)
        position = known_from = start
        for span in spans:
            if span.end < position:
                continue
            begin = max(position, span.start)
            context = near if only_errors and not span.failed else far
            low = max(start, begin - context)
            if low > position or low < known_from:
                known_from = low
                self._forget()
            else:
                low = position
            position = end
            for result in read(low, end):
                at = result.timestamp
                if at < begin:
                    self._pass(result)
                elif at > span.end and self._is_quiet(at):
                    position = at
                    break
                else:
                    self._see(result)

    def _is_quiet(self, at: datetime) -> bool:
        """Whether good results can change nothing: no alert is open, and no window holds enough bad results."""
        if self._stage.busy:
            return False
        end = micros(at)
        for rule in self._rules:
            start = end - round((rule.window or 0.0) * SECOND)
            if rule.signal is Signal.ERROR_RATE:
                if self._left(start - start % _MINUTE_US, end).failures >= rule.min_failures:
                    return False
            elif (
                rule.direction is Direction.BELOW
                or rule.aggregate is Aggregate.RATE
                or self._slow_at.get(rule.id, -1) >= start
            ):
                return False
        return True

    def _forget(self) -> None:
        self._track = Track(self._longest)
        self._before = self._heard = None

    def _pass(self, result: ProbeResult) -> None:
        """A result that is not judged: it is part of later windows."""
        for rule in self._rules:
            self._note_slow(rule, result)
        self._track.add(result)
        self._before = result
        if result.state is not ServiceState.UNKNOWN:
            self._heard = result.timestamp

    def _see(self, result: ProbeResult) -> None:
        at = past_instant(result.timestamp + timedelta(milliseconds=result.response_time_ms or 0.0))
        self._silence_until(result.timestamp)
        windows = self._windows(at) if self._is_due(at.wall) else []
        self._stage.see([Collected(result, at)], windows)
        self._note_outage(result)
        self._pass(result)

    def _is_due(self, at: datetime) -> bool:
        """Whether the windows are read: by the clock, so that it does not depend on which results were left out."""
        if not self._rules or self._before is None:
            return bool(self._rules)
        return at.timestamp() // READ_EVERY != self._before.timestamp.timestamp() // READ_EVERY

    # --- missing data ---------------------------------------------------------------------------------------------

    def _silence_until(self, until: datetime) -> None:
        """What the monitor noticed between the last result with data and the next one."""
        if self._heard is None or self._before is None:
            return
        for gap in self._gaps_between(self._before.timestamp, until):
            self._no_data(gap.started_at)
            self._stage.resume((gap.ended_at - gap.started_at).total_seconds(), gap.ended_at)
            self._heard = max(self._heard, gap.ended_at)
        self._no_data(until)

    def _gaps_between(self, start: datetime, end: datetime) -> list[Gap]:
        if (end - start).total_seconds() <= self._interval * 1.5:
            return []
        return [gap for gap in self._gaps if gap.ended_at > start and gap.started_at < end]

    def _no_data(self, until: datetime) -> None:
        if not self._freshness or self._heard is None or self._before is None:
            return
        # As often as it was probed then: its interval may have been changed.
        seconds = NO_DATA_AFTER * max(self._interval, self._before.interval)
        at = self._heard + timedelta(seconds=seconds)
        if at < until:
            self._stage.see([NoData(self._name, seconds, past_instant(at), UNHEARD)])

    # --- windows --------------------------------------------------------------------------------------------------

    def _note_outage(self, result: ProbeResult) -> None:
        """Keep the outages of the service: the error rate leaves them out."""
        episode = self._stage.newest(OUTAGE_RULE, self._name)
        if episode is not None and episode.open:
            if self._outage_from is None:
                self._outage_from = micros(result.timestamp)
        elif self._outage_from is not None:
            if episode is not None and episode.fired_at is not None and episode.resolved_at is not None:
                self._outages.append((self._outage_from, micros(episode.resolved_at)))
            self._outage_from = None

    def _windows(self, at: Instant) -> list[RuleWindow]:
        found: list[RuleWindow] = []
        end = micros(at.wall)
        for rule in self._rules:
            start = end - round((rule.window or 0.0) * SECOND)
            episode = self._stage.newest(rule.id, self._name)
            is_open = episode is not None and episode.open
            if rule.signal is Signal.ERROR_RATE:
                window = self._errors(rule, start - start % _MINUTE_US, end, at, is_open=is_open)
            elif is_open or rule.direction is Direction.BELOW or rule.aggregate is Aggregate.RATE:
                window = self._times(rule, start, end, at)
            else:
                window = self._times(rule, start, end, at) if self._slow_at.get(rule.id, -1) >= start else None
            if window is not None:
                found.append(window)
        return found

    def _errors(self, rule: Rule, start: int, end: int, at: Instant, *, is_open: bool) -> RuleWindow | None:
        whole = self._track.scheduled(start, end)
        if whole.failures < rule.min_failures and not is_open:
            return None
        if whole.failures and self._outage_from is not None:
            return None
        left = self._left(start, end)
        judged = partial(judge_error_rate, rule, self._name, samples=left.samples, failures=left.failures, at=at)
        return RuleWindow(rule, self._name, lambda episode: judged(episode=episode))

    def _left(self, start: int, end: int) -> Scheduled:
        """The scheduled probes of a window outside of outages."""
        while self._outages and self._outages[0][1] < end - round(self._longest * SECOND) - _MINUTE_US:
            self._outages.pop(0)
        return self._track.outside(start, end, [each for each in self._outages if each[1] >= start])

    def _note_slow(self, rule: Rule, result: ProbeResult) -> None:
        lowest = rule.limits_for(self._name).lowest
        value = result.response_time_ms
        if rule.signal is Signal.RESPONSE_TIME and lowest is not None and value is not None and value > lowest.enter:
            self._slow_at[rule.id] = micros(result.timestamp)

    def _times(self, rule: Rule, start: int, end: int, at: Instant) -> RuleWindow:
        name = self._name
        if (rule.window or 0.0) <= RAW_WINDOW or rule.aggregate in OF_SINGLE_VALUES:
            points = self._track.times(start, end + 1000)
            return RuleWindow(rule, name, lambda episode: judge_window(rule, name, points, at=at, episode=episode))
        start -= start % _MINUTE_US
        times = LatencyHistogram.of(value for _, value in self._track.times(start, end, scheduled=True))
        value = response_time_of(rule.aggregate, Rollup(start, end - start, histogram=times))
        return RuleWindow(rule, name, lambda episode: judge(rule, name, value, at=at, episode=episode))
