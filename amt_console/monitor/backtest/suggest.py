"""Suggests limits from recorded data, and counts on history what they would have fired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from amt_console.alerts import OUTAGE_RULE, Rule, Signal
from amt_console.alerts.backtest.outcome import Fired
from amt_console.alerts.backtest.suggestions import (
    LEAST_QUIET_DAYS,
    MOST_A_WEEK,
    Kept,
    QuietDays,
    Suggestion,
    response_limit,
    round_up,
    together,
)
from amt_console.config import Settings
from amt_console.model import LatencyHistogram, Target
from amt_console.monitor.backtest.run import Backtest
from amt_console.monitor.ruleset import Ruleset
from amt_console.operations.protocol import Progress

_DAY = 86_400
_WEEK = timedelta(days=7)
_ROUNDS = 3
QUIET_ERROR_RATE = 0.01
"""A day with a larger part of failed probes is not quiet."""
SHORT_OUTAGE = 120.0
_HOST = {
    Signal.CPU_USAGE: ("cpu_usage", "cpu_usage_percent"),
    Signal.MEMORY_USAGE: ("memory_usage", "memory_usage_percent"),
}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change and what to leave."""

    since: datetime
    until: datetime
    suggestions: tuple[Suggestion, ...]
    kept: tuple[Kept, ...]


class Suggester:
    """One search for better limits.

    Args:
        plan: The backtest of the running configuration.
        settings: The running configuration.
        with_patch: The rules of the running configuration with a patch. Raises ConfigError.
    """

    def __init__(self, plan: Backtest, settings: Settings, with_patch: Callable[[Mapping[str, Any]], Ruleset]) -> None:
        self._plan = plan
        self._settings = settings
        self._with_patch = with_patch
        with plan.store.read() as reads:
            days = reads.services.rollups(resolution=_DAY, start=plan.since, end=plan.until, histograms=False)
        begin = min((found[0].start for found in days.values() if found), default=plan.since)
        self._weeks = max((plan.until - max(plan.since, begin)) / _WEEK, 1 / 7)
        self._found: list[Suggestion] = []
        self._kept: list[Kept] = []

    def run(self, progress: Progress) -> Advice:
        """Look, try, and keep what helps. Raises StoreError."""
        fired = [each for rule in self._plan.run(progress).rules for each in rule.fired]
        counts = Counter((each.rule, each.subject) for each in fired)
        self._responses(fired, counts)
        self._outages(fired)
        self._error_rate(counts)
        self._host(counts)
        self._values(counts)
        return Advice(self._plan.since, self._plan.until, tuple(self._tried(progress)), tuple(self._kept))

    # --- what data says -------------------------------------------------------------------------------------------

    def _responses(self, fired: list[Fired], counts: Mapping[Key, int]) -> None:
        rule = next((each for each in self._plan.ruleset.rules if each.id == "response_time"), None)
        if rule is None:
            return
        loud = {(each.subject, each.start.date()) for each in fired}
        own = {each.name for each in self._settings.services}
        rules = {each.name for each in self._settings.rules}
        for target in self._plan.ruleset.targets:
            lowest = rule.limits_for(target.name).lowest
            present = None if lowest is None else lowest.enter
            quiet = self._quiet_days(target, loud)
            limit = response_limit(quiet, present)
            if isinstance(limit, str):
                self._kept.append(Kept(rule.id, target.name, limit))
                continue
            shown = "none" if present is None else f"{present:g} ms"
            evidence = (
                f"99th percentile {quiet.p99_ms:.0f} ms on {quiet.days} quiet days ({quiet.samples:,} answers)",
                f"present limit {shown}",
            )
            now = counts.get((rule.id, target.name), 0) / self._weeks
            if present is None or limit < present:
                name = f"response-time-{target.name}"[:64]
                if name in rules:
                    self._kept.append(Kept(rule.id, target.name, f"the rule {name} watches it already"))
                    continue
                changed = {"name": name, "signal": "response_time", "subject": target.name, "above": limit}
                patch = {"rules": [{**changed, "severity": "warning", "fail": 3}]}
                self._found.append(Suggestion(name, target.name, evidence, patch, 0.0))
            elif target.name in own:
                patch = {"services": [{"name": target.name, "degraded_above_ms": limit}]}
                self._found.append(Suggestion(rule.id, target.name, evidence, patch, now))
            else:
                reason = f"{evidence[0]} is above the limit: set response_time_warning_ms to {limit:g}"
                self._kept.append(Kept(rule.id, target.name, reason))

    def _quiet_days(self, target: Target, loud: set[tuple[str, Any]]) -> QuietDays:
        with self._plan.store.read() as reads:
            found = reads.services.rollups(
                resolution=_DAY, start=self._plan.since, end=self._plan.until, services=[target.name]
            ).get(target.name, [])
        quiet = [
            day
            for day in found
            if day.samples and (day.error_rate or 0) <= QUIET_ERROR_RATE and (target.name, day.start.date()) not in loud
        ]
        times = LatencyHistogram.merged([day.histogram for day in quiet])
        return QuietDays(len(quiet), times.count, times.quantile(0.99))

    def _outages(self, fired: list[Fired]) -> None:
        """Many outages that were over at once: more failures in a row confirm one."""
        rule = next((each for each in self._plan.ruleset.rules if each.id == OUTAGE_RULE), None)
        if rule is None:
            return
        outages = [(each.end - each.start).total_seconds() for each in fired if each.rule == rule.id and each.end]
        short = [seconds for seconds in outages if seconds < SHORT_OUTAGE]
        now = len(outages) / self._weeks
        if len(short) / self._weeks <= MOST_A_WEEK or len(short) < len(outages) / 2:
            reason = f"{now:.1f} alerts a week; {len(short)} of {len(outages)} outages were over within 2 minutes"
            self._kept.append(Kept(rule.id, "*", reason))
        elif any(each.name == rule.id for each in self._settings.rules):
            self._kept.append(Kept(rule.id, "*", "the configuration has a rule of this name: raise its `fail`"))
        else:
            evidence = (f"{len(short)} of {len(outages)} outages were over within 2 minutes",)
            changed = {"name": rule.id, "signal": "service_down", "severity": "critical", "fail": rule.fail + 2}
            patch = {"rules": [{**changed, "no_data": "alert"}]}
            self._found.append(Suggestion(rule.id, "*", evidence, patch, now))

    def _error_rate(self, counts: Mapping[Key, int]) -> None:
        now = sum(number for (rule, _), number in counts.items() if rule == "error_rate") / self._weeks
        present = self._settings.alert_thresholds.error_rate_warning_percent
        if now <= MOST_A_WEEK:
            self._kept.append(Kept("error_rate", "*", f"{now:.1f} alerts a week"))
            return
        names = [subject for rule, subject in counts if rule == "error_rate"]
        with self._plan.store.read() as reads:
            days = reads.services.rollups(
                resolution=_DAY, start=self._plan.since, end=self._plan.until, services=names, histograms=False
            )
        rates = sorted(100 * (day.error_rate or 0) for found in days.values() for day in found if day.samples)
        usual = rates[int(0.95 * (len(rates) - 1))] if rates else 0.0
        critical = self._settings.alert_thresholds.error_rate_percent
        limit = min(max(round_up(2 * usual), 2 * present), critical)
        if limit <= present:
            self._kept.append(Kept("error_rate", "*", f"{now:.1f} alerts a week, and the limit is the critical one"))
            return
        evidence = (f"95 % of the days of {len(names)} services have at most {usual:.2f} % failed probes",)
        patch = {"alert_thresholds": {"error_rate_warning_percent": limit}}
        self._found.append(Suggestion("error_rate", "*", evidence, patch, now))

    def _host(self, counts: Mapping[Key, int]) -> None:
        names = {each.name for each in self._settings.rules}
        with self._plan.store.read() as reads:
            stored = reads.host.rollups(
                resolution=_DAY,
                start=self._plan.since,
                end=self._plan.until,
                metrics=[each for each, _ in _HOST.values()],
            )
        for rule in self._plan.ruleset.host_rules:
            if rule.signal not in _HOST:
                continue
            metric, key = _HOST[rule.signal]
            now = sum(number for (name, _), number in counts.items() if name == rule.id) / self._weeks
            days = stored.get(metric, [])
            p99 = LatencyHistogram.merged([day.histogram for day in days]).quantile(0.99)
            lowest = rule.limits.lowest
            if now <= MOST_A_WEEK or lowest is None:
                self._kept.append(Kept(rule.id, "host", f"{now:.1f} alerts a week"))
            elif len(days) < LEAST_QUIET_DAYS or p99 is None:
                reason = f"too little data: {len(days)} days, {LEAST_QUIET_DAYS} are needed"
                self._kept.append(Kept(rule.id, "host", reason))
            elif rule.id in names:
                self._kept.append(Kept(rule.id, "host", "the configuration has a rule of this name: raise its `for`"))
            else:
                self._found.append(self._busy(rule, key, p99, lowest.enter, now))

    def _busy(self, rule: Rule, key: str, p99: float, present: float, now: float) -> Suggestion:
        evidence = (f"99th percentile {p99:.0f} %", f"present limit {present:g} %")
        limit = min(97.0, float(round(p99 + 3)))
        if limit > present:
            return Suggestion(rule.id, "host", evidence, {"alert_thresholds": {key: limit}}, now)
        changed = {"name": rule.id, "signal": rule.signal.value, "above": present, "severity": "warning", "fail": 3}
        return Suggestion(rule.id, "host", evidence, {"rules": [{**changed, "for": "10m"}]}, now)

    def _values(self, counts: Mapping[Key, int]) -> None:
        """What is too much for a value, its past does not tell: these rules are only counted."""
        for rule in self._plan.ruleset.rules:
            if rule.signal is Signal.VALUE:
                now = sum(number for (name, _), number in counts.items() if name == rule.id) / self._weeks
                reason = f"{now:.1f} alerts a week; limits of values depend on their meaning and are not suggested"
                self._kept.append(Kept(rule.id, rule.subject, reason))

    # --- what history says to it ----------------------------------------------------------------------------------

    def _tried(self, progress: Progress) -> list[Suggestion]:
        """The suggestions that fire seldom enough, or less than now; louder ones get a higher limit first."""
        waiting, good = self._found, []
        for number in range(_ROUNDS):
            if not waiting:
                break
            loud = []
            for each in self._counted(waiting, progress):
                better = each.expected_per_week < each.now_per_week or each.now_per_week == 0
                if each.expected_per_week <= MOST_A_WEEK and better:
                    good.append(each)
                elif number + 1 < _ROUNDS and (higher := _higher(each)) is not None:
                    loud.append(higher)
                else:
                    reason = f"no better limit was found: {each.expected_per_week:.1f} alerts a week with the best one"
                    self._kept.append(Kept(each.rule, each.subject, reason))
            waiting = loud
        return sorted(good, key=lambda each: (each.rule, each.subject))

    def _counted(self, suggestions: list[Suggestion], progress: Progress) -> list[Suggestion]:
        whole = self._with_patch(together(suggestions))
        wanted = {each.rule for each in suggestions}
        # An error rate leaves out outages, so these are judged with it.
        rules = tuple(rule for rule in whole.rules if rule.id in wanted or rule.id == OUTAGE_RULE)
        tried = Ruleset(whole.targets, rules, whole.recheck, policies=whole.policies)
        fired = [each for rule in replace(self._plan, ruleset=tried).run(progress).rules for each in rule.fired]
        counts = Counter((each.rule, each.subject) for each in fired)
        of_rule = Counter(each.rule for each in fired)
        return [
            replace(
                each,
                expected_per_week=(
                    counts[each.rule, each.subject] if each.subject in whole.by_target else of_rule[each.rule]
                )
                / self._weeks,
            )
            for each in suggestions
        ]


def _higher(suggestion: Suggestion) -> Suggestion | None:
    """The same with a higher limit, or a longer time."""
    for key, value in suggestion.patch.items():
        table = value[0] if isinstance(value, list) else value
        name = next(
            (each for each in ("above", "degraded_above_ms", "error_rate_warning_percent") if each in table), None
        )
        if name is None or key == "alert_thresholds":
            return None
        if table.get("signal") not in (None, "response_time"):
            return None
        changed = {**table, name: round_up(1.4 * table[name])}
        if key == "rules":
            changed["for"] = "5m"
        return replace(suggestion, patch={key: [changed]})
    return None
