"""``rules backtest`` and ``rules suggest``: a database with ten days of history."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from cli.conftest import Command

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, ProbeResult, ServiceState
from amt_console.store import Store

pytestmark = pytest.mark.slow

EVERY = 300.0
RUNNING = """
[alert_thresholds]
cpu_usage_percent = 85

[[services]]
name = "shop"
url = "http://127.0.0.1:1/"
interval = "5m"

[[services]]
name = "young"
url = "http://127.0.0.1:1/"
interval = "5m"
"""
VALUE_RULE = """
[[rules]]
name = "orders"
signal = "value"
subject = "shop/open_orders"
above = 10
"""


@pytest.fixture
def past(store: Store) -> None:
    """Ten days of a quick service with one outage of half an hour yesterday, and one day of another service."""
    now = SystemClock().now()
    found = []
    for number in range(2880, 0, -1):
        at = now - timedelta(seconds=number * EVERY)
        down = 300 <= number < 306
        found.append(
            ProbeResult(
                service="shop",
                timestamp=at,
                state=ServiceState.DOWN if down else ServiceState.UP,
                interval=EVERY,
                response_time_ms=None if down else 80.0 + number % 21,
                error_class=ErrorClass.HTTP_STATUS if down else None,
                error="HTTP 500" if down else None,
            )
        )
        if number <= 288:
            found.append(ProbeResult("young", at, ServiceState.UP, EVERY, response_time_ms=50.0))
    with store.transaction() as writes:
        writes.add_results(found)


def write(home: Path, text: str, name: str = "running.toml") -> str:
    (home / name).write_text(text)
    return name


def test_a_backtest_as_json(command: Command, home: Path, past: None) -> None:
    done = command("--config", write(home, RUNNING), "rules", "backtest", "--since", "9d", "--json")
    found = json.loads(done.out)
    assert done.code == 0
    assert set(found) == {"since", "until", "rules"}
    rule = next(each for each in found["rules"] if each["name"] == "service_down")
    assert set(rule) == {
        "name",
        "fired",
        "at_night",
        "median_seconds",
        "acknowledged_share",
        "missed",
        "new",
    }
    assert (rule["fired"], rule["missed"], rule["acknowledged_share"]) == (1, [], 0.0)
    assert [each["subject"] for each in rule["new"]] == ["shop"]
    assert 1200 <= rule["median_seconds"] <= 1800
    assert "Not replayed" in done.err


def test_another_configuration_and_a_table(command: Command, home: Path, past: None) -> None:
    running = write(home, RUNNING)
    patch = write(home, '[[rules]]\nname = "service_down"\nsignal = "service_down"\nfor = "2h"\n', "patch.toml")
    patient = command("--config", running, "rules", "backtest", "--since", "9d", "--patch", patch)
    assert patient.code == 0
    line = next(each for each in patient.out.splitlines() if each.startswith("service_down"))
    assert line.split()[1] == "0"
    quick = RUNNING + '[[rules]]\nname = "quick"\nsignal = "response_time"\nsubject = "shop"\nabove = 50\n'
    other = command("--config", running, "rules", "backtest", "--config", write(home, quick, "other.toml"))
    assert "quick would also have fired for shop" in other.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--since", "tomorrow"), ExitCode.USAGE, "in the future"),
        (("--since", "1d", "--until", "2d"), ExitCode.USAGE, "before it ends"),
        (("--config", "nowhere.toml"), ExitCode.BAD_CONFIG, "there is no such file"),
        (("--patch", "broken.toml"), ExitCode.BAD_CONFIG, "broken.toml"),
    ],
)
def test_what_is_refused(
    command: Command, home: Path, store: Store, arguments: tuple[str, ...], code: ExitCode, told: str
) -> None:
    write(home, '[[rules]]\nname = "x"\nsignal = "cpu"\n', "broken.toml")
    done = command("rules", "backtest", *arguments)
    assert done.code == code
    assert told in done.err


def test_without_a_database(command: Command) -> None:
    for name in ("backtest", "suggest"):
        assert command("rules", name).code == ExitCode.UNAVAILABLE


def test_an_empty_database_has_nothing_to_say(command: Command, home: Path, store: Store) -> None:
    running = write(home, RUNNING)
    rules = json.loads(command("--config", running, "rules", "backtest", "--json").out)["rules"]
    assert {each["fired"] for each in rules} == {0}
    advice = json.loads(command("--config", running, "rules", "suggest", "--json").out)
    assert (advice["suggestions"], advice["patch"]) == ([], "")
    assert any("too little data" in each["reason"] for each in advice["kept"])


def test_a_suggestion_is_a_patch_that_the_check_accepts(command: Command, home: Path, past: None) -> None:
    running = write(home, RUNNING + VALUE_RULE)
    advice = json.loads(command("--config", running, "rules", "suggest", "--json").out)
    (found,) = advice["suggestions"]
    assert (found["subject"], found["expected_per_week"]) == ("shop", 0.0)
    assert (
        found["evidence"][0].startswith("99th percentile 100 ms on 8 quiet days")
        or "quiet days" in found["evidence"][0]
    )
    assert tomllib.loads(found["patch"])["rules"][0]["above"] == 300
    reasons = {(each["rule"], each["subject"]): each["reason"] for each in advice["kept"]}
    assert "too little data" in reasons["response_time", "young"]
    assert reasons["error_rate", "*"] == "0.0 alerts a week"
    assert "are not suggested" in reasons["orders", "shop/open_orders"]

    text = command("--config", running, "rules", "suggest").out
    patch = write(home, text, "patch.toml")
    assert command("config", "check", running, "--patch", patch).code == 0
    assert command("config", "check", write(home, RUNNING + VALUE_RULE + text, "both.toml")).code == 0
    tried = command("--config", running, "rules", "backtest", "--patch", patch, "--json")
    assert next(each for each in json.loads(tried.out)["rules"] if each["name"] == found["rule"])["fired"] == 0
