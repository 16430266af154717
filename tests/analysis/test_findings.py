"""What is planted in a history is found and named; a quiet history has no finding and no advice."""

from __future__ import annotations

import tomllib
from datetime import UTC, timedelta

import pytest
from support.histories import END, History, short_alerts

from amt_console.analysis import FindingKind, PerformanceAnalysis
from amt_console.analysis.resources import resource_patterns
from amt_console.config.settings import Settings
from amt_console.model import HostRollup, LatencyHistogram

DAY, THREE_DAYS, MONTH = (pytest.param(days, marks=pytest.mark.slow) for days in (1, 3, 30))
WEEK = 7


def kinds(found: PerformanceAnalysis) -> list[tuple[str, str]]:
    return [(finding.kind.value, finding.subject) for finding in found.findings]


def rules(found: PerformanceAnalysis) -> list[tuple[str, str]]:
    return [(advice.rule, advice.subject) for advice in found.recommendations]


@pytest.mark.parametrize("days", [DAY, THREE_DAYS, WEEK, MONTH])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 7))])
def test_a_quiet_history_has_no_finding_and_no_advice(days: int, seed: int) -> None:
    found = History(days=days, seed=seed).analysis()
    assert found.findings == ()
    assert found.recommendations == ()


@pytest.mark.parametrize("days", [DAY, THREE_DAYS, WEEK, MONTH])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_calm_weekends_are_no_finding(days: int, seed: int) -> None:
    found = History(days=days, seed=seed, weekend=0.8).analysis()
    assert found.findings == ()
    assert found.recommendations == ()


@pytest.mark.parametrize("days", [DAY, WEEK, MONTH])
def test_a_planted_incident_is_named_with_its_time_and_cause(days: int) -> None:
    history = History(days=days)
    begin = history.at(0.4)
    history.outages = {"web": [(begin, 1500)]}
    found = history.analysis()
    (finding,) = found.findings
    assert (finding.kind, finding.subject) == (FindingKind.INCIDENT, "web")
    assert (finding.since, finding.until) == (begin, begin + timedelta(seconds=1500))
    assert "connect refused" in finding.evidence[0]
    assert found.reliability.causes == {"connect_refused": 1}
    assert found.reliability.mttr_s == 1500


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 4))])
@pytest.mark.parametrize("days", [THREE_DAYS, WEEK, MONTH])
def test_a_planted_trend_is_named_once(days: int, seed: int) -> None:
    history = History(days=days, seed=seed)
    start, length = history.window.start, history.window.seconds
    history.latency = {"api": lambda at: 1 + (at - start).total_seconds() / length}
    found = history.analysis()
    assert kinds(found) == [("trend", "api")]
    assert found.findings[0].p_value is not None
    assert found.findings[0].p_value < 0.01
    assert rules(found) == [("rising-response-time", "api")]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 4))])
@pytest.mark.parametrize("days", [THREE_DAYS, WEEK, MONTH])
def test_a_planted_shift_is_named_where_it_happened(days: int, seed: int) -> None:
    history = History(days=days, seed=seed)
    moment = history.at(0.6)
    history.latency = {"shop": lambda at: 1.8 if at >= moment else 1.0}
    found = history.analysis()
    assert kinds(found) == [("change_point", "shop")]
    assert found.findings[0].at is not None
    assert abs((found.findings[0].at - moment).total_seconds()) <= max(8 * history.window.step, 6 * 3600)
    assert rules(found) == [("level-shift", "shop")]


@pytest.mark.parametrize("days", [THREE_DAYS, WEEK, MONTH])
def test_a_planted_slow_stretch_is_an_anomaly(days: int) -> None:
    history = History(days=days)
    begin = history.at(0.7)
    until = begin + timedelta(seconds=3 * history.window.step)
    history.latency = {"api": lambda at: 5.0 if begin <= at < until else 1.0}
    found = history.analysis()
    assert kinds(found) == [("anomaly", "api")]


def test_unusual_behaviour_of_users_is_an_anomaly() -> None:
    history = History(days=7)
    begin = history.at(0.8)
    history.figure = lambda at: 6.0 if begin <= at < begin + timedelta(hours=3) else 1.0
    found = history.analysis()
    assert kinds(found) == [("anomaly", "chatbot.conversations")]
    assert "conversations was" in found.findings[0].evidence[0]


@pytest.mark.parametrize("days", [DAY, WEEK, MONTH])
def test_a_noisy_alert_is_named_with_a_change_that_would_have_ended_it(days: int) -> None:
    history = History(days=days)
    history.episodes = short_alerts(history, 12)
    found = history.analysis()
    assert kinds(found) == [("noisy_alert", "host")]
    (advice,) = [each for each in found.recommendations if each.rule == "noisy-alert"]
    assert advice.change == "[alert_thresholds]\ncpu_usage_percent = 84\n"
    assert "12 of the 12 alerts" in advice.evidence[-1]
    assert found.rules[0].refire_percent == 0


@pytest.mark.parametrize("days", [DAY, WEEK, MONTH])
def test_a_filling_disk_is_named_with_the_time_when_it_is_full(days: int) -> None:
    history = History(days=days, gaps=0)
    hours = 24 * days
    history.host = {"disk": lambda at: (88 - 30 * (END - at).total_seconds() / 3600 / hours) / 55}
    found = history.analysis()
    assert kinds(found) == [("disk_full", "host disk")]
    real = END + timedelta(hours=12 * hours / 30)
    assert found.disk.full_at is not None
    assert abs((found.disk.full_at - real).total_seconds()) < 0.15 * 12 * hours / 30 * 3600
    assert "disk-fills" in [advice.rule for advice in found.recommendations]


def test_a_saturated_host_and_what_is_slow_with_it() -> None:
    history = History(days=3, seed=4)
    busy = [history.at(part / 20) for part in range(1, 19, 2)]

    def load(at: object) -> bool:
        return any(begin <= at < begin + timedelta(hours=1) for begin in busy)  # type: ignore[operator]

    history.host = {"cpu": lambda at: 3.2 if load(at) else 1.0}
    history.latency = {"web": lambda at: 2.0 if load(at) else 1.0}
    found = history.analysis()
    named = kinds(found)
    assert ("saturation", "host cpu") in named
    assert ("correlation", "web") in named
    assert ("correlation", "api") not in named
    assert "never" not in " ".join(found.findings[-1].evidence)


def test_saturation_is_time_and_not_a_number_of_samples() -> None:
    hour = 3_600_000_000
    calm = [HostRollup(number * hour, hour, LatencyHistogram.of([20.0])) for number in range(9)]
    sampled_often = HostRollup(9 * hour, hour, LatencyHistogram.of([95.0] * 90))
    (cpu, *_) = resource_patterns({"cpu": [*calm, sampled_often]}, UTC, {"cpu": 80.0})
    assert (cpu.saturated_s, cpu.saturated_percent) == (3600.0, 10.0)


def test_outages_at_once_of_services_without_a_dependency_are_told_each() -> None:
    history = History(days=3)
    begin = history.at(0.5)
    history.outages = {name: [(begin, 900)] for name in history.services}
    plain = history.analysis()
    assert [kind for kind, _ in kinds(plain)] == ["incident"] * 3


def test_every_change_is_a_valid_configuration() -> None:
    history = History(days=7, gaps=0)
    history.host = {"disk": lambda at: (88 - 0.1 * (END - at).total_seconds() / 3600) / 55, "cpu": lambda _: 2.8}
    history.episodes = short_alerts(history, 12)
    history.outages = {"web": [(history.at(part / 10), 70) for part in range(1, 6)]}
    history.latency = {"shop": lambda _: 60.0}
    found = history.analysis()
    changes = {advice.rule: advice.change for advice in found.recommendations if advice.change}
    assert {"disk-fills", "noisy-alert", "coarse-checks", "slow", "host-disk"} <= changes.keys()
    for change in changes.values():
        Settings.model_validate(tomllib.loads(change))
    assert all(advice.evidence and advice.effect and advice.verify for advice in found.recommendations)
