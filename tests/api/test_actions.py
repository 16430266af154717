"""What people do, over the wire: each action of the vocabulary has its route, and arrives as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import httpx
import pytest

from amt_console.api.actions import request_of
from amt_console.api.auth.tokens import NewToken
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.listeners.server import TcpServer
from amt_console.model import (
    ACTIONS,
    Acknowledge,
    Action,
    Claim,
    Close,
    Handoff,
    Note,
    ProbeNow,
    Rating,
    Snooze,
    Unacknowledge,
    Undo,
    UndoLast,
)
from amt_console.model.actions import wire_name
from amt_console.operations.protocol import InvalidError, NotFoundError
from amt_console.store import Store, audit_entries

Fire = Callable[..., int]
Make = Callable[..., NewToken]
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
    ProbeNow("web-app"),
)


@pytest.fixture
def remote(server: TcpServer, make_token: Make) -> Iterator[RemoteOperations]:
    client = RemoteOperations(server.url, token=make_token().text)
    yield client
    client.close()


def test_every_action_arrives_as_it_was_sent(remote: RemoteOperations, fire: Fire, store: Store) -> None:
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
            assert entry.detail[name] == said[name], name


def test_every_action_needs_the_role_operator(server: TcpServer, make_token: Make, fire: Fire) -> None:
    fire()
    headers = {"authorization": f"Bearer {make_token(role='viewer').text}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
        for action in EVERY:
            path, body = request_of(action)
            assert client.post(path, json=body).status_code == 403, path


def test_what_makes_no_sense_is_refused_in_words(remote: RemoteOperations, fire: Fire) -> None:
    fire()
    with pytest.raises(InvalidError, match="A note needs some text"):
        remote.act(Note(1, " "))
    with pytest.raises(NotFoundError, match="no service is called 'nope'"):
        remote.act(ProbeNow("nope"))
    with pytest.raises(InvalidError, match="more than 0 seconds"):
        remote.act(Snooze(1, -5))


def test_only_an_admin_holds_messages_back_for_more_than_a_day(server: TcpServer, make_token: Make, fire: Fire) -> None:
    alert_id = fire()
    for role, status in (("operator", 403), ("admin", 200)):
        headers = {"authorization": f"Bearer {make_token(role, role=role).text}"}
        with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, trust_env=False) as client:
            assert client.post(f"/alerts/{alert_id}/snooze", json={"for": "25h"}).status_code == status
            assert client.post(f"/alerts/{alert_id}/snooze", json={"for": "24h"}).status_code == 200
            refused = client.post(f"/alerts/{alert_id}/snooze", json={"for": "soon"})
            assert (refused.status_code, "must be a duration" in refused.text) == (422, True)


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
