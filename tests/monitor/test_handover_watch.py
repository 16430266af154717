"""The monitor sends each hand-over summary exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.operations import API, probe
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import ChannelType
from amt_console.model.policy import ChannelFacts, Policies, Rota, RotaOverride
from amt_console.monitor.buffer import Collected
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.store import Store
from amt_console.store.outbox import queue
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.policies.stored import add_override
from amt_console.store.schema import table

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as opened:
        yield opened


@pytest.fixture
def ruleset(clock: FakeClock) -> Ruleset:
    """The shift changes in an hour."""
    channels = {name: ChannelFacts(name, ChannelType.SLACK) for name in ("chat", "mail")}
    rota = Rota("oncall", ("Ada", "Grace"), 86400.0, clock.now() - 23 * HOUR, summary=("chat", "mail"))
    return replace(build_ruleset(Settings(), [API]), policies=Policies(channels=channels, rotas={"oncall": rota}))


def told(store: Store) -> list[tuple[str, str]]:
    with store.read() as reads:
        rows = list(reads._connection.execute(select(table(OutboxRow))))
        texts = [
            queue.payload_of(store.keys.open(queue.payload_cell(row.dedup_key), row.payload) or "").text for row in rows
        ]
    return [(row.channel, (text or "").splitlines()[0]) for row, text in zip(rows, texts, strict=True)]


def work(recorder: Recorder, clock: FakeClock, *, seconds: float, step: float = 10.0) -> None:
    for _ in range(int(seconds / step)):
        clock.advance(step)
        recorder.write([Collected(probe(API, clock.now()), clock.instant())])


def test_a_handover_is_told_once_on_every_channel(store: Store, clock: FakeClock, ruleset: Ruleset) -> None:
    recorder = Recorder(store=store, ruleset=ruleset, clock=clock)
    work(recorder, clock, seconds=3590)
    assert told(store) == []
    work(recorder, clock, seconds=300)
    assert [channel for channel, _ in told(store)] == ["chat", "mail"]
    assert {text for _, text in told(store)} == {"Grace is on call (oncall) until Tue 13:00 after Ada"}


def test_a_handover_while_no_monitor_ran_is_told_by_the_next_one_once(
    store: Store, clock: FakeClock, ruleset: Ruleset
) -> None:
    work(Recorder(store=store, ruleset=ruleset, clock=clock), clock, seconds=600)
    clock.advance(2 * 3600)
    for _ in range(2):
        work(Recorder(store=store, ruleset=ruleset, clock=clock), clock, seconds=30)
    assert len(told(store)) == 2


def test_a_new_database_tells_nothing_of_the_past(store: Store, clock: FakeClock, ruleset: Ruleset) -> None:
    clock.advance(3 * 3600)
    work(Recorder(store=store, ruleset=ruleset, clock=clock), clock, seconds=60)
    assert told(store) == []


def test_a_shift_that_somebody_took_a_moment_ago_is_told(store: Store, clock: FakeClock, ruleset: Ruleset) -> None:
    recorder = Recorder(store=store, ruleset=ruleset, clock=clock)
    work(recorder, clock, seconds=60)
    with store.transaction() as writes:
        begin = clock.now() - timedelta(seconds=5)
        add_override(writes._connection, RotaOverride("Grace", begin, begin + HOUR / 2), at=begin)
    work(recorder, clock, seconds=300)
    assert [text for channel, text in told(store) if channel == "chat"] == [
        "Grace is on call (oncall) until 12:30 after Ada"
    ]


def test_a_handover_is_stored_durably(
    store: Store, clock: FakeClock, ruleset: Ruleset, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(store=store, ruleset=ruleset, clock=clock)
    work(recorder, clock, seconds=3590)
    began: list[bool] = []
    transaction = store.transaction

    def noted(*, durable: bool = False, **options: object) -> object:
        began.append(durable)
        return transaction(durable=durable, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "transaction", noted)
    work(recorder, clock, seconds=10)
    assert told(store)
    assert began == [False, True], "a message may not be lost with the power"
