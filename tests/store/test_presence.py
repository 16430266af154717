"""Presence on a server's database, shared between processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, text

from amt_console.clock import SystemClock
from amt_console.model import PresentPerson
from amt_console.runtime.presence import who_is_present
from amt_console.store import Store
from amt_console.store.cluster.presence import GONE_AFTER, PresenceBoard

pytestmark = pytest.mark.postgres
ANN = PresentPerson("ann", datetime(2026, 1, 5, 3, 0, tzinfo=UTC), "pid 1", may_monitor=True)
BOB = PresentPerson("bob", datetime(2026, 1, 5, 2, 0, tzinfo=UTC), "192.0.2.7")


@pytest.fixture
def engine(new_schema: str) -> Iterator[Engine]:
    engine = create_engine(new_schema)
    yield engine
    engine.dispose()


@pytest.fixture
def store(new_schema: str, engine: Engine) -> Iterator[Store]:
    with closing(Store.open(new_schema, clock=SystemClock())) as store:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM presence"))
        yield store


def test_each_sees_the_people_of_the_others_until_they_leave(store: Store) -> None:
    with_store = [PresenceBoard(store), PresenceBoard(store)]
    one, other = with_store
    one.pin([ANN])
    other.pin([BOB])
    assert one.others() == (BOB,)
    assert other.others() == (ANN,)
    assert who_is_present(store) == (BOB, ANN), "longest first"
    other.leave()
    assert one.others() == ()
    for board in with_store:
        board.close()


def test_who_was_not_heard_of_for_a_while_is_gone_and_another_host_is_named(store: Store, engine: Engine) -> None:
    board = PresenceBoard(store)
    board.pin([ANN])
    with engine.begin() as connection:
        connection.execute(text("UPDATE presence SET host = 'ops-2'"))
    assert [person.place for person in who_is_present(store)] == ["pid 1 on ops-2"]
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE presence SET seen_at = clock_timestamp() - make_interval(secs => :seconds)"),
            {"seconds": GONE_AFTER + 1},
        )
    assert who_is_present(store) == ()
    board.close()


@pytest.mark.parametrize(
    "people", ["no json", "[{}]", "7", '[{"name": "x", "since": 1, "place": "", "may_monitor": 0}]']
)
def test_what_cannot_be_read_names_nobody(store: Store, engine: Engine, people: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO presence (process, host, people, seen_at) VALUES ('x', 'y', :people, clock_timestamp())"),
            {"people": people},
        )
    assert who_is_present(store) == ()
