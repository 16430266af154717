"""One service through its rollups: uptime and burn rates, minute by minute where something can change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from amt_console.alerts import Probes, Rule, Signal, burns, judge_burn, judge_uptime, may_burn, widest_short
from amt_console.alerts.backtest.timeline import Sums, Timeline
from amt_console.clock import SECOND, Instant
from amt_console.model import AlertState, Episode, Severity, Target
from amt_console.model.slo import Slo
from amt_console.monitor.backtest.stage import BacktestStage, past_instant
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.signals import RuleWindow

TICK_SIGNALS = frozenset((Signal.UPTIME, Signal.SLO_BURN))
"""Signals that are judged from rollups."""
_MINUTE = 60


def tick_rules(ruleset: Ruleset, name: str) -> tuple[Rule, ...]:
    """The rules of a target that are judged from rollups."""
    return tuple(rule for rule in ruleset.window_rules[name] if rule.signal in TICK_SIGNALS)


class TickReplay:
    """Judges the windows of one service at the minutes in which their verdict can change.

    While no alert is open and the last verdict was good, a bucket of good probes can only make the windows better.

    Args:
        target: The service or database.
        rules: Those of ``tick_rules``.
        stage: Where its alerts are kept.
        judged_from: Earlier buckets fill the windows only, in seconds since 1970.
    """

    def __init__(self, target: Target, rules: Sequence[Rule], stage: BacktestStage, judged_from: int) -> None:
        self._name = target.name
        self._stage = stage
        self._rules = rules
        self._judged_from = judged_from
        self._every = max(_MINUTE, -(-int(target.interval) // _MINUTE) * _MINUTE)
        self._timeline = Timeline(max((rule.window or 0.0 for rule in rules), default=0.0) + 3600)
        self._settled = False
        self._burning = {
            rule.id: (widest_short(rule.slo), rule.slo.burn_windows) for rule in rules if rule.slo is not None
        }

    def add(self, start: int, length: int, sums: Sums, minutes: Sequence[Sums]) -> None:
        """Enter the next bucket, and judge the windows that end in it."""
        self._timeline.add(start, length, sums, minutes)
        if start < self._judged_from:
            return
        good = sums.good_us >= length * SECOND and not sums.errors and not sums.slow
        if good and self._settled and not self._stage.busy:
            return
        # Good probes only make every window better: what stays as it is at the end was so in between.
        if not good or self._windows(start + length):
            self._minutes(start, length)

    def _minutes(self, start: int, length: int) -> None:
        for tick in range(start + _MINUTE, start + length + 1, _MINUTE):
            if tick % self._every == 0 and (windows := self._windows(tick)):
                self._stage.see([], windows)

    def _windows(self, tick: int) -> list[RuleWindow]:
        """The windows whose verdict changes more than words."""
        at = past_instant(datetime.fromtimestamp(tick, UTC))
        self._settled = True
        windows = []
        for rule in self._rules:
            episode = self._stage.newest(rule.id, self._name)
            if episode is not None and not episode.open:
                episode = None
            if rule.slo is None:
                window = self._uptime(rule, tick, at, episode)
            else:
                window = self._burn(rule, rule.slo, tick, at, episode)
            if window is not None:
                windows.append(window)
        return windows

    def _uptime(self, rule: Rule, tick: int, at: Instant, episode: Episode | None) -> RuleWindow | None:
        length = int(rule.window or 0.0)
        start = tick - length
        start -= start % _MINUTE
        sums = self._timeline.sums(start, tick)
        known = sums.good_us + sums.down_us
        planned = (tick - start) * SECOND - sums.maintenance_us
        coverage = 100.0 * min(1.0, known / planned) if planned > 0 else 0.0
        percent = 100.0 * sums.good_us / known if known else None
        limits = rule.limits_for(self._name)
        if episode is None:
            if coverage < rule.min_coverage:
                self._settled = self._settled and not sums.down_us
                return None
            tiers = (limits.info, limits.warning, limits.critical)
            if percent is None or not any(tier is not None and percent < tier.enter for tier in tiers):
                return None
        elif (
            _stays(episode, Severity.CRITICAL)
            and limits.critical is not None
            and percent is not None
            and coverage >= rule.min_coverage
            and percent < limits.critical.leave
        ):
            return None
        judged = partial(judge_uptime, rule, self._name, uptime_percent=percent, coverage_percent=coverage, at=at)
        return RuleWindow(rule, self._name, lambda newest: judged(episode=newest))

    def _burn(self, rule: Rule, slo: Slo, tick: int, at: Instant, episode: Episode | None) -> RuleWindow | None:
        known: dict[float, Probes] = {}

        def probes(seconds: float) -> Probes:
            found = known.get(seconds)
            if found is None:
                found = known[seconds] = self._probes(slo, seconds, tick)
            return found

        recent, pairs = self._burning[rule.id]
        if episode is None and not may_burn(probes(recent)):
            return None
        worst = None
        for window in pairs:
            if may_burn(probes(window.short_s)) and burns(
                slo, window, {s: probes(s) for s in (window.short_s, window.long_s)}
            ):
                worst = window.severity
                break
        if worst is None if episode is None else worst is not None and _stays(episode, worst):
            return None
        for window in pairs:
            probes(window.short_s), probes(window.long_s)
        name = self._name
        return RuleWindow(rule, name, lambda _newest: judge_burn(rule, name, known, at=at))

    def _probes(self, slo: Slo, seconds: float, tick: int) -> Probes:
        start = tick - int(seconds)
        sums = self._timeline.sums(start - start % _MINUTE, tick)
        bad = sums.errors if slo.latency_ms is None else sums.errors + sums.slow
        return Probes(round(sums.samples), round(bad))


def _stays(episode: Episode | None, severity: Severity) -> bool:
    """Whether a further observation of this severity changes nothing but words."""
    return (
        episode is not None
        and episode.state is AlertState.FIRING
        and not episode.stale
        and episode.severity is severity
    )
