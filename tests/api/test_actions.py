"""Actions over the API: each has a route and arrives unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from amt_console.api.actions import request_of
from amt_console.api.auth.tokens import NewToken
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.listeners.server import TcpServer
from amt_console.api.wire import encode
from amt_console.clock import FakeClock
from amt_console.model import (
    ACTIONS,
    Acknowledge,
    Action,
    AddMaintenance,
    AddSilence,
    AlertType,
    Claim,
    Close,
    EndMaintenance,
    EndSilence,
    Handoff,
    Note,
    ProbeNow,
    RanCommand,
    Rating,
    Severity,
    Snooze,
    Unacknowledge,
    Undo,
    UndoLast,
)
from amt_console.model.actions import OverrideOncall, TakeOncall, UndoOncall, wire_name
from amt_console.model.policy import MaintenanceWindow, Person, Policies, Recurrence, Rota, Silence
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import InvalidError, NotFoundError
from amt_console.store import Store, audit_entries

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Make = Callable[..., NewToken]
LATER = FakeClock().now() + timedelta(hours=1)
EVERY: tuple[Action[Any], ...] = (
    Acknowledge(1, "on it", 7200, expected_version=1),
    Note(1, "half of them are back"),
    Unacknowledge(1, expected_version=3),
    Claim(1, "mine", 900),
    Handoff(1, "bob", "your turn", 900),
    Undo(1),
    Snooze(1, 900, note="after lunch"),
    UndoLast(),
    Close(1, "retired", Rating.NOISE),
    AddSilence("release", ("web-app",), for_=60),
    AddSilence("all", alert_types=(AlertType.SERVICE_DOWN,), severity=Severity.WARNING, until=LATER),
    EndSilence("1"),
    AddMaintenance("disks / roof", ("web-app",), for_=60, starts_at=LATER, note="rack 3"),
    EndMaintenance("disks / roof"),
    TakeOncall(LATER),
    OverrideOncall("bob", LATER + timedelta(hours=1), LATER),
    UndoOncall(),
    ProbeNow("web-app"),
    RanCommand("restart", ("systemctl", "restart", "web-app"), 1, "exit code 1", 0.25, "web-app", 1),
)
PEOPLE = Policies(
    people={name: Person(name) for name in ("ann-laptop", "bob")},
    rotas={"oncall": Rota("oncall", ("bob", "ann-laptop"), 86400, LATER - timedelta(hours=2))},
)


@pytest.fixture
def remote(server: TcpServer, make_token: Make) -> Iterator[RemoteOperations]:
    client = RemoteOperations(server.url, token=make_token().text)
    yield client
    client.close()


def as_stored(value: object) -> object:
    """A value of an action as the audit has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.slow
def test_every_action_arrives_as_it_was_sent(
    remote: RemoteOperations, operations: LocalOperations, fire: Fire, store: Store
) -> None:
    operations._policies = PEOPLE
    assert {type(action) for action in EVERY} == set(ACTIONS.values()), "an action is missing here"
    fire()
    for action in EVERY:
        answer = remote.act(action)
        assert isinstance(answer, action.answer or type(None))
    with store.read() as reads:
        entries = list(reversed(audit_entries(reads)))
    assert [entry.action for entry in entries] == [action.name for action in EVERY]
    for entry, action in zip(entries, EVERY, strict=True):
        said = {wire_name(field): getattr(action, field.name) for field in fields(action)}  # type: ignore[arg-type]
        for name in said.keys() - {"alert_id", "expected_version"}:
            assert entry.detail[name] == as_stored(said[name]), name


def test_every_action_needs_the_role_operator(server: TcpServer, make_token: Make, fire: Fire) -> None:
    fire()
    headers = {"authorization": f"Bearer {make_token(role='viewer').text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
        for action in EVERY:
            path, body = request_of(action)
            assert client.post(path, content=encode(body)).status_code == 403, path


def test_what_makes_no_sense_is_refused_in_words(remote: RemoteOperations, fire: Fire) -> None:
    fire()
    with pytest.raises(InvalidError, match="A note needs some text"):
        remote.act(Note(1, " "))
    with pytest.raises(NotFoundError, match="no service is called 'nope'"):
        remote.act(ProbeNow("nope"))
    with pytest.raises(InvalidError, match="more than 0 seconds"):
        remote.act(Snooze(1, -5))


@pytest.mark.slow
def test_only_an_admin_holds_messages_back_for_more_than_a_day(server: TcpServer, make_token: Make, fire: Fire) -> None:
    alert_id = fire()
    for role, status in (("operator", 403), ("admin", 200)):
        headers = {"authorization": f"Bearer {make_token(role, role=role).text}"}
        with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
            assert client.post(f"/alerts/{alert_id}/snooze", json={"for": "25h"}).status_code == status
            assert client.post(f"/alerts/{alert_id}/snooze", json={"for": "24h"}).status_code == 200
            refused = client.post(f"/alerts/{alert_id}/snooze", json={"for": "soon"})
            assert (refused.status_code, "must be a duration" in refused.text) == (422, True)


@pytest.mark.slow
def test_programs_read_and_end_silences_and_planned_work(server: TcpServer, make_token: Make) -> None:
    headers = {"authorization": f"Bearer {make_token().text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
        added = client.post("/silences", json={"reason": "x", "services": ["web-app"], "for": "2h"}).json()
        assert (added["id"], added["created_by"], added["source"]) == ("1", "ann-laptop", "person")
        assert client.get("/silences").json() == {"items": [added], "next": None}
        assert client.post("/silences", json={"reason": "x", "services": ["web-app"], "for": "2d"}).status_code == 403
        assert client.post("/silences", json={"reason": "x", "services": ["web-app"]}).status_code == 422
        assert client.post("/silences/1/end").json()["ended_by"] == "ann-laptop"
        assert client.post("/silences/1/end").status_code == 404
        assert client.get("/silences").json()["items"] == []
        assert [each["id"] for each in client.get("/silences?all=true").json()["items"]] == ["1"]
        work = client.post("/maintenance", json={"name": "disks", "groups": ["platform"], "for": "1h"}).json()
        assert client.get("/maintenance").json()["items"] == [work]
        assert client.post("/maintenance/end", json={"name": "disks"}).status_code == 200
        assert client.get("/maintenance").json()["items"] == []
    viewer = {"authorization": f"Bearer {make_token('eve', role='viewer').text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=viewer, trust_env=False) as client:
        assert client.get("/silences").status_code == 200
        assert client.post("/silences", json={}).status_code == 403


def test_an_attached_console_reads_what_is_in_the_configuration(
    remote: RemoteOperations, operations: LocalOperations
) -> None:
    recurrence = Recurrence(time(2, 30), 3600, ("mon",), ZoneInfo("Europe/Berlin"))
    silence = Silence("x", LATER, "config-1", severity=Severity.WARNING)
    window = MaintenanceWindow("nightly", ("web-app",), recurrence=recurrence)
    operations._policies = Policies(silences=(silence,), maintenance=(window,))
    assert remote.silences() == (silence,)
    assert remote.maintenance(ended=True) == (window,)


def test_a_program_gets_the_alert_object(server: TcpServer, make_token: Make, fire: Fire) -> None:
    alert_id = fire()
    headers = {"authorization": f"Bearer {make_token(role='operator').text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
        taken = client.post(f"/alerts/{alert_id}/acknowledge").json()
        assert taken["acknowledged_until"] > taken["acknowledged_at"]
        noted = client.post(f"/alerts/{alert_id}/note", json={"note": "half of them are back"}).json()
    assert (taken["id"], noted["note"], noted["acknowledged_by"]) == (
        alert_id,
        "half of them are back",
        taken["acknowledged_by"],
    )
