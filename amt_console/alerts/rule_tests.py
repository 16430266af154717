"""Unit tests of rules: what fires on given series. Pure; the same judging and stepping as in the monitor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS, judge, judge_window, missing
from amt_console.alerts.lifecycle.episode import step
from amt_console.alerts.rules.rule import Rule, Signal
from amt_console.clock import Instant
from amt_console.model import AlertState, Episode

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_FIRING = frozenset((AlertState.FIRING, AlertState.RECOVERING))


@dataclass(frozen=True, slots=True)
class TestSeries:
    """Values of one signal of one subject, one each interval; ``None`` is missing data.

    Of a state (``service_down``, ``database``) 1 is bad and 0 is good.
    """

    subject: str
    signal: Signal
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """Whether a rule fires at a moment."""

    at: float
    """Seconds after the first value."""
    rule: str
    firing: bool


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test: series, and what is expected of them."""

    name: str
    interval: float
    series: tuple[TestSeries, ...]
    expect: tuple[ExpectedState, ...]


def failures(rules: Sequence[Rule], test: RuleTest) -> list[str]:
    """What a test finds wrong, a sentence each; empty if it passes."""
    known = {rule.id for rule in rules}
    found = [f"there is no rule '{each.rule}'" for each in test.expect if each.rule not in known]
    firing = _firing(rules, test)
    for each in test.expect:
        spans = firing.get(each.rule, [])
        fires = any(begin <= each.at < end for begin, end in spans)
        if each.rule in known and fires is not each.firing:
            word, instead = ("firing", "does not fire") if each.firing else ("none", "fires")
            found.append(f"at {each.at:g} s '{each.rule}' was expected to be {word}, and {instead} ({_words(spans)})")
    return found


def _words(spans: Sequence[tuple[float, float]]) -> str:
    if not spans:
        return "it never fires"
    ends = (f"from {begin:g} s" + ("" if end == float("inf") else f" to {end:g} s") for begin, end in spans)
    return f"it fires {', '.join(ends)}"


def _firing(rules: Sequence[Rule], test: RuleTest) -> dict[str, list[tuple[float, float]]]:
    """When each rule fires, for any subject: seconds after the first value."""
    found: dict[str, list[tuple[float, float]]] = {}
    for series in test.series:
        for rule in rules:
            if rule.signal is series.signal and rule.applies_to(series.subject):
                found.setdefault(rule.id, []).extend(_spans(rule, series, test.interval))
    return found


def _spans(rule: Rule, series: TestSeries, interval: float) -> Iterator[tuple[float, float]]:
    episode: Episode | None = None
    since: float | None = None
    for number in range(len(series.values)):
        at = number * interval
        episode = step(episode, _observation(rule, series, number, interval, episode), rule).episode
        fires = episode is not None and episode.state in _FIRING
        if fires and since is None:
            since = at
        elif not fires and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, float("inf")


def _observation(rule: Rule, series: TestSeries, number: int, interval: float, episode: Episode | None) -> Observation:
    at, value, subject = _instant(number * interval), series.values[number], series.subject
    if value is None:
        return missing(rule, subject, at, "the series has no value")
    if not rule.has_limits:
        bad = value != 0
        return Observation(subject, VERDICTS[rule.severity] if bad else Verdict.OK, f"{subject} is {value:g}", at)
    if rule.window is None or rule.signal in (Signal.ERROR_RATE, Signal.UPTIME):
        # The values of these two are rates over their window already.
        return judge(rule, subject, value, at=at, episode=episode)
    first = max(0, number - int(rule.window // interval) + 1)
    points = [
        (_instant(index * interval).wall, known)
        for index in range(first, number + 1)
        if (known := series.values[index]) is not None
    ]
    return judge_window(rule, subject, points, at=at, episode=episode)


def _instant(seconds: float) -> Instant:
    return Instant(_EPOCH + timedelta(seconds=seconds), seconds, seconds, "test")
