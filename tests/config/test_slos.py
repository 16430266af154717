"""``[[slos]]``: what is refused, and what is accepted with a warning."""

from __future__ import annotations

from typing import Any

import pytest

from amt_console.config import ConfigError, Settings
from amt_console.config.files.loading import parse_document
from amt_console.config.slos import slo_warnings, slos_of
from amt_console.model.slo import Slo

DAY = 86400.0


def settings(slo: dict[str, Any], *, interval: Any = "15s", more: tuple[dict[str, Any], ...] = ()) -> Settings:
    document = {
        "services": [{"name": "checkout", "url": "https://shop.example", "interval": interval}],
        "slos": [{"name": "available", "services": ["checkout"], **slo}, *more],
    }
    return parse_document(document, env={})


def test_an_objective_has_defaults() -> None:
    assert slos_of(settings({})) == (Slo("available", ("checkout",), 99.9, 30 * DAY, None),)
    assert slos_of(settings({"objective": 95, "window": "7d", "latency_ms": 800})) == (
        Slo("available", ("checkout",), 95.0, 7 * DAY, 800.0),
    )


@pytest.mark.parametrize(
    ("slo", "told"),
    [
        ({"services": ["checkuot"]}, "slos[0].services[0]: names no service or database (found 'checkuot'); did you"),
        ({"services": []}, "slos[0].services"),
        ({"objective": 49.9}, "slos[0].objective"),
        ({"objective": 100}, "slos[0].objective"),
        ({"objective": "99.9"}, "slos[0].objective"),
        ({"window": "1d"}, "slos[0].window: must be a duration from 7d to 90d"),
        ({"latency_ms": 0}, "slos[0].latency_ms"),
        ({"latency": 800}, "slos[0].latency: "),
    ],
)
def test_what_is_refused(slo: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(slo)
    assert told in str(refused.value)


def test_two_objectives_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"slos\[1\].name: is a name that stands twice"):
        settings({}, more=({"name": "available", "services": ["checkout"]},))


@pytest.mark.parametrize(
    ("interval", "objective", "told"),
    [
        ("15s", 99.9, []),
        ("60s", 99.9, ["the alert over 1h and 5m means little"]),
        ("60s", 90, ["the alert over 1h and 5m can never fire: even a complete outage"]),
        ("5m", 95, ["the alert over 1h and 5m can never fire: with a probe every 5m"]),
    ],
)
def test_warnings_where_a_window_means_little(interval: str, objective: float, told: list[str]) -> None:
    found = [str(each) for each in slo_warnings(settings({"objective": objective}, interval=interval))]
    assert len(found) == len(told)
    for text, expected in zip(found, told, strict=True):
        assert text.startswith("slos[0]: ")
        assert expected in text


def test_intervals_that_follow_from_the_criticality_count() -> None:
    document = {
        "api_base_url": "https://api.example",
        "slos": [{"name": "a", "services": ["backend-api", "api-plans"]}],
    }
    found = [str(each) for each in slo_warnings(parse_document(document, env={}))]
    assert len(found) == 1
    assert "with a probe every 1m one bad probe" in found[0]
