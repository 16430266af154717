"""Actions: each is stored with its event and audit row, or refused with a message."""

from __future__ import annotations

import os
import pwd
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from support.operations import API, probe

from amt_console.clock import FakeClock
from amt_console.model import (
    MAX_NOTE_CHARS,
    Acknowledge,
    AlertState,
    Close,
    Note,
    ProbeNow,
    ServiceState,
    Unacknowledge,
)
from amt_console.operations.actor import Actor, current_actor
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import ConflictError, InvalidError, NotFoundError, UnavailableError
from amt_console.store import Store, audit_entries

Fire = Callable[..., int]
Feed = Callable[..., None]


def test_acknowledging_names_the_person_and_keeps_the_note(
    operations: LocalOperations, fire: Fire, clock: FakeClock
) -> None:
    alert_id = fire()
    clock.advance(5)
    alert = operations.act(Acknowledge(alert_id, "  restarting\x1b[2J the API "))
    assert (alert.acknowledged_by, alert.acknowledged_at) == ("ann", clock.now())
    assert alert.note == "restarting␛[2J the API"
    assert alert.state is AlertState.FIRING
    kinds = [event.kind for event in operations.alert(alert_id).events]
    assert kinds == ["fired", "acknowledged"]


def test_every_action_leaves_an_audit_row(operations: LocalOperations, fire: Fire, tmp_path: Path) -> None:
    alert_id = fire()
    operations.act(Acknowledge(alert_id), actor=Actor(name="bob", uid=7, claims={"SUDO_USER": "bob"}))
    operations.act(Unacknowledge(alert_id))
    with sqlite3.connect(tmp_path / "monitoring.db") as connection:
        rows = connection.execute("SELECT actor, action FROM audit ORDER BY id").fetchall()
    connection.close()
    assert rows == [("bob", "acknowledge"), ("ann", "unacknowledge")]


def test_the_audit_holds_the_words_of_the_one_who_acts(operations: LocalOperations, store: Store, fire: Fire) -> None:
    alert_id = fire(note="mira: look at the queue first")
    operations.act(Acknowledge(alert_id))
    operations.act(Note(alert_id, "the queue is full"))
    operations.act(ProbeNow("web-app"))
    operations.act(ProbeNow())
    with store.read() as reads:
        entries = audit_entries(reads)
    assert [(entry.action, entry.subject, entry.detail.get("note")) for entry in reversed(entries)] == [
        ("acknowledge", f"alert {alert_id} service_down backend-api", None),
        ("note", f"alert {alert_id} service_down backend-api", "the queue is full"),
        ("probe", "web-app", None),
        ("probe", "all services", None),
    ]
    assert {entry.actor for entry in entries} == {"ann"}


def test_a_note_can_be_written_on_an_alert_that_somebody_has_and_on_one_that_has_ended(
    operations: LocalOperations, fire: Fire
) -> None:
    alert_id = fire()
    operations.act(Acknowledge(alert_id, "on it"))
    noted = operations.act(Note(alert_id, "x" * MAX_NOTE_CHARS), actor=Actor("bob"))
    assert (noted.acknowledged_by, noted.note) == ("ann", "x" * MAX_NOTE_CHARS)
    operations.act(Close(alert_id, "retired"))
    ended = operations.act(Note(alert_id, "it was the cache"))
    assert (ended.state, ended.note) == (AlertState.RESOLVED, "it was the cache")
    notes = [(event.actor, event.note) for event in operations.alert(alert_id).events if event.note]
    assert notes == [("ann", "on it"), ("bob", "x" * MAX_NOTE_CHARS), ("ann", "retired"), ("ann", "it was the cache")]
    with pytest.raises(InvalidError, match="needs some text"):
        operations.act(Note(alert_id, "  "))


def test_of_many_who_take_it_at_once_exactly_one_has_it(operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    version = operations.snapshot().alerts[0].version
    taken: list[str] = []
    refused: list[str] = []

    def take(name: str) -> None:
        try:
            operations.act(Acknowledge(alert_id, expected_version=version), actor=Actor(name=name))
            taken.append(name)
        except ConflictError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=take, args=(f"person-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert len(refused) == 7
    assert operations.alert(alert_id).episode.acknowledged_by == taken[0]


def test_refusals_say_what_is_wrong(operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    with pytest.raises(NotFoundError, match="there is no alert 999"):
        operations.act(Acknowledge(999))
    with pytest.raises(ConflictError, match="not acknowledged"):
        operations.act(Unacknowledge(alert_id))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        operations.act(Acknowledge(alert_id, expected_version=77))
    operations.act(Acknowledge(alert_id))
    with pytest.raises(ConflictError, match="already acknowledged by ann"):
        operations.act(Acknowledge(alert_id))
    with pytest.raises(NotFoundError, match="no service is called"):
        operations.act(ProbeNow("nope"))
    with pytest.raises(NotFoundError, match="no service is called"):
        operations.service("nope")


def test_a_refused_action_leaves_nothing_behind(operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    before = operations.alert(alert_id)
    with pytest.raises(ConflictError):
        operations.act(Acknowledge(alert_id, expected_version=77))
    assert operations.alert(alert_id) == before


def test_the_detail_of_a_service_has_its_history(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    for _ in range(8):
        feed()
        clock.advance(15)
    fire()
    detail = operations.service("backend-api", hours=1)
    assert len(detail.mean_ms) == len(detail.uptime) == len(detail.p95_ms) == 61
    assert [value for value in detail.mean_ms if value is not None] == [20.0, 20.0]
    assert len(detail.probes) == 8
    assert detail.probes[0].timestamp > detail.probes[-1].timestamp
    assert [alert.subject for alert in detail.alerts] == ["backend-api"]
    assert "newest probe" not in dict(detail.figures), "its age is in the head, and stays current there"


def test_without_a_monitor_here_probing_at_once_is_refused(
    operations: LocalOperations, store_url: str, clock: FakeClock
) -> None:
    from amt_console.config import Settings

    other = LocalOperations(
        store=operations.store, store_url=store_url, settings=Settings(), targets=operations.targets, clock=clock
    )
    with pytest.raises(UnavailableError, match="another process"):
        other.act(ProbeNow())


def test_who_acts_is_the_login_name_of_the_user_id_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = pwd.getpwuid(os.getuid()).pw_name
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    actor = current_actor({"USER": "mallory", "SUDO_USER": "eve", "SSH_TTY": "/dev/pts/1\x1b"})
    assert (actor.name, actor.uid) == (account, os.getuid())
    assert dict(actor.claims) == {"SUDO_USER": "eve", "SSH_TTY": "/dev/pts/1␛"}


@pytest.mark.slow
def test_the_uptime_of_the_detail_is_that_of_the_overview(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    now = clock.now()
    down = [*range(5), *range(300, 307)]
    with store.transaction() as writes:
        writes.add_results(
            [
                probe(API, now - timedelta(seconds=15 * at), ServiceState.DOWN if at // 4 in down else ServiceState.UP)
                for at in range(1, 4 * 60 * 24)
            ]
        )
    view = operations.snapshot().services[0]
    detail = operations.service("backend-api", hours=24)
    assert view.uptime_percent_24h is not None
    assert view.uptime_percent_24h < 99.5
    assert detail.uptime_percent == pytest.approx(view.uptime_percent_24h, abs=0.001)
    assert detail.coverage_percent == pytest.approx(view.coverage_percent_24h, abs=0.001)


def test_an_alert_says_how_often_today_how_long_and_what_follows_from_what(
    operations: LocalOperations, store: Store, fire: Fire, clock: FakeClock
) -> None:
    yesterday = clock.now() - timedelta(hours=30)
    ended = {"state": AlertState.RESOLVED, "resolved_at": yesterday, "opened_at": yesterday, "fired_at": yesterday}
    fire(**ended)
    earlier = clock.now() - timedelta(hours=1)
    fire(**{**ended, "resolved_at": earlier, "opened_at": earlier, "fired_at": earlier, "duration_seconds": 61.5})
    alert_id = fire(began=clock.instant())
    alert = operations.alert(alert_id).alert
    assert (alert.rule, alert.group, alert.times_today, alert.duration_seconds) == (
        "service_down/backend-api",
        "platform",
        2,
        None,
    )
    clock.advance(95)
    clock.step_wall(-3600)
    assert operations.act(Close(alert_id)).duration_seconds == 95.0
    clock.step_wall(3600)
    assert [each.duration_seconds for each in operations.alerts(tuple(AlertState))] == [95.0, 61.5, None]
