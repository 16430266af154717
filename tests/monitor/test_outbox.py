"""Messages are stored in the transaction of the alert's change, by the engine and by people alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from support.planning import policies
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Acknowledge, ErrorClass, ProbeResult, Service, ServiceState
from amt_console.model.notifications import Notice
from amt_console.model.policy import Silence
from amt_console.monitor.buffer import Collected
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.operations.local import LocalOperations
from amt_console.store import Keyring, Store, StoreError, Writes
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.outbox import queue
from amt_console.store.outbox.decisions import alert_decisions
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.policies.stored import add_silence
from amt_console.store.schema import table

OUTBOX = table(OutboxRow)
SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=15.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock, keys=Keyring(DataKey.new())) as store:
        yield store


def ruleset(**changes: object) -> Ruleset:
    built = build_ruleset(Settings.model_validate({"web_app_url": "http://127.0.0.1:1"}), [SERVICE])
    return replace(built, policies=policies(**changes))


def recorder(store: Store, clock: FakeClock, **changes: object) -> Recorder:
    return Recorder(store=store, ruleset=ruleset(**changes), clock=clock)


def probe(clock: FakeClock, *, down: bool, attempt: int = 1, answer: str | None = None) -> Collected:
    result = ProbeResult(
        service="web",
        timestamp=clock.now(),
        state=ServiceState.DOWN if down else ServiceState.UP,
        interval=15.0,
        response_time_ms=None if down else 12.0,
        error_class=ErrorClass.HTTP_STATUS if down else None,
        error="got 500" if down else None,
        attempt=attempt,
        answer=None if answer is None else lambda: answer,
    )
    return Collected(result, clock.instant())


def outage(recorder: Recorder, clock: FakeClock) -> None:
    for attempt in (1, 2, 3):
        recorder.write([probe(clock, down=True, attempt=attempt, answer="\nno route to db\nmore")])
        clock.advance(1)


def recovery(recorder: Recorder, clock: FakeClock) -> None:
    for _ in range(2):
        recorder.write([probe(clock, down=False)])
        clock.advance(15)


def rows(store: Store) -> list[dict[str, Any]]:
    with store.read() as reads:
        found = reads._connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)).mappings()
        return [dict(row) for row in found]


def notice(store: Store, row: dict[str, Any]) -> Notice:
    found = queue.payload_of(store.keys.open(queue.payload_cell(row["dedup_key"]), row["payload"])).notice
    assert found is not None
    return found


def told(store: Store) -> list[tuple[str, str]]:
    return [(row["kind"], row["receiver"]) for row in rows(store)]


def test_an_outage_queues_a_page_with_its_facts(store: Store, clock: FakeClock) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    (row,) = rows(store)
    assert (row["kind"], row["channel"], row["state"], row["severity"]) == ("fired", "ops", "queued", "critical")
    assert row["payload"].parts.text is None, "it is encrypted"
    page = notice(store, row)
    assert (page.alert_id, page.subject, page.answer_line) == (row["alert_id"], "web", "no route to db")
    with store.read() as reads:
        episode = reads.alerts.open()[0]
        assert page.version == episode.version
        assert [each.reason for each in alert_decisions(reads, row["alert_id"])] == [
            "it is not confirmed yet",
            "it fired",
        ]


def test_escalation_follows_the_clock_without_any_result(store: Store, clock: FakeClock) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    clock.advance(601)
    engine.write([])
    engine.write([])
    assert told(store) == [("fired", "ops"), ("escalated", "Ada")]


def test_a_recovery_is_told_to_whom_the_outage_was_told(store: Store, clock: FakeClock) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    recovery(engine, clock)
    assert told(store) == [("fired", "ops"), ("resolved", "ops")]
    assert notice(store, rows(store)[1]).duration_seconds == pytest.approx(18.0)


def test_a_new_monitor_continues_where_the_last_one_was(store: Store, clock: FakeClock) -> None:
    outage(recorder(store, clock), clock)
    clock.advance(25 * 60)
    after = recorder(store, clock)
    after.write([])
    after.write([])
    assert told(store) == [("fired", "ops"), ("escalated", "Grace")], "one catch-up, the highest level"


def test_an_acknowledgement_is_queued_with_the_action(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    operations = LocalOperations(
        store=store,
        store_url=f"sqlite:///{tmp_path / 'm.db'}",
        settings=Settings.model_validate({"web_app_url": "http://127.0.0.1:1"}),
        targets=[SERVICE],
        clock=clock,
    )
    operations._policies = policies()
    operations.act(Acknowledge(rows(store)[0]["alert_id"]))
    assert told(store) == [("fired", "ops"), ("acknowledged", "ops")]
    clock.advance(3600)
    engine.write([])
    assert len(rows(store)) == 2


def test_a_silence_that_somebody_adds_holds_at_once(store: Store, clock: FakeClock) -> None:
    engine = recorder(store, clock)
    with store.transaction(durable=True) as writes:
        silence = Silence("move", clock.now() + timedelta(hours=1), created_by="ada", services=("web",))
        add_silence(writes._connection, silence, at=clock.now())
    outage(engine, clock)
    assert rows(store) == []
    clock.advance(3600)
    engine.write([])
    assert told(store) == [("catch_up", "ops")]


def test_nothing_is_queued_when_the_change_is_not_stored(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = recorder(store, clock)

    def fail(*args: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(Writes, "sign_of_life", lambda *args, **options: fail())
    with pytest.raises(OSError, match="no"):
        engine.write([probe(clock, down=True, attempt=1)])
    monkeypatch.undo()
    assert rows(store) == []


def test_the_same_message_cannot_be_queued_twice(store: Store, clock: FakeClock) -> None:
    outage(recorder(store, clock), clock)
    (row,) = rows(store)
    with pytest.raises(StoreError, match="dedup_key"), store.transaction(durable=True) as writes:
        writes._connection.execute(OUTBOX.insert().values({**row, "id": None}))


def test_a_page_that_fires_with_its_first_failure_tells_the_answer_of_it(store: Store, clock: FakeClock) -> None:
    built = ruleset()
    quick = replace(built, rules=tuple(replace(rule, fail=1) for rule in built.rules))
    engine = Recorder(store=store, ruleset=quick, clock=clock)
    engine.write([probe(clock, down=True, answer="pool exhausted\nmore")])
    assert notice(store, rows(store)[0]).answer_line == "pool exhausted"


def test_an_error_that_changed_tells_the_newest_answer(store: Store, clock: FakeClock) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    clock.advance(601)
    changed = probe(clock, down=True, answer="another one")
    engine.write([replace(changed, result=replace(changed.result, error_class=ErrorClass.TIMEOUT, error="timeout"))])
    assert notice(store, rows(store)[-1]).answer_line == "another one"


@pytest.mark.parametrize("readable", [True, False], ids=["readable", "nothing can be read"])
def test_pages_are_planned_while_nothing_can_be_stored(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    engine = recorder(store, clock)
    engine.write([probe(clock, down=False)])
    if not readable:

        def refuse(*_: object) -> None:
            raise StoreError("the disk is gone")

        monkeypatch.setattr(store, "read", refuse)
    for attempt in (1, 2, 3):
        engine.preview([probe(clock, down=True, attempt=attempt)])
    planned = [(entry.kind.value, entry.receiver) for entry in engine.unstored_pages.take()]
    assert planned == [("fired", "ops")]


@pytest.mark.slow
def test_a_stored_alert_escalates_while_nothing_can_be_read(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = recorder(store, clock)
    outage(engine, clock)
    clock.advance(601)

    def refuse(*_: object) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(store, "read", refuse)
    engine.preview([])
    assert [entry.receiver for entry in engine.unstored_pages.take()] == ["Ada"]
