"""Limits, the default rules, and the rules of the configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts import (
    Aggregate,
    Direction,
    Limits,
    Rule,
    Signal,
    Thresholds,
    custom_rule,
    default_rules,
    limit,
    merge_rules,
    no_data_rule,
    rules_for,
)
from amt_console.config.sections.rules import INFORMATION_SIGNALS, STATE_SIGNALS, RuleSignal
from amt_console.model import AlertType, Database, Plugin, Service, Severity
from amt_console.text import number

ABOVE, BELOW = Direction.ABOVE, Direction.BELOW


class TestLimits:
    @pytest.mark.parametrize(
        ("signal", "direction", "enter", "leave"),
        [
            (Signal.RESPONSE_TIME, ABOVE, 5000.0, 4500.0),
            (Signal.CPU_USAGE, ABOVE, 80.0, 72.0),
            (Signal.UPTIME, BELOW, 99.0, 99.1),
            (Signal.UPTIME, BELOW, 100.0, 100.0),
            (Signal.TLS_EXPIRY, BELOW, 10.0, 11.0),
            (Signal.FIGURE, ABOVE, -10.0, -11.0),
            (Signal.FIGURE, BELOW, -10.0, -9.0),
            (Signal.FIGURE, ABOVE, 0.0, 0.0),
        ],
    )
    def test_are_left_a_tenth_on_the_good_side(
        self, signal: Signal, direction: Direction, enter: float, leave: float
    ) -> None:
        assert limit(signal, direction, enter).leave == pytest.approx(leave)

    def test_take_a_given_leave(self) -> None:
        assert limit(Signal.CPU_USAGE, ABOVE, 80.0, 80.0).leave == 80.0

    @pytest.mark.parametrize(("direction", "leave"), [(ABOVE, 80.1), (BELOW, 79.9)])
    def test_refuse_a_leave_that_could_never_be_reached(self, direction: Direction, leave: float) -> None:
        with pytest.raises(ValueError, match="never end"):
            limit(Signal.CPU_USAGE, direction, 80.0, leave)

    def test_refuse_what_is_no_number(self) -> None:
        with pytest.raises(ValueError, match="finite"):
            limit(Signal.CPU_USAGE, ABOVE, float("nan"))


class TestRule:
    @pytest.mark.parametrize(
        "wrong", [{"fail": 0}, {"recover": 0}, {"for_seconds": -1.0}, {"keep_firing_for": -1.0}, {"no_data_after": 0}]
    )
    def test_refuses_what_could_never_work(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="Rule x"):
            Rule("x", AlertType.ANOMALY, Signal.LOAD, **wrong)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("pattern", "subject", "applies"),
        [
            ("*", "web-app", True),
            ("web-*", "web-app", True),
            ("web-*", "backend-api", False),
            ("disk /data[1]", "disk /data[1]", True),
            ("web-app", "Web-App", False),
        ],
    )
    def test_applies_by_name_or_pattern(self, pattern: str, subject: str, applies: bool) -> None:
        rule = Rule("x", AlertType.SERVICE_DOWN, Signal.SERVICE_DOWN, subject=pattern)
        assert rule.applies_to(subject) is applies

    def test_is_usable_as_a_key(self) -> None:
        assert len(frozenset((*default_rules(), *default_rules()))) == len(default_rules())

    @pytest.mark.parametrize(
        ("aggregate", "value"),
        [
            (Aggregate.MEAN, 5.5),
            (Aggregate.MAX, 10.0),
            (Aggregate.MIN, 1.0),
            (Aggregate.P95, 10.0),
            (Aggregate.LAST, 3.0),
        ],
    )
    def test_aggregates(self, aggregate: Aggregate, value: float) -> None:
        assert aggregate.of([10.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 3.0]) == value
        assert aggregate.of([]) is None

    def test_nothing_has_no_rate(self) -> None:
        assert Aggregate.RATE.over([]) is None

    @pytest.mark.parametrize("tier", ["info", "warning", "critical"])
    def test_limits_with_any_tier_are_not_empty(self, tier: str) -> None:
        assert Limits().empty
        one = limit(Signal.LOAD, ABOVE, 1.0)
        assert not Limits(**{tier: one}).empty
        assert Limits(**{tier: one}).lowest == one

    def test_the_limit_of_the_least_severity_is_reached_first(self) -> None:
        one, two, three = (limit(Signal.LOAD, ABOVE, enter) for enter in (1.0, 2.0, 3.0))
        assert Limits(one, two, three).lowest == one
        assert Limits(None, two, three).lowest == two

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1))
    def test_aggregates_stay_within_their_values(self, values: list[float]) -> None:
        for aggregate in set(Aggregate) - {Aggregate.RATE}:
            value = aggregate.of(values)
            assert value is not None
            assert min(values) - 1e-6 <= value <= max(values) + 1e-6


@pytest.mark.parametrize(
    ("direction", "enter", "leave", "words"),
    [
        (ABOVE, float("inf"), 1.0, "must be a finite number, not inf"),
        (ABOVE, 1.0, float("nan"), "must be a finite number, not 1.0"),
        (ABOVE, 1.0, 2.0, r"leave \(2\) must be at or below the limit \(1\)"),
        (BELOW, 2.0, 1.0, r"leave \(1\) must be at or above the limit \(2\)"),
    ],
)
def test_a_limit_that_could_never_end_an_alert_is_refused(
    direction: Direction, enter: float, leave: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        limit(Signal.LOAD, direction, enter, leave)


class TestDefaults:
    def test_are_the_originals(self) -> None:
        rules = {rule.id: rule for rule in default_rules()}
        enters = {
            name: tuple(tier and tier.enter for tier in (rule.limits.warning, rule.limits.critical))
            for name, rule in rules.items()
            if rule.has_limits
        }
        assert enters == {
            "response_time": (2000.0, 5000.0),
            "error_rate": (1.0, 5.0),
            "uptime": (None, 99.0),
            "cpu_usage": (80.0, None),
            "memory_usage": (85.0, None),
            "disk_usage": (None, 90.0),
            "tls_expiry": (21.0, 3.0),
        }
        assert {name for name, rule in rules.items() if not rule.has_limits} == {
            "service_down",
            "database",
            "monitor",
            "network",
            "notify",
            "report",
            "heartbeat",
            "external",
            "plugin_warning",
            "trend",
            "resource_pattern",
            "behaviour",
        }
        assert rules["service_down"].severity is rules["database"].severity is Severity.CRITICAL
        assert rules["tls_expiry"].steps == (21.0, 14.0, 7.0, 3.0)
        assert rules["monitor"].severity is Severity.INFO

    @pytest.mark.parametrize(("days", "enters"), [((7.0,), (None, 7.0)), ((14.0, 3.0), (14.0, 3.0))])
    def test_one_step_before_a_certificate_expires_is_critical(
        self, days: tuple[float, ...], enters: tuple[float | None, float]
    ) -> None:
        (rule,) = (each for each in default_rules(Thresholds(tls_expiry_days=days)) if each.id == "tls_expiry")
        limits = rule.limits
        assert (limits.warning and limits.warning.enter, limits.critical and limits.critical.enter) == enters

    def test_every_one_but_the_monitors_and_the_derived_needs_two_good_observations(self) -> None:
        own = (AlertType.MONITOR, AlertType.NOTIFY, AlertType.TREND, AlertType.ANOMALY)
        told = (AlertType.HEARTBEAT, AlertType.EXTERNAL)
        assert all(rule.recover >= 2 for rule in default_rules() if rule.alert_type not in (*own, *told))

    def test_rules_have_different_ids_and_types_of_the_same_name(self) -> None:
        rules = default_rules()
        assert len({rule.id for rule in rules}) == len(rules)
        assert all(rule.id == rule.signal for rule in rules)
        assert {rule.id: rule.alert_type for rule in rules if rule.id != rule.alert_type} == {
            "network": AlertType.MONITOR,
            "report": AlertType.MONITOR,
            "plugin_warning": AlertType.PLUGIN,
            "resource_pattern": AlertType.ANOMALY,
            "behaviour": AlertType.ANOMALY,
        }

    def test_a_window_needs_no_second_observation_and_a_single_value_does(self) -> None:
        assert {rule.id: rule.fail for rule in default_rules() if rule.has_limits} == {
            "response_time": 3,
            "tls_expiry": 2,
            "error_rate": 1,
            "uptime": 1,
            "cpu_usage": 3,
            "memory_usage": 3,
            "disk_usage": 2,
        }

    def test_thresholds_are_taken(self) -> None:
        rules = {rule.id: rule for rule in default_rules(Thresholds(cpu_usage_percent=50.0, uptime_percent=99.9))}
        assert rules["cpu_usage"].limits.warning == limit(Signal.CPU_USAGE, ABOVE, 50.0)
        assert rules["uptime"].limits.critical == limit(Signal.UPTIME, BELOW, 99.9)

    @pytest.mark.parametrize("warning", [5000.0, 5001.0])
    def test_a_warning_limit_that_could_never_be_seen_is_left_out(self, warning: float) -> None:
        (rule,) = (r for r in default_rules(Thresholds(response_time_warning_ms=warning)) if r.id == "response_time")
        assert rule.limits.warning is None
        assert rule.limits.critical is not None

    def test_services_have_their_own_response_times_and_runbooks(self) -> None:
        targets = (
            Service(
                name="slow", url="http://x/", degraded_above_ms=None, down_above_ms=9000.0, runbook="https://w/slow"
            ),
            Service(name="never", url="http://x/", down_above_ms=None),
            Database(name="main", url="sqlite://", degraded_above_ms=100.0),
        )
        rules = {rule.id: rule for rule in default_rules(targets=targets)}
        response = rules["response_time"]
        assert response.limits_for("slow") == Limits(critical=limit(Signal.RESPONSE_TIME, ABOVE, 9000.0))
        assert not response.applies_to("never")
        assert response.applies_to("anybody else")
        database = response.limits_for("main")
        assert (database.warning, database.critical) == (
            limit(Signal.RESPONSE_TIME, ABOVE, 100.0),
            limit(Signal.RESPONSE_TIME, ABOVE, 5000.0),
        )
        assert rules["service_down"].runbook_for("slow") == "https://w/slow"
        assert rules["service_down"].runbook_for("never") is None

    def test_each_kind_of_target_has_its_rules(self) -> None:
        rules = default_rules()
        service = {rule.id for rule in rules_for(rules, Service(name="a", url="http://x/"))}
        database = {rule.id for rule in rules_for(rules, Database(name="b", url="sqlite://"))}
        assert service == {"service_down", "response_time", "error_rate", "uptime", "tls_expiry"}
        assert database == {"database", "response_time"}
        plugin = Plugin(name="c", command=("/bin/true",))
        of_plugin = {rule.id for rule in rules_for(default_rules(targets=[plugin]), plugin)}
        assert of_plugin == {"service_down", "error_rate", "uptime", "plugin_warning"}

    def test_only_what_is_probed_alerts_on_missing_data(self) -> None:
        derived = [no_data_rule(rule) for rule in default_rules()]
        assert [rule.id for rule in derived if rule] == ["service_down/no_data", "database/no_data"]


class TestValues:
    @pytest.mark.parametrize(
        ("subject", "watched"),
        [
            ("disk", {"disk"}),
            ("disk/root", {"disk"}),
            ("disk/*", {"disk", "disks"}),
            ("*", {"disk", "disks"}),
            ("d?sk", {"disk", "disks"}),
            ("[a-d]isk", {"disk", "disks"}),
            ("other", set()),
        ],
    )
    def test_a_pattern_may_fit_the_values_of_any_target(self, subject: str, watched: set[str]) -> None:
        rule = custom_rule(name="v", signal=Signal.VALUE, subject=subject, above=1.0)
        targets = [Plugin(name=name, command=("/bin/true",)) for name in ("disk", "disks")]
        assert {target.name for target in targets if rule.watches(target)} == watched
        mine = replace(rule, target="disks")
        assert [target.name for target in targets if mine.watches(target)] == ["disks"]

    @pytest.mark.parametrize(
        ("subject", "values"),
        [
            ("disk", ["usage"]),
            ("disk/usage", ["usage"]),
            ("disk/inodes", ["inodes"]),
            ("disk/*", ["usage", "inodes"]),
            ("*", ["usage", "inodes"]),
            ("other", []),
        ],
    )
    def test_the_name_of_a_target_means_its_main_value(self, subject: str, values: list[str]) -> None:
        rule = custom_rule(name="v", signal=Signal.VALUE, subject=subject, above=1.0)
        found = list(rule.value_subjects("disk", ["usage", "inodes"]))
        assert found == [(name, f"disk/{name}") for name in values]


def test_a_rule_may_be_as_short_as_one_interval_and_is_no_shadow() -> None:
    rule = Rule("x", AlertType.SERVICE_DOWN, Signal.SERVICE_DOWN, no_data_after=1)
    assert (rule.no_data_after, rule.shadow) == (1, False)


@pytest.mark.parametrize(("signal", "fail", "counts"), [("service_down", 1, False), ("service_down", 2, True)])
def test_confirmations_are_counted_where_there_are_several(signal: str, fail: int, counts: bool) -> None:
    assert custom_rule(name="x", signal=Signal(signal), fail=fail).counts_in_message is counts


class TestCustom:
    def test_every_signal_of_the_configuration_makes_a_rule(self) -> None:
        for name in get_args(RuleSignal):
            state = name in (*STATE_SIGNALS, *INFORMATION_SIGNALS)
            rule = custom_rule(name="mine", signal=Signal(name), above=None if state else 1.0)
            assert rule.has_limits is not state
            assert rule.limits.empty is state

    def test_confirms_with_three_and_ends_with_two_unless_told_otherwise(self) -> None:
        rule = custom_rule(name="mine", signal=Signal.LOAD, above=1.0)
        assert (rule.fail, rule.for_seconds, rule.recover, rule.keep_firing_for) == (3, 0.0, 2, 0.0)
        assert not rule.shadow

    def test_rates_keep_the_windows_and_the_proof_of_the_default_rules(self) -> None:
        defaults = {rule.signal: rule for rule in default_rules()}
        for signal in (Signal.ERROR_RATE, Signal.UPTIME):
            mine, default = custom_rule(name="mine", signal=signal, above=3.0), defaults[signal]
            for name in ("window", "min_samples", "min_failures", "min_coverage"):
                assert getattr(mine, name) == getattr(default, name)
        assert custom_rule(name="mine", signal=Signal.ERROR_RATE, above=3.0, window=60.0).window == 60.0

    @pytest.mark.parametrize(
        ("severity", "tier"), [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.CRITICAL, "critical")]
    )
    def test_has_one_limit_of_its_severity(self, severity: Severity, tier: str) -> None:
        rule = custom_rule(name="busy", signal=Signal.LOAD, below=4.0, leave=5.0, severity=severity, window=60.0)
        assert rule.direction is BELOW
        assert getattr(rule.limits, tier) == limit(Signal.LOAD, BELOW, 4.0, 5.0)
        assert sum(one is not None for one in (rule.limits.info, rule.limits.warning, rule.limits.critical)) == 1
        assert rule.aggregate is Aggregate.MEAN
        assert rule.lesser_severity is (Severity.INFO if severity is Severity.INFO else Severity.WARNING)

    @pytest.mark.parametrize("limits", [{}, {"above": 1.0, "below": 2.0}])
    def test_needs_exactly_one_limit(self, limits: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="exactly one"):
            custom_rule(name="x", signal=Signal.LOAD, **limits)  # type: ignore[arg-type]

    def test_a_state_takes_no_limit(self) -> None:
        with pytest.raises(ValueError, match="state"):
            custom_rule(name="x", signal=Signal.SERVICE_DOWN, above=1.0)
        with pytest.raises(ValueError, match="state"):
            custom_rule(name="x", signal=Signal.SERVICE_DOWN, below=1.0)
        rule = custom_rule(name="x", signal=Signal.SERVICE_DOWN, severity=Severity.WARNING)
        assert rule.severity is Severity.WARNING

    def test_host_stands_for_every_part_of_it(self) -> None:
        assert custom_rule(name="x", signal=Signal.DISK_USAGE, subject="disk /", above=50.0).subject == "disk /"
        rule = custom_rule(name="x", signal=Signal.DISK_USAGE, subject="host", above=50.0)
        assert rule.applies_to("disk /")
        assert not custom_rule(name="x", signal=Signal.RESPONSE_TIME, subject="host", above=5.0).applies_to("web-app")

    @pytest.mark.parametrize(("no_data", "after"), [("hold", None), ("alert", 3)])
    def test_missing_data(self, no_data: Literal["hold", "alert"], after: int | None) -> None:
        assert custom_rule(name="x", signal=Signal.LOAD, above=1.0, no_data=no_data).no_data_after == after

    def test_knows_the_runbooks_of_the_services(self) -> None:
        web = Service(name="web-app", url="http://127.0.0.1/", runbook="https://wiki.example/web")
        mine = custom_rule(name="mine", signal=Signal.UPTIME, below=90.0)
        *_, merged = merge_rules(default_rules(targets=[web]), [mine])
        assert merged.runbook_for("web-app") == "https://wiki.example/web"
        mine = custom_rule(name="mine", signal=Signal.UPTIME, below=90.0, runbook="https://wiki.example/mine")
        *_, merged = merge_rules(default_rules(targets=[web]), [mine])
        assert merged.runbook_for("web-app") == "https://wiki.example/mine"

    def test_replaces_a_default_rule_of_its_name(self) -> None:
        mine = custom_rule(name="cpu_usage", signal=Signal.CPU_USAGE, above=99.0)
        merged = merge_rules(default_rules(), [mine])
        assert len(merged) == len(default_rules())
        assert mine in merged


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "beside", "shown"),
        [
            (6.2, 5.0, "6.2"),
            (5.0, 5.0, "5"),
            (5.001, 5.0, "5.001"),
            (93.4321, 90.0, "93.4"),
            (1234567.0, None, "1,234,567"),
            (0.00012, None, "0.00012"),
            (-3.14159, None, "-3.14"),
            (0.0, None, "0"),
            (100.0, None, "100"),
            (1000.0, None, "1,000"),
        ],
    )
    def test_are_short_but_never_hide_a_difference(self, value: float, beside: float | None, shown: str) -> None:
        assert number(value, beside) == shown

    @given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
    def test_any_number_can_be_said(self, value: float, beside: float) -> None:
        assert number(value, beside)
