"""``alerts why``: what was stored when an alert was told, or not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cli.conftest import Command
from support.planning import policies

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import ErrorClass, ProbeResult, Service, ServiceState
from amt_console.model.policy import Policies, Silence
from amt_console.monitor.buffer import Collected
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store

SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=15.0)


def outage(store: Store, policy: Policies, *, shadow: bool = False) -> None:
    """An outage of ``web``, as a monitor under these policies stores it."""
    clock = SystemClock()
    rule = {"name": "service_down", "signal": "service_down", "severity": "critical", "mode": "shadow"}
    document = {"web_app_url": "http://x", "rules": [rule] if shadow else []}
    ruleset = replace(build_ruleset(Settings.model_validate(document), [SERVICE]), policies=policy)
    engine = Recorder(store=store, ruleset=ruleset, clock=clock)
    for attempt in (1, 2, 3):
        result = ProbeResult(
            service="web",
            timestamp=clock.now(),
            state=ServiceState.DOWN,
            interval=15.0,
            response_time_ms=None,
            error_class=ErrorClass.CONNECT_REFUSED,
            error="connection refused",
            attempt=attempt,
        )
        engine.write([Collected(result, clock.instant())])


@pytest.fixture
def config(home: Path) -> Path:
    path = home / "config.json"
    path.write_text(json.dumps({"web_app_url": "http://127.0.0.1:1"}))
    return path


def test_a_page_is_explained_by_what_was_seen_decided_and_queued(command: Command, store: Store, config: Path) -> None:
    outage(store, policies())
    found = json.loads(command("alerts", "why", "1", "--json", "--config", str(config)).out)
    assert (found["alert_id"], found["rule"]) == (1, "service_down")
    kinds = [each["kind"] for each in found["observations"]]
    assert kinds.count("probe") == 3
    fired = next(each for each in found["observations"] if each["kind"] == "fired")
    assert fired["detail"] == {"count": "3 of 3"}
    assert [(each["stage"], each["outcome"]) for each in found["decisions"]] == [
        ("lifecycle", "none"),
        ("escalation", "sent"),
    ]
    (delivery,) = found["deliveries"]
    assert (delivery["kind"], delivery["channel"], delivery["state"]) == ("fired", "ops", "queued")
    words = command("alerts", "why", "1", "--config", str(config)).out
    assert "SEEN" in words
    assert "it fired [ops]" in words


def test_a_silenced_alert_says_who_silenced_it_and_nothing_was_sent(
    command: Command, store: Store, config: Path
) -> None:
    until = SystemClock().now() + timedelta(hours=1)
    outage(store, policies(silences=(Silence("the move", until, id="7", created_by="ada", services=("web",)),)))
    found = json.loads(command("alerts", "why", "1", "--json", "--config", str(config)).out)
    assert found["deliveries"] == []
    decision = found["decisions"][-1]
    assert (decision["stage"], decision["outcome"], decision["detail"]) == ("silence", "suppressed", "7")
    assert "silence 7 by ada until" in decision["reason"]
    assert "nothing was queued for anybody" in command("alerts", "why", "1", "--config", str(config)).out


def test_the_answer_does_not_follow_todays_configuration(command: Command, store: Store, home: Path) -> None:
    outage(store, policies())
    other = home / "other.json"
    other.write_text(json.dumps({"web_app_url": "http://127.0.0.1:1", "rules": []}))
    found = json.loads(command("alerts", "why", "1", "--json", "--config", str(other)).out)
    assert found["decisions"][-1]["detail"] == "ops", "a channel that this configuration does not have"


def test_an_alert_that_does_not_exist_is_said_so(command: Command, store: Store, config: Path) -> None:
    done = command("alerts", "why", "77", "--config", str(config))
    assert done.code != ExitCode.OK
    assert "there is no alert 77" in done.err
