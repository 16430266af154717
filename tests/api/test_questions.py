"""The questions of the console's screens, asked by programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.answers import incident_answers, quiet_answers
from support.links import LINKS

from amt_console.api.auth.tokens import NewToken
from amt_console.api.feed import ActionFeed
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.model import AlertState, Role, ServiceState
from amt_console.model.queries import (
    QUERIES,
    ActivityQuery,
    AlertHistoryQuery,
    AwayQuery,
    BusinessQuery,
    ChangeQuery,
    HostQuery,
    IncidentsQuery,
    MovedQuery,
    Query,
    StatesQuery,
)
from amt_console.operations.actor import Actor
from amt_console.operations.answering.answer_json import answer_json
from amt_console.operations.json_views import iso
from amt_console.operations.local import LocalOperations

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]
Make = Callable[..., NewToken]
SENT_AS = {"services": "service"}
"""Parameters that are repeated have the name of one."""


@pytest.fixture
def served(operations: LocalOperations, clock: FakeClock) -> Served:
    return Served(
        operations, presence=Presence(clock), feed=ActionFeed(), clock=clock, database="monitoring.db", links=LINKS
    )


@pytest.fixture
async def viewer(admin: httpx.AsyncClient, make_token: Make) -> httpx.AsyncClient:
    admin.headers["authorization"] = f"Bearer {make_token('vic', 'viewer').text}"
    return admin


async def test_each_question_is_answered_for_a_viewer_now_and_for_a_past_moment(
    viewer: httpx.AsyncClient, operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    clock.advance(60)
    feed(backend_api=ServiceState.DOWN)
    alert = fire()
    clock.advance(60)
    earlier = clock.now()
    clock.advance(1)
    fire(rule_id="slow", subject="web-app", state=AlertState.RESOLVED, resolved_at=clock.now())
    clock.advance(60)
    asked: dict[str, Query[Any]] = {
        "activity?hours=2&limit=3": ActivityQuery(2, 3),
        "alert_history?subject=backend-api&limit=5": AlertHistoryQuery(subject="backend-api", limit=5),
        "away?since=1h": AwayQuery(clock.now() - timedelta(hours=1)),
        "business?hours=24&most_buckets=30&projections=true": BusinessQuery(24, 30, projections=True),
        "change?later=false": ChangeQuery(),
        "host?disks=true": HostQuery(disks=True),
        "incidents?hours=48": IncidentsQuery(48),
        f"moved?alert_id={alert}&limit=3": MovedQuery(alert, 3),
        "states?service=backend-api&service=web-app": StatesQuery(services=("backend-api", "web-app")),
    }
    assert {type(query) for query in asked.values()} == set(QUERIES)
    vic = Actor("vic", role=Role.VIEWER)
    for target, query in asked.items():
        for at in (None, earlier):
            params = httpx.QueryParams(target.partition("?")[2])
            answer = await viewer.get(
                f"/questions/{query.name}", params=params if at is None else params.set("at", at.isoformat())
            )
            assert answer.status_code == 200, answer.text
            assert answer.json() == answer_json(operations.ask(replace(query, at=at), actor=vic)), target
    now, then = [
        (await viewer.get("/questions/alert_history", params=params)).json()["alerts"]
        for params in ({}, {"at": earlier.isoformat()})
    ]
    assert ([each["state"] for each in now], [each["id"] for each in then]) == (["resolved", "firing"], [alert])
    assert now[1] == (await viewer.get("/alerts")).json()["items"][0], "an alert is the same wherever it is"
    found = (await viewer.get("/questions/change", params={"at": earlier.isoformat()})).json()
    assert found["at"] == iso(earlier - timedelta(seconds=60))


async def test_only_an_admin_finds_the_audit_trail_in_the_activity(
    admin: httpx.AsyncClient, make_token: Make, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    assert (await admin.post(f"/alerts/{fire()}/note", json={"note": "mine"})).status_code == 200
    clock.advance(1)
    seen = (await admin.get("/questions/activity")).json()
    assert (seen["audit_refused"], [each["actor"] for each in seen["audit"]]) == (None, ["root"])
    headers = {"authorization": f"Bearer {make_token('vic', 'viewer').text}"}
    hidden = (await admin.get("/questions/activity", headers=headers)).json()
    assert hidden["audit"] == []
    assert "admin" in hidden["audit_refused"]


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("nonsense", 404, "nothing at this path"),
        ("moved?alert_id=4711", 404, "4711"),
        ("moved", 422, "alert_id"),
        ("moved?alert_id=0", 422, "alert_id"),
        ("moved?alert_id=x", 422, "alert_id"),
        ("host?hours=0", 422, "hours"),
        ("host?hours=-1", 422, "hours"),
        ("host?hours=nan", 422, "hours"),
        ("host?hours=9601", 422, "hours"),
        ("host?most_buckets=2001", 422, "most_buckets"),
        ("activity?limit=501", 422, "limit"),
        ("activity?limit=-1", 422, "limit"),
        ("change?later=perhaps", 422, "later"),
        ("change?hours=3", 422, "hours: this resource has no such parameter; it has at, later"),
        ("states?services=backend-api", 422, "services: this resource has no such parameter"),
        ("away?since=never", 422, "since"),
        ("states?at=never", 422, "at"),
        ("states?at=2026-01-01T00:00:00", 422, "offset"),
    ],
)
async def test_a_bad_question_is_a_problem(
    viewer: httpx.AsyncClient, feed: Feed, target: str, status: int, words: str
) -> None:
    feed()
    answer = await viewer.get(f"/questions/{target}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


async def test_every_field_of_a_question_is_a_parameter_with_its_default(admin: httpx.AsyncClient) -> None:
    paths = (await admin.get("http://monitor/openapi.json")).json()["paths"]
    for kind in QUERIES:
        described = paths[f"/api/v1/questions/{kind.name}"]["get"]
        assert (described["operationId"], described["x-role"]) == (f"ask_{kind.name}", "viewer")
        sent = {each["name"]: each["schema"].get("default") for each in described["parameters"]}
        known = {field.name: None if field.default is MISSING else field.default for field in fields(kind)}
        assert sent == {SENT_AS.get(name, name): default for name, default in known.items()}, kind.name


@pytest.mark.parametrize("answers", [quiet_answers(), incident_answers()], ids=["quiet", "incident"])
def test_answers_are_json_without_what_json_does_not_have(answers: dict[str, Any]) -> None:
    for name, answer in answers.items():
        document = answer_json(answer)
        assert set(document) == {field.name for field in fields(answer)}, name
        assert json.loads(json.dumps(document, allow_nan=False)) == document, name
