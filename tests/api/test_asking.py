"""Questions and answers over the wire."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.answers import incident_answers, quiet_answers
from support.links import LINKS

from amt_console.api import wire
from amt_console.api.auth.identity import RoleTable
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import SocketServer
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.model import Role, ServiceState
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
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import InvalidError, NotFoundError, OperationError

KINDS = {kind.name: kind for kind in QUERIES}


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("answers", [quiet_answers(), incident_answers()], ids=["quiet", "incident"])
def test_an_answer_is_the_same_behind_the_wire(name: str, answers: dict[str, Any]) -> None:
    answer = answers[name]
    assert wire.answer_form(KINDS[name].answer).decode(wire.encode(answer)) == answer


@pytest.fixture
def remote(operations: LocalOperations, tmp_path: Path) -> Iterator[RemoteOperations]:
    clock = SystemClock()
    served = Served(
        operations, presence=Presence(clock), feed=ActionFeed(), clock=clock, database="monitoring.db", links=LINKS
    )
    server = SocketServer(served, path=tmp_path / "m.sock", roles=RoleTable(), clock=clock)
    server.start()
    client = RemoteOperations(f"unix:{server.path}", session="one", env={})
    yield client
    client.close()
    server.stop()


@pytest.mark.slow
def test_each_question_has_the_same_answer_over_the_socket(
    remote: RemoteOperations,
    operations: LocalOperations,
    feed: Callable[..., None],
    fire: Callable[..., int],
    clock: FakeClock,
) -> None:
    feed()
    clock.advance(60)
    feed(backend_api=ServiceState.DOWN)
    alert_id = fire()
    clock.advance(1)
    me = remote.check().name
    asked: tuple[Query[Any], ...] = (
        ActivityQuery(),
        AlertHistoryQuery(subject="backend-api"),
        AwayQuery(since=clock.now() - timedelta(hours=1)),
        BusinessQuery(projections=True),
        ChangeQuery(),
        HostQuery(disks=True),
        IncidentsQuery(),
        MovedQuery(alert_id),
        StatesQuery(services=("backend-api",)),
    )
    assert {type(query) for query in asked} == set(QUERIES)
    for query in asked:
        for each in (query, replace(query, at=clock.now())):
            assert remote.ask(each) == operations.ask(each, actor=Actor(me, uid=os.getuid(), via="socket"))
    detail = operations.service("backend-api", hours=1, most_buckets=30)
    assert detail.states
    assert remote.service("backend-api", hours=1, most_buckets=30) == detail
    with pytest.raises(NotFoundError):
        remote.ask(MovedQuery(4711))
    with pytest.raises(InvalidError, match="window"):
        remote.ask(HostQuery(hours=-1))


@pytest.mark.slow
def test_a_question_that_nobody_knows_or_that_makes_no_sense(remote: RemoteOperations) -> None:
    class Unknown(HostQuery):
        name = "unknown"

    with pytest.raises(OperationError, match="no question 'unknown'"):
        remote.ask(Unknown())
    with pytest.raises(InvalidError, match="hours"):
        remote.ask(HostQuery(hours="many"))  # type: ignore[arg-type]


@pytest.mark.slow
def test_only_an_admin_reads_the_audit(operations: LocalOperations) -> None:
    viewer = Actor("vic", role=Role.VIEWER)
    assert operations.ask(ActivityQuery(), actor=viewer).audit_refused
