"""``rules list`` and ``rules test``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command
from cli.test_why import outage
from support.planning import policies

from amt_console.cli.exit_codes import ExitCode
from amt_console.store import Store

TESTS = """
[[rules]]
name = "checkout-slow"
signal = "response_time"
subject = "checkout"
above = 1000
fail = 2
recover = 2

[[rules]]
name = "disk-fills"
signal = "disk_usage"
window = "10m"
aggregate = "rate"
above = 1
fail = 1

[[rules]]
name = "down"
signal = "service_down"
severity = "critical"
fail = 1

[[tests]]
name = "a slow checkout"
interval = "1m"
series = [{ subject = "checkout", signal = "response_time", values = [200, 1500, 1500, "-", 300, 300] }]
expect = [
  { at = "1m", rule = "checkout-slow", state = "none" },
  { at = "2m", rule = "checkout-slow", state = "firing" },
  { at = "3m", rule = "checkout-slow", state = "firing" },
  { at = "5m", rule = "checkout-slow", state = "none" },
  { at = "5m", rule = "down", state = "none" },
]

[[tests]]
name = "a disk that fills"
interval = "5m"
series = [{ subject = "disk /", signal = "disk_usage", values = [50, 51, 60, 61, 61, 61] }]
expect = [
  { at = "5m", rule = "disk-fills", state = "none" },
  { at = "10m", rule = "disk-fills", state = "firing" },
]
"""


def write(home: Path, text: str, name: str = "tests.toml") -> str:
    (home / name).write_text(text)
    return name


def test_expectations_that_hold_pass(command: Command, home: Path) -> None:
    done = command("rules", "test", write(home, TESTS))
    assert (done.code, done.out.splitlines()) == (0, ["ok    a slow checkout", "ok    a disk that fills"])


def test_an_expectation_that_does_not_hold_fails_with_what_happened(command: Command, home: Path) -> None:
    wrong = TESTS.replace('"2m", rule = "checkout-slow"', '"2m", rule = "down"')
    done = command("rules", "test", write(home, wrong))
    assert done.code == 1
    assert "FAIL  a slow checkout" in done.out
    assert "at 120 s 'down' was expected to be firing, and does not fire (it never fires)" in done.out
    found = json.loads(command("rules", "test", write(home, wrong), "--json").out)
    assert [each["ok"] for each in found] == [False, True]


def test_a_rule_that_does_not_exist_fails(command: Command, home: Path) -> None:
    done = command(
        "rules",
        "test",
        write(home, TESTS.replace('rule = "disk-fills", state = "firing"', 'rule = "x", state = "none"')),
    )
    assert done.code == 1
    assert "there is no rule 'x'" in done.out


def test_json_with_null_is_read_as_well(command: Command, home: Path) -> None:
    document = {
        "rules": [{"name": "down", "signal": "service_down", "fail": 2, "recover": 1}],
        "tests": [
            {
                "name": "missing data never resolves",
                "interval": 60,
                "series": [{"subject": "web", "signal": "service_down", "values": [1, 1, None, None, 0]}],
                "expect": [
                    {"at": 180, "rule": "down", "state": "firing"},
                    {"at": 240, "rule": "down", "state": "none"},
                ],
            }
        ],
    }
    done = command("rules", "test", write(home, json.dumps(document), "tests.json"))
    assert (done.code, done.out) == (0, "ok    missing data never resolves\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rules]]\nname = "x"\nsignal = "respons_time"\n', "respons_time"),
        (TESTS.replace("expect = [", "expcet = ["), "expect"),
        ("tests = 3", "tests"),
        ("rules = [", "line 1"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(command: Command, home: Path, text: str, said: str) -> None:
    done = command("rules", "test", write(home, text))
    assert done.code == ExitCode.BAD_CONFIG
    assert said in done.err


def test_a_missing_file_is_said_so(command: Command, home: Path) -> None:
    done = command("rules", "test", "nowhere.toml")
    assert done.code != 0
    assert "nowhere.toml" in done.err


def listed(command: Command, config: Path) -> dict[str, dict[str, Any]]:
    found = json.loads(command("rules", "list", "--json", "--config", str(config)).out)
    return {row["name"]: row for row in found}


@pytest.fixture
def shadowed(home: Path) -> Path:
    path = home / "config.json"
    rule = {"name": "service_down", "signal": "service_down", "severity": "critical", "mode": "shadow"}
    path.write_text(json.dumps({"web_app_url": "http://127.0.0.1:1", "rules": [rule]}))
    return path


def test_all_rules_are_listed_without_a_database(command: Command, shadowed: Path) -> None:
    rows = listed(command, shadowed)
    assert rows["cpu_usage"] == {
        "name": "cpu_usage",
        "signal": "cpu_usage",
        "subject": "*",
        "severity": "warning",
        "mode": "on",
        "would_have_sent": 0,
    }
    assert rows["tls_expiry"]["severity"] == "critical"
    assert rows["service_down"]["mode"] == "shadow"


def test_a_rule_in_shadow_mode_counts_what_it_would_have_sent(command: Command, store: Store, shadowed: Path) -> None:
    outage(store, policies(), shadow=True)
    assert listed(command, shadowed)["service_down"]["would_have_sent"] == 1
    words = command("rules", "list", "--config", str(shadowed)).out
    assert [line.split()[-1] for line in words.splitlines() if line.startswith("service_down ")] == ["1"]
    why = json.loads(command("alerts", "why", "1", "--json", "--config", str(shadowed)).out)
    assert why["deliveries"] == []
    assert why["decisions"][-1]["stage"] == "shadow"
