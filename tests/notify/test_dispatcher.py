"""What is committed is sent: once, in order, and again until it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from support.outbox import AT_ONCE, FakeChannel, alert, tell, until

from amt_console.alerts import DeliveryReading
from amt_console.clock import Clock, SystemClock
from amt_console.model.notifications import Message, NoticeKind
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.settings import AllDelivery, DeliverySettings
from amt_console.store import Store, alert_decisions, audit_entries, deliveries

CLOCK = SystemClock()


@asynccontextmanager
async def dispatching(
    store: Store,
    *channels: FakeChannel,
    settings: DeliverySettings = AT_ONCE,
    clock: Clock = CLOCK,
    readings: list[DeliveryReading] | None = None,
) -> AsyncIterator[Dispatcher]:
    """A dispatcher that runs; at the end it is stopped."""
    seen = readings if readings is not None else []
    dispatcher = Dispatcher(
        {channel.name: channel for channel in channels},
        settings=AllDelivery(settings),
        store=store,
        clock=clock,
        on_reading=seen.append,
    )
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        dispatcher.stop()
        await asyncio.wait_for(task, 10)


def states(store: Store, **which: object) -> list[str]:
    with store.read() as reads:
        return [f"{each.kind} {each.state}" for each in reversed(deliveries(reads, **which))]  # type: ignore[arg-type]


@pytest.mark.slow
async def test_a_page_and_its_end_are_sent_once_and_marked(store: Store) -> None:
    ops = FakeChannel()
    async with dispatching(store, ops) as dispatcher:
        episode = tell(store, alert(clock=CLOCK), clock=CLOCK)
        dispatcher.wake()
        (page,) = await ops.until(1)
        await until(lambda: states(store) == ["fired delivered"])
        tell(store, episode, NoticeKind.RESOLVED, clock=CLOCK)
        dispatcher.wake()
        _, end = await ops.until(2)
    assert (page.kind, page.notices[0].alert_id, page.notices[0].message) == ("fired", episode.id, "api is down")
    assert (end.kind, end.notices[0].state) == ("resolved", "resolved")
    assert states(store) == ["fired delivered", "resolved delivered"]
    with store.read() as reads:
        newest = deliveries(reads)[0]
    assert [attempt.status for attempt in newest.attempts] == ["delivered"]
    assert newest.delivered_at is not None


async def test_a_failed_attempt_is_repeated_under_the_same_number(store: Store) -> None:
    async def refuse(message: Message) -> None:
        if len(ops.tries) < 4:
            raise DeliveryError(FailureReason.SERVER_ERROR, "500 internal error", retry=True)

    ops = FakeChannel(answer=refuse)
    async with dispatching(store, ops):
        tell(store, alert(clock=CLOCK), clock=CLOCK)
        await ops.until(1)
    assert {message.id for message in ops.tries} == {1}
    with store.read() as reads:
        (row,) = deliveries(reads)
    assert [attempt.status for attempt in row.attempts] == ["serverError"] * 3 + ["delivered"]


async def test_a_permanent_failure_is_dead_and_its_end_is_cancelled(store: Store) -> None:
    async def refuse(message: Message) -> None:
        raise DeliveryError(FailureReason.CLIENT_ERROR, "410 gone")

    ops, other = FakeChannel(answer=refuse), FakeChannel("other")
    readings: list[DeliveryReading] = []
    async with dispatching(store, ops, other, readings=readings):
        episode = tell(store, alert(clock=CLOCK), clock=CLOCK, channels=("ops", "other"))
        await until(lambda: states(store, channel="ops") == ["fired dead"])
        await other.until(1)
        tell(store, episode, NoticeKind.RESOLVED, clock=CLOCK, channels=("ops", "other"))
        await other.until(2)
        await until(lambda: states(store, channel="ops")[1] == "resolved cancelled")
    assert [each.kind for each in other.sent] == ["fired", "resolved"]
    assert len(ops.tries) == 1, "what was never announced is not declared over"
    told = {each.channel: (each.delivered, each.critical, each.error) for each in readings}
    assert told == {"ops": (False, True, "410 gone"), "other": (True, False, None)}
    assert len(readings) == 2, "only a change is told"
    with store.read() as reads:
        assert "its page was not delivered" in deliveries(reads, channel="ops")[0].reason
        (decision,) = alert_decisions(reads, episode.id or 0)
    assert decision.reason.startswith("resolved was not sent: its page was not delivered")


async def test_an_end_that_comes_before_its_page_is_delivered_becomes_one_message(store: Store) -> None:
    working = asyncio.Event()

    async def refuse(message: Message) -> None:
        if not working.is_set():
            raise DeliveryError(FailureReason.NETWORK, "no route", retry=True)

    ops, machine = FakeChannel(answer=refuse), FakeChannel("machine", groups=False, answer=refuse)
    async with dispatching(store, ops, machine):
        episode = tell(store, alert(clock=CLOCK), clock=CLOCK, channels=("ops", "machine"))
        await until(lambda: bool(ops.tries) and bool(machine.tries))
        tell(store, episode, NoticeKind.RESOLVED, clock=CLOCK, channels=("ops", "machine"))
        await until(lambda: ops.tries[-1].id == 3)
        working.set()
        await machine.until(2)
        (merged,) = await ops.until(1)
    assert (merged.kind, merged.id) == ("resolved", 3), "a receiver that got the page drops nothing that is new"
    assert merged.reason.startswith("fired and recovered; it was not delivered for")
    assert [each.kind for each in machine.sent] == ["fired", "resolved"]
    assert states(store, channel="ops") == ["fired delivered", "resolved delivered"]


async def test_a_slow_receiver_delays_nobody_else(store: Store) -> None:
    async def hang(message: Message) -> None:
        await asyncio.Event().wait()

    slow, quick = FakeChannel("slow", answer=hang), FakeChannel("quick")
    async with dispatching(store, slow, quick) as dispatcher:
        for number in range(5):
            tell(store, alert(f"s{number}", clock=CLOCK), clock=CLOCK, channels=("slow", "quick"))
        dispatcher.wake()
        await quick.until(1)
        await until(lambda: states(store, channel="quick").count("fired delivered") == 5)
        await until(lambda: len(slow.tries) == 1)
    assert states(store, channel="slow") == ["fired queued"] * 5, "what could not be sent stays queued"


async def test_what_was_cut_off_is_sent_again_as_it_was(store: Store) -> None:
    async def hang(message: Message) -> None:
        await asyncio.Event().wait()

    first, second = FakeChannel(answer=hang), FakeChannel()
    async with dispatching(store, first):
        for number in range(3):
            tell(store, alert(f"s{number}", clock=CLOCK), clock=CLOCK)
        await until(lambda: bool(first.tries))
    async with dispatching(store, second):
        tell(store, alert("later", clock=CLOCK), clock=CLOCK)
        await until(lambda: states(store) == ["fired delivered"] * 4)
    again = second.sent[0]
    assert again.id == first.tries[0].id
    assert [each.alert_id for each in again.notices] == [each.alert_id for each in first.tries[0].notices]


async def test_rows_of_a_removed_channel_are_cancelled_and_audited(store: Store) -> None:
    async def refuse(message: Message) -> None:
        raise DeliveryError(FailureReason.NETWORK, "no route", retry=True)

    old, kept = FakeChannel("old", answer=refuse), FakeChannel("kept")
    async with dispatching(store, old, kept) as dispatcher:
        tell(store, alert(clock=CLOCK), clock=CLOCK, channels=("old", "kept"))
        await until(lambda: bool(old.tries))
        replacement = FakeChannel("kept")
        dispatcher.use({"kept": replacement}, AllDelivery(AT_ONCE))
        await until(lambda: states(store, channel="old") == ["fired cancelled"])
        tell(store, alert("web", clock=CLOCK), clock=CLOCK, channels=("kept",))
        await replacement.until(1)
        await until(lambda: old.closed and kept.closed)
    with store.read() as reads:
        (entry,) = audit_entries(reads)
    assert (entry.action, entry.subject, entry.detail["cancelled"]) == ("cancel messages", "channel old", 1)


@pytest.mark.slow
async def test_two_dispatchers_share_the_rows_of_a_channel(store: Store) -> None:
    with Store.open(store.url, clock=CLOCK) as second:
        mine, theirs = FakeChannel(groups=False), FakeChannel(groups=False)
        async with dispatching(store, mine):
            other = Dispatcher({"ops": theirs}, settings=AllDelivery(AT_ONCE), store=second, clock=CLOCK, cancels=False)
            other._outbox.take_over = _nothing  # type: ignore[method-assign]
            task = asyncio.create_task(other.run())
            episodes = [tell(store, alert(f"s{number}", clock=CLOCK), clock=CLOCK) for number in range(60)]
            for episode in episodes:
                tell(store, episode, NoticeKind.RESOLVED, clock=CLOCK)
            await until(lambda: all(state.endswith("delivered") for state in states(store)), 30)
            other.stop()
            await task
    sent = [message.id for message in mine.sent + theirs.sent]
    assert len(sent) == len(set(sent)) == 120
    with store.read() as reads:
        rows = {row.id: row for row in deliveries(reads)}
    for episode in episodes:
        page, end = (row for row in rows.values() if row.alert_id == episode.id)
        page, end = sorted((page, end), key=lambda row: row.id)
        assert page.delivered_at is not None
        assert end.delivered_at is not None
        assert page.delivered_at <= end.delivered_at


async def _nothing() -> None:
    return
