"""A thousand alerts at the same time: grouped, capped, none lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support.clocks import SkippingClock
from support.outbox import AT_ONCE, FakeChannel, alert, notice, until

from amt_console.model import EpisodeChange, Severity
from amt_console.model.notifications import NoticeKind, OutboxEntry
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.limits import Rate
from amt_console.notify.settings import AllDelivery, DeliverySettings
from amt_console.store import Store, alert_decisions, deliveries, delivery_counts, record

pytestmark = [pytest.mark.slow, pytest.mark.waits]

ALERTS = 1000


def storm(store: Store, clock: SkippingClock, channels: tuple[str, ...], severity: Severity) -> None:
    for start in range(0, ALERTS, 100):
        with store.transaction(durable=True) as writes:
            for number in range(start, start + 100):
                episode, now = alert(f"s{number}", severity, clock=clock), clock.now()
                entries = tuple(
                    OutboxEntry(name, name, NoticeKind.FIRED, "it fired", now, notice(episode)) for name in channels
                )
                record(writes, EpisodeChange(episode, outbox=entries))


async def test_a_thousand_critical_alerts_are_a_few_messages(store: Store) -> None:
    clock = SkippingClock()
    people, machine = FakeChannel("people"), FakeChannel("machine", groups=False)
    settings = DeliverySettings(groups=GroupTimes(0.2, 0.1, 0.2), rate=Rate(1e6, 10**6))
    storm(store, clock, ("people", "machine"), Severity.CRITICAL)
    dispatcher = Dispatcher(
        {"people": people, "machine": machine}, settings=AllDelivery(settings), store=store, clock=clock
    )
    task = asyncio.create_task(dispatcher.run())
    await until(lambda: len(machine.sent) >= ALERTS, 240)
    await until(lambda: counts(store) == {("people", "delivered"): ALERTS, ("machine", "delivered"): ALERTS}, 60)
    dispatcher.stop()
    await task
    told = {each.alert_id for message in people.sent for each in message.notices}
    assert len(told) == ALERTS
    assert len(people.sent) <= 12
    assert len({message.notices[0].alert_id for message in machine.sent}) == len(machine.sent) == ALERTS


async def test_what_is_over_the_hourly_cap_becomes_one_digest_and_critical_pages_go(store: Store) -> None:
    clock = SkippingClock()
    people = FakeChannel("people")
    dispatcher = Dispatcher(
        {"people": people}, settings=AllDelivery(replace(AT_ONCE, hourly_cap=5)), store=store, clock=clock
    )
    storm(store, clock, ("people",), Severity.WARNING)
    task = asyncio.create_task(dispatcher.run())
    await people.until(5, 60)
    await until(lambda: counts(store).get(("people", "delivered")) == 500, 60)
    with store.transaction(durable=True) as writes:
        critical = alert("backend", clock=clock)
        entry = OutboxEntry("people", "people", NoticeKind.FIRED, "it fired", clock.now(), notice(critical))
        record(writes, EpisodeChange(critical, outbox=(entry,)))
    dispatcher.wake()
    await until(lambda: people.sent[-1].notices[0].severity is Severity.CRITICAL)
    assert len(people.sent) == 6
    clock.skip(3601)
    dispatcher.wake()
    await until(lambda: people.sent[-1].kind is NoticeKind.DIGEST, 60)
    dispatcher.stop()
    await task
    assert len(people.sent) == 7
    assert (people.sent[-1].text or "").startswith("500 further alerts, over the cap of 5 messages an hour\nWARNING s5")
    assert counts(store) == {("people", "delivered"): 502, ("people", "suppressed"): 500}
    with store.read() as reads:
        held = next(row for row in deliveries(reads, limit=2000) if row.state == "suppressed")
        why = alert_decisions(reads, held.alert_id or 0)
        told = alert_decisions(reads, 1)
    assert "part of a digest" in held.reason
    assert [(each.stage, each.outcome) for each in why] == [("limit", "suppressed")]
    assert [each.reason for each in told] == ["sent in one message with 99 other alerts"]


def counts(store: Store) -> dict[tuple[str, str], int]:
    with store.read() as reads:
        return delivery_counts(reads)
