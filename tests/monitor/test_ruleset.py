"""Which rules of a configuration apply to which target."""

from __future__ import annotations

from typing import Any

import pytest

from amt_console.alerts import Aggregate, Signal
from amt_console.config import ConfigError, Settings
from amt_console.model import Database, FigureKind, FigureSource, Service, Severity, Target
from amt_console.monitor.ruleset import MONITOR_SUBJECT, build_ruleset

TARGETS: tuple[Target, ...] = (
    Service(name="backend-api", url="http://127.0.0.1:1/", interval=15.0, down_above_ms=3000.0),
    Service(name="web-app", url="http://127.0.0.1:2/", interval=15.0, down_above_ms=None),
    Database(name="shop-db", url="sqlite://"),
)


def settings(**document: Any) -> Settings:
    return Settings.model_validate({"api_base_url": "http://127.0.0.1:1", **document})


def test_the_default_rules_take_the_configured_limits_and_those_of_single_services() -> None:
    ruleset = build_ruleset(settings(alert_thresholds={"cpu_usage_percent": 55.0}), TARGETS)
    cpu = ruleset.by_id["cpu_usage"].limits.warning
    assert cpu is not None
    assert cpu.enter == 55.0
    critical = ruleset.by_id["response_time"].limits_for("backend-api").critical
    assert critical is not None
    assert critical.enter == 3000.0
    assert "response_time" not in {rule.id for rule in ruleset.probe_rules["web-app"]}


def test_each_target_has_its_own_kind_of_rules() -> None:
    ruleset = build_ruleset(settings(), TARGETS)
    assert {rule.id for rule in ruleset.probe_rules["backend-api"]} == {"service_down", "response_time", "tls_expiry"}
    assert {rule.id for rule in ruleset.window_rules["backend-api"]} == {"error_rate", "uptime"}
    assert {rule.id for rule in ruleset.freshness_rules["backend-api"]} == {"service_down/no_data"}
    assert {rule.id for rule in ruleset.probe_rules["shop-db"]} == {"database", "response_time"}
    assert {rule.signal for rule in ruleset.host_rules} == {
        Signal.CPU_USAGE,
        Signal.MEMORY_USAGE,
        Signal.DISK_USAGE,
    }
    assert ruleset.intervals == {"backend-api": 15.0, "web-app": 15.0, "shop-db": 30.0}


def test_a_configured_rule_stands_beside_the_default_ones() -> None:
    rule = {
        "name": "api-slow",
        "signal": "response_time",
        "subject": "backend-*",
        "window": "10m",
        "aggregate": "p95",
        "above": 800,
        "severity": "critical",
        "for": "2m",
        "keep_firing_for": "5m",
        "no_data": "alert",
    }
    ruleset = build_ruleset(settings(rules=[rule]), TARGETS)
    built = ruleset.by_id["api-slow"]
    assert built in ruleset.window_rules["backend-api"]
    assert built not in ruleset.window_rules["web-app"]
    assert built.window == 600.0
    assert built.aggregate is Aggregate.P95
    assert built.severity is Severity.CRITICAL
    assert (built.for_seconds, built.keep_firing_for) == (120.0, 300.0)
    assert "api-slow/no_data" in {rule.id for rule in ruleset.freshness_rules["backend-api"]}


def test_a_configured_rule_of_a_default_one_s_name_replaces_it_or_switches_it_off() -> None:
    rule = {"name": "cpu_usage", "signal": "cpu_usage", "above": 99}
    replaced = build_ruleset(settings(rules=[rule]), TARGETS)
    limit = replaced.by_id["cpu_usage"].limits.warning
    assert limit is not None
    assert limit.enter == 99.0
    off = build_ruleset(settings(rules=[{**rule, "enabled": False}]), TARGETS)
    assert "cpu_usage" not in off.by_id


def test_it_knows_which_alerts_are_still_watched() -> None:
    ruleset = build_ruleset(settings(), TARGETS)
    assert ruleset.watches("service_down", "backend-api")
    assert ruleset.watches("service_down/no_data", "backend-api")
    assert ruleset.watches("uptime", "backend-api")
    assert ruleset.watches("disk_usage", "disk /var")
    assert ruleset.watches("monitor", MONITOR_SUBJECT)
    assert not ruleset.watches("service_down", "gone")
    assert not ruleset.watches("gone", "backend-api")
    assert not ruleset.watches("response_time", "web-app")


def test_re_checks_and_remapped_figures_come_along() -> None:
    figures = {"currency": "EUR", "revenue": {"mrr": "money.mrr", "churn_rate": {"unit": "fraction"}}}
    ruleset = build_ruleset(settings(recheck=["500ms", 3], figures=figures), TARGETS)
    assert ruleset.recheck == (0.5, 3.0)
    assert ruleset.figures.currency == "EUR"
    assert ruleset.figures.by_kind[FigureKind.REVENUE] == {
        "mrr": FigureSource("money.mrr"),
        "churn_rate": FigureSource(unit="fraction"),
    }


@pytest.mark.parametrize(
    ("figure", "unit", "wanted"),
    [
        ("churn_rate", "s", "percent or fraction"),
        ("mrr", "percent", "currency or the code of a currency"),
        ("paying_users", "EUR", "it may be count"),
    ],
)
def test_a_unit_that_a_figure_cannot_be_in_is_refused(figure: str, unit: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted) as refused:
        build_ruleset(settings(figures={"revenue": {figure: {"unit": unit}}}), TARGETS)
    assert refused.value.faults[0].path == f"figures.revenue.{figure}.unit"


def test_the_configured_reopen_window_is_that_of_every_rule_that_has_one() -> None:
    rules = build_ruleset(settings(notify={"reopen_window": "20m"}), [Service(name="web", url="http://x")]).by_id
    assert rules["service_down"].reopen_window == 1200.0
    assert rules["service_down/no_data"].reopen_window == 1200.0
    assert rules["monitor"].reopen_window == 0.0
