"""From measurements to verdicts: limits, hysteresis, missing data, messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alerting import Key

from amt_console.alerts import (
    Aggregate,
    Direction,
    Limits,
    Observation,
    Rule,
    Signal,
    Verdict,
    default_rules,
    is_good,
    judge,
    judge_disks,
    judge_error_rate,
    judge_gap,
    judge_heard,
    judge_host,
    judge_no_data,
    judge_probe,
    judge_uptime,
    judge_window,
    limit,
    no_data_rule,
    step,
)
from amt_console.clock import FakeClock
from amt_console.model import (
    AlertState,
    AlertType,
    DiskUsage,
    Episode,
    ErrorClass,
    Gap,
    GapReason,
    HostSample,
    NetworkRates,
    ProbeResult,
    ServiceState,
    Severity,
)

CLOCK = FakeClock(datetime(2026, 1, 5, 12, 0, tzinfo=UTC))
AT = CLOCK.instant()
RULES: Mapping[str, Rule] = {rule.id: rule for rule in default_rules()}
OK, WARN, CRIT, BLIND = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.NO_DATA


def result(state: ServiceState = ServiceState.UP, **more: object) -> ProbeResult:
    whole = ProbeResult(service="backend-api", timestamp=AT.wall, state=state, interval=15.0)
    return replace(whole, **more)  # type: ignore[arg-type]


def host(**more: object) -> HostSample:
    return replace(HostSample(AT.wall, cpu_usage=10.0, memory_usage=10.0, disk_usage=10.0), **more)  # type: ignore[arg-type]


def disk(mount: str, percent: float) -> DiskUsage:
    return DiskUsage(mount, "/dev/sda1", "ext4", 100, int(percent), percent)


def probe(rule: str, measured: ProbeResult, episode: Episode | None = None) -> Observation:
    seen = judge_probe(RULES[rule], measured, at=AT, episode=episode)
    assert seen is not None
    return seen


def fired(rule: Rule, severity: Severity, state: AlertState = AlertState.FIRING) -> Episode:
    return Episode(rule.id, "backend-api", rule.alert_type, severity, "bad", state, AT.wall, fired_at=AT.wall)


class TestUpOrDown:
    @pytest.mark.parametrize("rule", ["service_down", "database"])
    @pytest.mark.parametrize(
        ("state", "verdict"),
        [
            (ServiceState.UP, OK),
            (ServiceState.DEGRADED, OK),
            (ServiceState.DOWN, CRIT),
            (ServiceState.UNKNOWN, BLIND),
            (ServiceState.MAINTENANCE, BLIND),
        ],
    )
    def test_every_state_has_its_verdict(self, rule: str, state: ServiceState, verdict: Verdict) -> None:
        assert probe(rule, result(state)).verdict is verdict

    @pytest.mark.parametrize(
        ("measured", "why"),
        [
            (result(ServiceState.UNKNOWN, error="no file descriptors"), "no file descriptors"),
            (result(ServiceState.UNKNOWN), "its state is unknown"),
        ],
    )
    def test_the_words_on_missing_data(self, measured: ProbeResult, why: str) -> None:
        assert probe("service_down", measured).message == f"backend-api: no data: {why}"

    def test_a_fault_of_our_own_says_nothing_about_the_service(self) -> None:
        seen = probe("service_down", result(ServiceState.DOWN, error_class=ErrorClass.LOCAL_ERROR))
        assert seen.verdict is BLIND

    def test_the_words_name_the_reason(self) -> None:
        seen = probe("service_down", result(ServiceState.DOWN, error="connection refused by 127.0.0.1:5000"))
        assert seen.message == "backend-api is down: connection refused by 127.0.0.1:5000"

    def test_the_class_stands_in_for_missing_words(self) -> None:
        seen = probe("service_down", result(ServiceState.DOWN, error_class=ErrorClass.TIMEOUT))
        assert seen.message == "backend-api is down: timeout"

    def test_quick_rechecks_confirm(self) -> None:
        key = Key(RULES["service_down"], every=1.0)
        for attempt in (1, 2, 3):
            seen = judge_probe(key.rule, result(ServiceState.DOWN, attempt=attempt, error="refused"), at=AT)
            assert seen is not None
            key.save(step(key.episode, seen, key.rule))
        assert key.now.state is AlertState.FIRING
        assert key.now.message == "backend-api is down: refused (3 of 3)"

    def test_a_signal_that_needs_a_window_is_refused(self) -> None:
        with pytest.raises(ValueError, match="error_rate"):
            judge_probe(RULES["error_rate"], result(), at=AT)


class TestPluginWarning:
    @pytest.mark.parametrize(
        ("measured", "verdict", "message"),
        [
            (result(), OK, "backend-api is up"),
            (result(ServiceState.DEGRADED, error="90 % full"), WARN, "backend-api warns: 90 % full"),
            (result(ServiceState.DEGRADED), WARN, "backend-api warns: no reason is known"),
            (result(ServiceState.UNKNOWN, error="not found"), BLIND, "backend-api: no data: not found"),
            (result(ServiceState.UNKNOWN), BLIND, "backend-api: no data: its state is unknown"),
        ],
    )
    def test_each_state_has_its_verdict(self, measured: ProbeResult, verdict: Verdict, message: str) -> None:
        seen = probe("plugin_warning", measured)
        assert (seen.verdict, seen.message) == (verdict, message)
        assert is_good(RULES["plugin_warning"], measured, AT) is (verdict is OK)

    def test_what_is_down_is_another_alert(self) -> None:
        assert judge_probe(RULES["plugin_warning"], result(ServiceState.DOWN), at=AT) is None


class TestResponseTime:
    @pytest.mark.parametrize(
        ("value", "verdict"),
        [(1999.9, OK), (2000.0, OK), (2000.1, WARN), (5000.0, WARN), (5000.1, CRIT), (1e9, CRIT), (0.0, OK)],
    )
    def test_bad_is_strictly_above_the_limit(self, value: float, verdict: Verdict) -> None:
        assert probe("response_time", result(response_time_ms=value)).verdict is verdict

    @pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.RECOVERING])
    @pytest.mark.parametrize(
        ("severity", "value", "verdict"),
        [
            (Severity.CRITICAL, 4500.1, CRIT),
            (Severity.CRITICAL, 4500.0, WARN),
            (Severity.CRITICAL, 1800.1, WARN),
            (Severity.CRITICAL, 1800.0, OK),
            (Severity.WARNING, 5000.0, WARN),
            (Severity.WARNING, 5000.1, CRIT),
            (Severity.WARNING, 1800.1, WARN),
            (Severity.WARNING, 1800.0, OK),
        ],
    )
    def test_once_fired_it_is_left_at_nine_tenths(
        self, severity: Severity, value: float, verdict: Verdict, state: AlertState
    ) -> None:
        episode = fired(RULES["response_time"], severity, state)
        assert probe("response_time", result(response_time_ms=value), episode).verdict is verdict

    @pytest.mark.parametrize("state", [AlertState.PENDING, AlertState.RESOLVED])
    def test_before_and_after_the_limit_itself_holds(self, state: AlertState) -> None:
        episode = fired(RULES["response_time"], Severity.CRITICAL, state)
        assert probe("response_time", result(response_time_ms=1900.0), episode).verdict is OK

    @pytest.mark.parametrize(
        "measured",
        [
            result(ServiceState.DOWN, error="refused"),
            result(ServiceState.UNKNOWN, response_time_ms=9000.0),
            result(ServiceState.UP, response_time_ms=math.nan),
            result(ServiceState.UP, response_time_ms=math.inf),
        ],
    )
    def test_no_answer_is_no_data(self, measured: ProbeResult) -> None:
        assert probe("response_time", measured).verdict is BLIND

    @pytest.mark.parametrize(
        ("measured", "why"),
        [
            (result(ServiceState.DOWN, error="refused"), "refused"),
            (result(ServiceState.DOWN), "no answer"),
        ],
    )
    def test_the_words_on_missing_data(self, measured: ProbeResult, why: str) -> None:
        assert probe("response_time", measured).message == f"backend-api: no data: {why}"

    @pytest.mark.parametrize(("value", "threshold"), [(6000.0, 5000.0), (2500.0, 2000.0), (100.0, 2000.0)])
    def test_the_threshold_is_the_limit_that_was_passed(self, value: float, threshold: float) -> None:
        seen = probe("response_time", result(response_time_ms=value))
        assert (seen.value, seen.threshold) == (value, threshold)

    def test_a_value_that_is_not_there_has_words(self) -> None:
        assert judge(RULES["cpu_usage"], "cpu", None, at=AT).message == "cpu: no data: there is no value"

    def test_slow_answers_are_confirmed_by_rechecks(self) -> None:
        assert probe("response_time", result(response_time_ms=6000.0, attempt=2)).verdict is CRIT

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (6200.0, "backend-api answers in 6.2 s, limit 5 s"),
            (5001.0, "backend-api answers in 5.001 s, limit 5 s"),
            (2500.0, "backend-api answers in 2.5 s, limit 2 s"),
            (123456.0, "backend-api answers in 123 s, limit 5 s"),
        ],
    )
    def test_the_words_name_value_and_limit(self, value: float, words: str) -> None:
        assert probe("response_time", result(response_time_ms=value)).message == words

    def test_the_words_say_when_it_ends(self) -> None:
        episode = fired(RULES["response_time"], Severity.CRITICAL)
        seen = probe("response_time", result(response_time_ms=4700.0), episode)
        assert seen.message == "backend-api answers in 4.7 s, limit 5 s, ends at 4.5 s"

    def test_without_limits_nothing_is_bad(self) -> None:
        rule = replace(RULES["response_time"], limits_by_subject={"backend-api": Limits()})
        seen = judge_probe(rule, result(response_time_ms=1e6), at=AT)
        assert seen is not None
        assert seen.verdict is OK


class TestCertificates:
    @pytest.mark.parametrize(
        ("days", "verdict"),
        [(60, OK), (21, OK), (20.99, WARN), (3, WARN), (2.99, CRIT), (0, CRIT), (-5, CRIT)],
    )
    def test_bad_is_strictly_below_the_limit(self, days: float, verdict: Verdict) -> None:
        assert probe("tls_expiry", result(tls_expires_at=AT.wall + timedelta(days=days))).verdict is verdict

    @pytest.mark.parametrize(
        ("days", "words"),
        [
            (2.5, "backend-api: the certificate ends in 2 days, limit 3 days"),
            (0.5, "backend-api: the certificate ends in 12h, limit 3 days"),
            (-4.2, "backend-api: the certificate ended 4 days ago, limit 3 days"),
        ],
    )
    def test_the_words(self, days: float, words: str) -> None:
        assert probe("tls_expiry", result(tls_expires_at=AT.wall + timedelta(days=days))).message == words

    def test_a_plain_connection_says_nothing(self) -> None:
        seen = probe("tls_expiry", result())
        assert (seen.verdict, seen.message) == (BLIND, "backend-api: no data: no certificate seen")
        assert probe("tls_expiry", result(error="refused")).message == "backend-api: no data: refused"

    def test_rechecks_do_not_count(self) -> None:
        measured = result(attempt=2, tls_expires_at=AT.wall)
        assert judge_probe(RULES["tls_expiry"], measured, at=AT) is None


class TestErrorRate:
    @pytest.mark.parametrize(
        ("samples", "failures", "verdict"),
        [
            (19, 19, BLIND),
            (0, 0, BLIND),
            (20, 0, OK),
            (20, 1, OK),
            (20, 2, CRIT),
            (60, 1, OK),
            (60, 2, WARN),
            (60, 3, WARN),
            (60, 4, CRIT),
            (200, 2, OK),
            (240, 3, WARN),
            (240, 12, WARN),
            (240, 13, CRIT),
        ],
    )
    def test_one_lost_probe_never_counts(self, samples: int, failures: int, verdict: Verdict) -> None:
        seen = judge_error_rate(RULES["error_rate"], "backend-api", samples=samples, failures=failures, at=AT)
        assert seen.verdict is verdict

    def test_the_least_number_of_samples_is_the_rules_and_at_least_one(self) -> None:
        rule = replace(RULES["error_rate"], min_samples=0)
        assert judge_error_rate(rule, "x", samples=0, failures=0, at=AT).verdict is BLIND
        assert judge_error_rate(rule, "x", samples=1, failures=0, at=AT).verdict is OK

    def test_few_failures_have_value_and_limit(self) -> None:
        rule = RULES["error_rate"]
        seen = judge_error_rate(rule, "x", samples=50, failures=1, at=AT)
        assert (seen.message, seen.value, seen.threshold) == ("1 of 50 probes of x failed", 2.0, 1.0)
        assert judge_error_rate(replace(rule, limits=Limits()), "x", samples=50, failures=1, at=AT).threshold is None

    def test_fires_at_once_since_it_is_a_window_already(self) -> None:
        key = Key(RULES["error_rate"])
        key.save(step(None, judge_error_rate(key.rule, "backend-api", samples=60, failures=3, at=AT), key.rule))
        assert key.now.state is AlertState.FIRING
        assert key.now.message == "backend-api fails 5 % of its probes over 1h, limit 1 %"


class TestUptime:
    @pytest.mark.parametrize(
        ("uptime", "coverage", "verdict"),
        [
            (100.0, 100.0, OK),
            (99.0, 100.0, OK),
            (98.99, 100.0, CRIT),
            (0.0, 50.0, CRIT),
            (0.0, 49.9, BLIND),
            (None, 100.0, BLIND),
        ],
    )
    def test_needs_half_of_the_window(self, uptime: float | None, coverage: float, verdict: Verdict) -> None:
        seen = judge_uptime(RULES["uptime"], "web-app", uptime_percent=uptime, coverage_percent=coverage, at=AT)
        assert seen.verdict is verdict

    @pytest.mark.parametrize(("uptime", "verdict"), [(99.09, CRIT), (99.1, OK), (100.0, OK)])
    def test_is_left_between_the_limit_and_a_hundred(self, uptime: float, verdict: Verdict) -> None:
        episode = fired(RULES["uptime"], Severity.CRITICAL)
        seen = judge_uptime(
            RULES["uptime"], "web-app", uptime_percent=uptime, coverage_percent=100.0, at=AT, episode=episode
        )
        assert seen.verdict is verdict

    def test_never_rounds_the_fault_away(self) -> None:
        seen = judge_uptime(RULES["uptime"], "web-app", uptime_percent=98.9996, coverage_percent=100.0, at=AT)
        assert seen.message == "web-app was up 98.9996 % of the time over 1d, limit 99 %"


class TestHost:
    @pytest.mark.parametrize(
        ("rule", "field", "subject", "limit_"),
        [("cpu_usage", "cpu_usage", "cpu", 80.0), ("memory_usage", "memory_usage", "memory", 85.0)],
    )
    def test_limits_of_the_original(self, rule: str, field: str, subject: str, limit_: float) -> None:
        at_limit = judge_host(RULES[rule], host(**{field: limit_}), at=AT)
        above = judge_host(RULES[rule], host(**{field: limit_ + 1.25}), at=AT)
        unread = judge_host(RULES[rule], host(**{field: None}), at=AT)
        assert [at_limit.verdict, above.verdict, unread.verdict] == [OK, WARN, BLIND]
        assert above.subject == subject
        assert above.message == f"{subject} is at {limit_ + 1.25:.1f} %, limit {limit_:g} %"

    @pytest.mark.parametrize(
        ("signal", "sample", "value"),
        [
            (Signal.SWAP_USAGE, host(swap_usage=12.0), 12.0),
            (Signal.LOAD, host(load=(4.0, 3.0, 2.0)), 4.0),
            (Signal.LOAD, host(), None),
            (Signal.ACTIVE_CONNECTIONS, host(active_connections=1234), 1234),
            (Signal.NETWORK_SENT, host(network=NetworkRates(5.0, 6.0, 0.0, 0.0)), 5.0),
            (Signal.NETWORK_RECEIVED, host(network=NetworkRates(5.0, 6.0, 0.0, 0.0)), 6.0),
            (Signal.NETWORK_SENT, host(), None),
            (Signal.NETWORK_RECEIVED, host(), None),
        ],
    )
    def test_further_figures(self, signal: Signal, sample: HostSample, value: float | None) -> None:
        rule = Rule("mine", AlertType.ANOMALY, signal, limits=Limits(warning=limit(signal, Direction.ABOVE, 1.0)))
        seen = judge_host(rule, sample, at=AT)
        assert seen.value == value
        assert seen.verdict is (BLIND if value is None else WARN)

    def test_what_is_not_of_the_host_is_refused(self) -> None:
        with pytest.raises(ValueError, match="uptime"):
            judge_host(RULES["uptime"], host(), at=AT)

    def test_each_disk_has_an_alert_of_its_own(self) -> None:
        sample = host(disk_usage=96.0, disks=(disk("/", 93.4), disk("/var", 96.0), disk("/boot", 90.0)))
        seen = judge_disks(RULES["disk_usage"], sample, at=AT)
        assert [(one.subject, one.verdict) for one in seen] == [
            ("disk /", CRIT),
            ("disk /var", CRIT),
            ("disk /boot", OK),
        ]
        assert seen[0].message == "disk / is 93.4 % full, limit 90 %"

    def test_the_hysteresis_is_by_disk(self) -> None:
        sample = host(disks=(disk("/", 85.0), disk("/var", 85.0)))
        episode = replace(fired(RULES["disk_usage"], Severity.CRITICAL), subject="disk /")
        seen = judge_disks(RULES["disk_usage"], sample, at=AT, episodes={"disk /": episode})
        assert [one.verdict for one in seen] == [CRIT, OK]

    def test_an_open_alert_on_an_unmounted_disk_gets_no_data(self) -> None:
        open_one = replace(fired(RULES["disk_usage"], Severity.CRITICAL), subject="disk /mnt")
        gone = replace(open_one, subject="disk /old", state=AlertState.RESOLVED)
        seen = judge_disks(
            RULES["disk_usage"],
            host(disks=(disk("/", 10.0),)),
            at=AT,
            episodes={"disk /mnt": open_one, "disk /old": gone},
        )
        assert [(one.subject, one.verdict) for one in seen] == [("disk /", OK), ("disk /mnt", BLIND)]

    def test_a_figure_without_mounts_is_judged_as_the_disk(self) -> None:
        (seen,) = judge_disks(RULES["disk_usage"], host(disk_usage=95.0), at=AT)
        assert (seen.subject, seen.verdict) == ("disk", CRIT)

    def test_a_host_that_tells_of_no_disk_is_not_judged_by_it(self) -> None:
        assert judge_disks(RULES["disk_usage"], host(disk_usage=None), at=AT) == ()

    def test_a_rule_for_one_mount_leaves_the_others_alone(self) -> None:
        rule = replace(RULES["disk_usage"], subject="disk /var*")
        seen = judge_disks(rule, host(disks=(disk("/", 99.0), disk("/var", 99.0))), at=AT)
        assert [one.subject for one in seen] == ["disk /var"]


def points(values: list[float]) -> list[tuple[datetime, float]]:
    return [(AT.wall + timedelta(seconds=number), value) for number, value in enumerate(values)]


class TestWindows:
    def test_the_aggregate_is_judged_and_named(self) -> None:
        rule = replace(RULES["cpu_usage"], window=300.0, aggregate=Aggregate.P95)
        seen = judge_window(rule, "cpu", points([10.0] * 18 + [95.0, 99.0]), at=AT)
        assert (seen.verdict, seen.value) == (WARN, 95.0)
        assert seen.message == "cpu is at 95 % at the 95th percentile over 5m, limit 80 %"

    @pytest.mark.parametrize(("count", "verdict"), [(0, BLIND), (4, BLIND), (5, WARN)])
    def test_too_few_samples_are_no_data(self, count: int, verdict: Verdict) -> None:
        rule = replace(RULES["cpu_usage"], window=300.0, min_samples=5)
        assert judge_window(rule, "cpu", points([99.0] * count), at=AT).verdict is verdict

    def test_no_value_is_no_data_with_its_reason(self) -> None:
        seen = judge(RULES["cpu_usage"], "cpu", None, at=AT, reason="not readable")
        assert (seen.verdict, seen.message, seen.threshold) == (BLIND, "cpu: no data: not readable", 80.0)


class TestSilence:
    @pytest.mark.parametrize(("seconds", "verdict"), [(0.0, BLIND), (44.9, BLIND), (45.0, WARN), (4500.0, WARN)])
    def test_row_9_a_warning_of_its_own_key_after_three_intervals(self, seconds: float, verdict: Verdict) -> None:
        rule = no_data_rule(RULES["service_down"])
        assert rule is not None
        assert rule.id == "service_down/no_data"
        seen = judge_no_data(rule, "backend-api", seconds=seconds, interval=15.0, at=AT)
        assert seen.verdict is verdict

    def test_fires_at_once_and_ends_with_the_first_data(self) -> None:
        rule = no_data_rule(RULES["service_down"])
        assert rule is not None
        key = Key(rule)
        seen = judge_no_data(rule, "backend-api", seconds=200.0, interval=15.0, at=AT, reason="no file descriptors")
        key.save(step(None, seen, rule))
        assert (key.now.state, key.now.severity) == (AlertState.FIRING, Severity.WARNING)
        assert key.now.alert_type is AlertType.NO_DATA
        assert key.now.message == "backend-api: no data for 3m 20s: no file descriptors"
        key.save(step(key.episode, judge_no_data(rule, "backend-api", seconds=1.0, interval=15.0, at=AT), rule))
        assert key.now.state is AlertState.FIRING, "a short silence after a restart is no data, not good news"
        key.save(step(key.episode, judge_heard(rule, "backend-api", at=AT), rule))
        assert key.now.state is AlertState.RESOLVED

    def test_a_growing_silence_is_told_ever_more_rarely(self) -> None:
        rule = no_data_rule(RULES["service_down"])
        assert rule is not None
        key = Key(rule)
        for seconds in range(45, 45 + 24 * 3600, 15):
            seen = judge_no_data(rule, "backend-api", seconds=float(seconds), interval=15.0, at=AT)
            key.save(step(key.episode, seen, rule))
        assert key.writes < 90

    def test_rules_that_only_hold_have_none(self) -> None:
        assert no_data_rule(RULES["uptime"]) is None


class TestGaps:
    def test_a_gap_informs_and_fades(self) -> None:
        key = Key(RULES["monitor"], subject="monitor", every=60.0)
        gap = Gap(AT.wall - timedelta(seconds=200), AT.wall, GapReason.SUSPENDED)
        seen = judge_gap(key.rule, gap, subject="monitor", at=AT)
        assert seen.verdict is Verdict.INFO
        assert seen.message == "nothing was measured for 3m 20s until 12:00:00 UTC (suspended)"
        key.save(step(None, seen, key.rule))
        assert (key.now.state, key.now.severity) == (AlertState.FIRING, Severity.INFO)
        for _ in range(17):
            key.clock.advance(60)
            key.save(step(key.episode, judge_gap(key.rule, None, subject="monitor", at=key.clock.instant()), key.rule))
        assert key.now.state is AlertState.RESOLVED


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(sorted(RULES)), st.sampled_from(list(Severity)))
def test_any_number_gets_a_verdict_and_words(value: float, rule: str, severity: Severity) -> None:
    judged = RULES[rule]
    if not judged.has_limits:
        return
    for episode in (None, fired(judged, severity)):
        seen = judge(judged, "x", value, at=AT, episode=episode)
        assert seen.message
        assert (seen.verdict is BLIND) == (not math.isfinite(value))


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_worse_value_never_gets_a_better_verdict(one: float, other: float) -> None:
    ranks = {OK: 0, WARN: 1, CRIT: 2}
    low, high = sorted((one, other))
    for severity in (None, Severity.WARNING, Severity.CRITICAL):
        episode = None if severity is None else fired(RULES["response_time"], severity)
        verdicts = [judge(RULES["response_time"], "x", value, at=AT, episode=episode).verdict for value in (low, high)]
        assert ranks[verdicts[0]] <= ranks[verdicts[1]]


@pytest.mark.parametrize(
    ("rule", "measured", "good"),
    [
        *(("service_down", result(state), state in (ServiceState.UP, ServiceState.DEGRADED)) for state in ServiceState),
        ("response_time", result(response_time_ms=2000.0), True),
        ("response_time", result(ServiceState.DEGRADED, response_time_ms=1500.0), True),
        ("response_time", result(response_time_ms=2001.0), False),
        ("response_time", result(response_time_ms=6000.0), False),
        ("response_time", result(ServiceState.DOWN, response_time_ms=100.0, error_class=ErrorClass.LOCAL_ERROR), False),
        ("response_time", result(), False),
        ("response_time", result(response_time_ms=math.nan), False),
        ("tls_expiry", result(tls_expires_at=AT.wall + timedelta(days=21)), True),
        ("tls_expiry", result(tls_expires_at=AT.wall + timedelta(days=20)), False),
        ("tls_expiry", result(response_time_ms=100.0), False),
        ("error_rate", result(response_time_ms=100.0), False),
    ],
)
def test_good_results_need_no_words(rule: str, measured: ProbeResult, good: bool) -> None:
    assert is_good(RULES[rule], measured, AT) is good


RESULTS = st.builds(
    result,
    state=st.sampled_from(list(ServiceState)),
    response_time_ms=st.none() | st.floats(0, 10_000) | st.just(float("nan")),
    error_class=st.none() | st.sampled_from(list(ErrorClass)),
    tls_expires_at=st.none() | st.integers(-5, 60).map(lambda days: AT.wall + timedelta(days=days)),
)


@given(name=st.sampled_from(["service_down", "response_time", "tls_expiry"]), seen=RESULTS)
def test_what_is_called_good_is_judged_good(name: str, seen: ProbeResult) -> None:
    judged = judge_probe(RULES[name], seen, at=AT)
    assert judged is not None
    good = is_good(RULES[name], seen, AT)
    assert judged.verdict is OK or not good
    if seen.state is ServiceState.UP and seen.error_class is None:
        assert good == (judged.verdict is OK), "the usual case is the cheap one"
