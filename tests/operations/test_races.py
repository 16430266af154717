"""Concurrent actions on every database: exactly one succeeds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from support.operations import API, episode
from support.stores import clock, new_database, new_schema, postgres_url, sqlite_url, store, store_url

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    Action,
    AddMaintenance,
    AddSilence,
    AlertAction,
    AlertEvent,
    Claim,
    Close,
    EndMaintenance,
    EndSilence,
    EpisodeChange,
    Handoff,
    Snooze,
)
from amt_console.operations.actor import Actor
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import ConflictError, NotFoundError
from amt_console.store import Store, audit_entries, record

__all__ = ["clock", "new_database", "new_schema", "postgres_url", "sqlite_url", "store", "store_url"]
PEOPLE = ("ann", "bob")
ROUNDS = 5


@pytest.fixture
def desks(store: Store, store_url: str, clock: FakeClock) -> Iterator[list[LocalOperations]]:
    """The use cases as two processes have them."""
    with ExitStack() as stack:
        stores = [store, stack.enter_context(Store.open(store_url, clock=clock))]
        yield [
            LocalOperations(
                store=each, store_url=store_url, settings=Settings(), targets=(API,), clock=clock, actor=Actor(name)
            )
            for each, name in zip(stores, PEOPLE, strict=True)
        ]


def race(desks: list[LocalOperations], action: Action[Any]) -> tuple[list[str], list[str]]:
    """Let everybody act at the same time; returns who succeeded and who did not."""
    start = threading.Barrier(len(desks))
    won: list[str] = []
    lost: list[str] = []

    def act(desk: LocalOperations, name: str) -> None:
        start.wait()
        try:
            desk.act(action)
            won.append(name)
        except (ConflictError, NotFoundError):
            lost.append(name)

    threads = [threading.Thread(target=act, args=pair) for pair in zip(desks, PEOPLE, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, lost


@pytest.mark.parametrize(
    "action", [Acknowledge(0), Claim(0), Handoff(0, "cleo"), Snooze(0, 60), Close(0)], ids=lambda action: action.name
)
def test_of_two_people_exactly_one_succeeds(
    desks: list[LocalOperations], store: Store, clock: FakeClock, action: AlertAction
) -> None:
    for number in range(1, ROUNDS + 1):
        fired = episode(clock.now(), subject=f"api-{number}")
        event = AlertEvent("fired", clock.now(), fired.state, fired.severity, fired.message)
        with store.transaction(durable=True) as writes:
            saved = record(writes, EpisodeChange(fired, (event,)))
        assert saved.id is not None
        won, lost = race(desks, replace(action, alert_id=saved.id, expected_version=saved.version))
        assert (len(won), len(lost)) == (1, 1)
        with store.read() as reads:
            entries, events = audit_entries(reads), reads.alerts.events(saved.id)
        assert (entries[0].actor, len(entries)) == (won[0], number)
        assert {each.actor for each in events[1:]} == {won[0]}


def test_of_two_people_who_end_a_silence_or_work_exactly_one_succeeds(
    desks: list[LocalOperations], clock: FakeClock
) -> None:
    for _ in range(ROUNDS):
        silence = desks[0].act(AddSilence("release", ("backend-api",), for_=60))
        desks[1].act(AddMaintenance("disks", ("backend-api",), for_=60))
        for action in (EndSilence(silence.id), EndMaintenance("disks")):
            won, lost = race(desks, action)
            assert (len(won), len(lost)) == (1, 1), action
        ended = next(each for each in desks[0].silences(ended=True) if each.id == silence.id)
        assert ended.ended_by in PEOPLE
        clock.advance(1)
