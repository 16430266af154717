"""What is probed under a configuration."""

from __future__ import annotations

from typing import Any

import pytest

from amt_console.config import ConfigError, Settings, targets
from amt_console.config.intervals import interval_of, timeout_of
from amt_console.model import Criticality, Database, FigureKind, Service, Target


def by_name(document: dict[str, Any], **given: Any) -> dict[str, Target]:
    return {target.name: target for target in targets(Settings.model_validate(document), **{"env": {}, **given})}


def service(document: dict[str, Any], name: str) -> Service:
    target = by_name(document)[name]
    assert isinstance(target, Service)
    return target


def test_the_default_services() -> None:
    found = by_name({})
    assert {name: (target.url, target.interval) for name, target in found.items()} == {
        "backend-api": ("http://localhost:5000/api/health", 15),
        "web-app": ("http://localhost:5173/", 15),
        "mobile-app": ("http://localhost:19006/", 15),
        "api-chat-analytics": ("http://localhost:5000/api/chat/analytics", 60),
        "api-plans": ("http://localhost:5000/api/plans", 60),
        "api-dashboard-overview": ("http://localhost:5000/api/dashboard/overview", 60),
        "api-analytics-revenue": ("http://localhost:5000/api/analytics/revenue", 60),
    }
    kinds = {name: target.figures for name, target in found.items() if isinstance(target, Service) and target.figures}
    assert kinds == {
        "api-chat-analytics": FigureKind.CHATBOT,
        "api-plans": FigureKind.PLANS,
        "api-dashboard-overview": FigureKind.OVERVIEW,
        "api-analytics-revenue": FigureKind.REVENUE,
    }
    assert all(found[name].depends_on == ("backend-api",) for name in kinds)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"api_base_url": "http://a/"}, {"backend-api", "api-chat-analytics", "api-plans"}),
        ({"web_app_url": "http://a"}, {"web-app"}),
        ({"web_app_url": "http://a", "mobile_app_url": ""}, {"web-app"}),
        ({"services": [{"name": "x", "url": "http://x"}]}, {"x"}),
        ({"services": [{"name": "x", "url": "http://x"}], "web_app_url": "http://a"}, {"x", "web-app"}),
        ({"api_base_url": "", "mobile_app_url": None}, {"web-app"}),
        ({"check_interval": 30}, {"backend-api", "web-app", "mobile-app"}),
    ],
)
def test_only_what_is_named_is_probed(document: dict[str, Any], expected: set[str]) -> None:
    found = set(by_name(document))
    assert expected <= found
    extra = {name for name in found - expected if not name.startswith("api-")}
    assert extra == set()


def test_a_base_url_with_a_path_keeps_it() -> None:
    assert service({"api_base_url": "https://x/v1/"}, "backend-api").url == "https://x/v1/api/health"


def test_an_entry_with_a_default_services_name_stands_instead_of_it() -> None:
    document = {"web_app_url": "http://a", "services": [{"name": "web-app", "url": "http://b", "interval": "2m"}]}
    assert service(document, "web-app").url == "http://b"
    assert service(document, "web-app").interval == 120


def test_an_entry_that_is_switched_off_is_not_probed_and_needs_no_secret() -> None:
    entry = {"name": "x", "url": "http://x", "enabled": False, "headers": {"X-Token": "${NOWHERE}"}}
    assert "x" not in by_name({"services": [entry], "web_app_url": "http://a"})


@pytest.mark.parametrize(
    ("criticality", "check_interval", "expected"),
    [
        (Criticality.CRITICAL, 60, 15),
        (Criticality.CRITICAL, 5, 5),
        (Criticality.HIGH, 60, 30),
        (Criticality.HIGH, 20, 20),
        (Criticality.NORMAL, 60, 60),
        (Criticality.LOW, 60, 300),
    ],
)
def test_intervals_follow_the_criticality(criticality: Criticality, check_interval: float, expected: float) -> None:
    assert interval_of(criticality, check_interval) == expected


@pytest.mark.parametrize("interval", [1.0, 5.0, 12.0, 15.0, 3600.0])
def test_the_deadline_is_below_the_interval(interval: float) -> None:
    assert 0 < timeout_of(None, interval) < interval
    assert timeout_of(None, interval) <= 10


def test_limits_come_from_the_thresholds_unless_given() -> None:
    document = {
        "alert_thresholds": {"response_time_ms": 900, "response_time_warning_ms": 300},
        "services": [
            {"name": "usual", "url": "http://x"},
            {"name": "own", "url": "http://x", "degraded_above_ms": 50, "down_above_ms": 70},
            {"name": "off", "url": "http://x", "degraded_above_ms": 0, "down_above_ms": 0},
        ],
    }
    limits = {
        name: (service(document, name).degraded_above_ms, service(document, name).down_above_ms)
        for name in ("usual", "own", "off")
    }
    assert limits == {"usual": (300, 900), "own": (50, 70), "off": (None, None)}


@pytest.mark.parametrize(("critical", "warning"), [(5000, 2000), (1500, 1500), (2000, 2000)])
def test_an_unset_warning_limit_is_never_above_the_critical_one(critical: float, warning: float) -> None:
    settings = Settings.model_validate({"alert_thresholds": {"response_time_ms": critical}})
    assert settings.alert_thresholds.response_time_warning_ms == warning


def test_secrets_reach_the_targets_resolved_and_their_text_hides_them() -> None:
    document = {
        "services": [
            {
                "name": "x",
                "url": "http://x",
                "headers": {"Authorization": "Bearer ${T}"},
                "proxy": "http://u:${T}@p:3128",
            },
            {"name": "y", "url": "http://y", "auth": {"username": "u", "password": "${T}"}},
        ],
        "databases": [{"name": "d", "url": "postgresql+psycopg://u:${T}@h/d"}],
    }
    found = by_name(document, env={"T": "p@ss/word"})
    x, y, database = found["x"], found["y"], found["d"]
    assert isinstance(x, Service)
    assert isinstance(y, Service)
    assert isinstance(database, Database)
    assert x.headers == {"Authorization": "Bearer p@ss/word"}
    assert y.auth == ("u", "p@ss/word")
    assert database.url == "postgresql+psycopg://u:p%40ss%2Fword@h/d"
    assert "p@ss" not in repr((x, y, database))
    assert "p%40ss" not in repr((x, y, database))


def test_secrets_that_are_missing_are_told_all_at_once() -> None:
    entries = [{"name": name, "url": "http://x", "headers": {"X-Token": f"${{{name}}}"}} for name in ("A", "B")]
    with pytest.raises(ConfigError) as caught:
        targets(Settings.model_validate({"services": entries}), env={})
    assert [fault.path for fault in caught.value.faults] == [
        "services[0].headers.X-Token",
        "services[1].headers.X-Token",
    ]


def test_our_own_database_is_a_target_when_its_url_is_given() -> None:
    own = by_name({}, store_url="sqlite:////tmp/x.db")["monitoring-db"]
    assert isinstance(own, Database)
    assert (own.url, own.interval) == ("sqlite:////tmp/x.db", 30)
