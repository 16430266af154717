"""``notify``: the log, a test message, and a drill through the running monitor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command
from support.outbox import alert, tell

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model.notifications import DeliveryState
from amt_console.runtime.dispatching import dispatcher_of
from amt_console.store import DeliveryMark, Store, audit_entries, mark_messages

CLOCK = SystemClock()
CHANNELS: list[dict[str, Any]] = [
    {"name": "file", "type": "exec", "command": ["/bin/sh", "-c", "cat >> got.json"], "environment": ["PATH"]},
    {"name": "broken", "type": "exec", "command": ["/bin/false"]},
    {"name": "off", "type": "exec", "command": ["/bin/true"], "enabled": False},
    {"name": "absent", "type": "webhook", "url": "http://127.0.0.1:1/hook"},
]
DOCUMENT = {"services": [], "channels": CHANNELS, "notify": {"allow_private": ["127.0.0.1"], "retry_first": "0.1s"}}


@pytest.fixture
def config(home: Path) -> str:
    path = home / "config.json"
    CHANNELS[0]["command"][2] = f"cat >> {home / 'got.json'}"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


def test_the_log_shows_messages_with_their_attempts_newest_first(command: Command, store: Store) -> None:
    for subject in ("web", "api"):
        tell(store, alert(subject, clock=CLOCK), clock=CLOCK, channels=("file", "broken"))
    with store.transaction() as writes:
        now = CLOCK.now()
        mark_messages(writes, DeliveryMark((1, 3), DeliveryState.DELIVERED, now, "delivered"))
        mark_messages(writes, DeliveryMark((4,), DeliveryState.DEAD, now, "clientError", "410 gone"))
    found = json.loads(command("notify", "log", "--json").out)
    assert [(each["id"], each["channel"], each["state"]) for each in found] == [
        (4, "broken", "dead"),
        (3, "file", "delivered"),
        (2, "broken", "queued"),
        (1, "file", "delivered"),
    ]
    assert found[0]["attempts"][0]["error"] == "410 gone"
    keys = {"id", "alert_id", "alert_type", "subject", "kind", "channel", "receiver", "state", "reason", "attempts"}
    assert keys | {"created_at", "delivered_at"} <= set(found[0])
    by_alert = command("notify", "log", "--alert", str(found[0]["alert_id"]), "--channel", "broken")
    assert "410 gone" in by_alert.out
    assert len(by_alert.out.splitlines()) == 2
    assert "no messages" in command("notify", "log", "--channel", "other").out


@pytest.mark.parametrize(
    ("channel", "code", "words"),
    [
        ("file", ExitCode.OK, "accepted the message"),
        ("broken", ExitCode.UNAVAILABLE, "broken: "),
        ("absent", ExitCode.UNAVAILABLE, "The monitor would try again"),
        ("off", ExitCode.USAGE, "is switched off"),
        ("fiel", ExitCode.USAGE, "did you mean file?"),
    ],
)
def test_a_test_message_says_what_happened(
    command: Command, config: str, channel: str, code: ExitCode, words: str
) -> None:
    done = command("notify", "test", channel, "--config", config)
    assert (done.code, words in done.out + done.err) == (code, True), done


@contextmanager
def running(store: Store, url: str) -> Iterator[None]:
    """A monitor's dispatcher on the database."""
    with store.transaction() as writes:
        writes.sign_of_life(host="here", pid=1, started_at=CLOCK.now(), at=CLOCK.now())
    dispatcher = dispatcher_of(Settings.model_validate(DOCUMENT), store, url, CLOCK)
    dispatcher.start()
    try:
        yield
    finally:
        dispatcher.stop()


@pytest.mark.slow
def test_a_drill_pages_through_the_outbox_and_ends_and_is_audited(
    command: Command, store: Store, config: str, home: Path
) -> None:
    alone = command("notify", "drill", "--yes", "--channel", "file", "--config", config)
    assert (alone.code, "no monitor runs" in alone.err) == (ExitCode.UNAVAILABLE, True)
    with running(store, store.url):
        done = command("notify", "drill", "--yes", "--channel", "file", "--config", config)
        assert done.code == ExitCode.OK, done
        assert "file: delivered after " in done.out
        bad = command("notify", "drill", "--yes", "--channel", "broken", "--timeout", "3", "--config", config)
        assert (bad.code, "not delivered on broken" in bad.err) == (ExitCode.UNAVAILABLE, True)
    got = (home / "got.json").read_text()
    assert got.count("rehearsal") >= 1 or got.lower().count("drill") >= 2
    log = json.loads(command("notify", "log", "--channel", "file", "--json").out)
    assert [(each["kind"], each["state"]) for each in log] == [("drill", "delivered")] * 2
    with store.read() as reads:
        newest, first = audit_entries(reads)
    assert (first.action, first.subject) == ("notify drill", "channels file")
    assert first.detail["note"] == "did it wake you: not asked; delivered on file"
    assert "no channel" in newest.detail["note"]


@pytest.mark.slow
def test_a_single_round_sends_what_it_has_found(command: Command, home: Path) -> None:
    path = home / "once.json"
    services = [{"name": "web", "url": "http://127.0.0.1:1/", "interval": 60}]
    CHANNELS[0]["command"][2] = f"cat >> {home / 'got.json'}"
    path.write_text(json.dumps({**DOCUMENT, "services": services, "channels": CHANNELS[:1], "recheck": [0.05, 0.05]}))
    assert command("monitor", "--once", "--config", str(path)).code == ExitCode.CRITICAL
    log = json.loads(command("notify", "log", "--json", "--config", str(path)).out)
    assert [(each["subject"], each["kind"], each["state"]) for each in log] == [("web", "fired", "delivered")]
    assert "web" in (home / "got.json").read_text()
