"""What failing services answered is kept with their alerts, encrypted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from support.stores import at, episode, event

from amt_console.clock import FakeClock
from amt_console.model import AlertState, Episode, EpisodeChange, KeptAnswer
from amt_console.store import Keyring, Store, record
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

KEY = DataKey.new()


def opened(url: str, clock: FakeClock, *keys: DataKey) -> Store:
    return Store.open(url, clock=clock, keys=Keyring(keys[0] if keys else None, keys[1:]))


def keep(store: Store, answer: str | None, seconds: float, alert: Episode | None = None) -> Episode:
    happened = event("opened" if alert is None else "error_changed", seconds, AlertState.PENDING)
    with store.transaction(durable=True) as writes:
        return record(writes, EpisodeChange(alert or episode(), (happened,), answer=answer))


def answers(store: Store, alert: Episode, seconds: float | None = None) -> KeptAnswer | None:
    assert alert.id is not None
    with store.read() as reads:
        return reads.alerts.answers([alert.id], None if seconds is None else at(seconds)).get(alert.id)


def test_an_answer_is_kept_and_replaced(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, KEY) as store:
        first = keep(store, "the queue is full\nsince 12:00", 5)
        assert answers(store, first) == KeptAnswer(at(5), "the queue is full\nsince 12:00")
        same = keep(store, None, 10, first)
        assert answers(store, same) == KeptAnswer(at(5), "the queue is full\nsince 12:00")
        keep(store, "out of memory", 20, same)
        assert answers(store, first) == KeptAnswer(at(20), "out of memory")
        assert answers(store, first, 19) is None
        assert answers(store, first, 20) is not None


def test_an_alert_without_an_answer_has_none(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, KEY) as store:
        assert answers(store, keep(store, None, 0)) is None
        with store.read() as reads:
            assert reads.alerts.answers([]) == {}
            assert reads.alerts.answers(list(range(1, 2000))) == {}


def test_without_the_key_an_answer_is_unavailable_and_all_else_goes_on(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, KEY) as store:
        alert = keep(store, "the queue is full", 0)
    with opened(store_url, clock) as store:
        reason = f"it was encrypted with the data key {KEY.id}, which is not here"
        assert answers(store, alert) == KeptAnswer(at(0), None, reason)
        later = keep(store, "without a key nothing is kept", 10, alert)
        assert answers(store, alert) == KeptAnswer(at(0), None, reason)
    new = DataKey.new()
    with opened(store_url, clock, new) as store:
        keep(store, "a new key for what is new", 20, later)
        assert answers(store, alert) == KeptAnswer(at(20), "a new key for what is new")


def test_an_answer_does_not_belong_to_another_alert(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, KEY) as store:
        mine = keep(store, "mine", 0)
        with store.transaction(durable=True) as writes:
            other = record(writes, EpisodeChange(episode("web"), (event("opened", 1, AlertState.PENDING),), answer="x"))
            writes._connection.execute(
                text("UPDATE alert_answers SET answer = (SELECT answer FROM alert_answers WHERE alert_id = :mine)"),
                {"mine": mine.id},
            )
        found = answers(store, other)
        assert found is not None
        assert (found.text, found.unavailable) == (
            None,
            "it was changed since it was encrypted, or belongs to another row",
        )


@pytest.mark.parametrize("garbage", ["", "nothing", "v1:::", "v1:ab:cd:ef"])
def test_what_others_wrote_there_is_unavailable(store_url: str, clock: FakeClock, garbage: str) -> None:
    with opened(store_url, clock, KEY) as store:
        alert = keep(store, "x", 0)
        with store.transaction(durable=True) as writes:
            writes._connection.execute(text("UPDATE alert_answers SET answer = :garbage"), {"garbage": garbage})
        found = answers(store, alert)
        assert found is not None
        assert found.text is None
        assert found.unavailable


def test_an_answer_goes_with_its_alert(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, KEY) as store:
        alert = keep(store, "x", 0)
        ended = replace(alert, state=AlertState.RESOLVED, resolved_at=at(60))
        with store.transaction(durable=True) as writes:
            record(writes, EpisodeChange(ended, (event("resolved", 60, AlertState.RESOLVED),)))
        clock.advance(400 * 86_400)
        run = Retention(store, RetentionPolicy(), clock=clock)
        while run.step() is not None:
            pass
        with store.read() as reads:
            assert reads._connection.execute(text("SELECT count(*) FROM alert_answers")).scalar() == 0
