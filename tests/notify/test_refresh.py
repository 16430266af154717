"""Receivers that forget an alert get it again, if it was delivered before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from support.outbox import FakeChannel, alert, tell

from amt_console.clock import FakeClock
from amt_console.model.notifications import DeliveryState, Message, NoticeKind
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.outbox import Outbox
from amt_console.notify.refresh import Refresh
from amt_console.store import DeliveryMark, Store, mark_messages, waiting_messages


class Forgetful(FakeChannel):
    """A channel whose receiver must be told again every minute."""

    refresh_seconds = 60.0

    def __init__(self) -> None:
        super().__init__()
        self.told: list[list[str]] = []

    async def refresh(self, messages: Sequence[Message]) -> None:
        self.told.append([f"{each.kind} {each.notices[0].subject} {each.id}" for each in messages])


def deliver(store: Store, clock: FakeClock) -> None:
    """Everything that waits."""
    with store.transaction() as writes:
        ids = tuple(row.id for row in waiting_messages(writes, "ops"))
        mark_messages(writes, DeliveryMark(ids, DeliveryState.DELIVERED, clock.now(), "delivered"))


async def test_what_fires_is_told_again_and_its_end_for_some_minutes(store: Store) -> None:
    clock, channel = FakeClock(), Forgetful()
    refresh = Refresh(Outbox(store, clock), clock)
    api = tell(store, alert(clock=clock), clock=clock)
    web = tell(store, alert("web", clock=clock), clock=clock)
    tell(store, alert("elsewhere", clock=clock), clock=clock, channels=("mail",))
    deliver(store, clock)
    tell(store, alert("queued", clock=clock), clock=clock)

    assert await refresh.tell(channel) == 60.0
    clock.advance(10)
    tell(store, web, NoticeKind.REMINDER, clock=clock)
    tell(store, api, NoticeKind.RESOLVED, clock=clock)
    assert await refresh.tell(channel) == 50.0
    clock.advance(60)
    await refresh.tell(channel)  # the end of one is not delivered yet: it is told neither as firing nor as ended
    deliver(store, clock)
    clock.advance(60)
    await refresh.tell(channel)
    clock.advance(239)
    await refresh.tell(channel)  # for five minutes from when it was told, however late that was
    clock.advance(62)
    await refresh.tell(channel)
    assert channel.told == [
        ["fired api 1", "fired web 2"],
        ["fired web 2"],
        ["fired queued 4", "reminder web 5", "resolved api 6"],
        ["fired queued 4", "reminder web 5", "resolved api 6"],
        ["fired queued 4", "reminder web 5"],
    ]


async def test_the_link_to_acknowledge_is_told_again(store: Store) -> None:
    clock = FakeClock()
    messages: list[Message] = []

    class Keeping(Forgetful):
        async def refresh(self, told: Sequence[Message]) -> None:
            messages.extend(told)

    tell(store, alert(clock=clock), clock=clock)
    deliver(store, clock)
    refresh = Refresh(Outbox(store, clock), clock)
    await refresh.tell(Keeping(), lambda notice, receiver: f"https://amt.example/{notice.alert_id}/{receiver}")
    assert [message.acknowledge_url for message in messages] == ["https://amt.example/1/ops"]


async def test_nothing_to_tell_is_not_told_and_a_failure_is_tried_a_minute_later(store: Store) -> None:
    clock = FakeClock()
    channel, refresh = Forgetful(), Refresh(Outbox(store, clock), clock)
    await refresh.tell(channel)
    assert channel.told == []

    async def fails(messages: Sequence[Message]) -> None:
        raise DeliveryError(FailureReason.NETWORK, "no connection", retry=True)

    tell(store, alert(clock=clock, opened_at=clock.now() - timedelta(minutes=1)), clock=clock)
    deliver(store, clock)
    told, channel.refresh = channel.refresh, fails  # type: ignore[method-assign]
    clock.advance(60)
    assert await refresh.tell(channel) == 60.0
    assert refresh.fault == "no connection"
    channel.refresh = told  # type: ignore[method-assign]
    clock.advance(60)
    await refresh.tell(channel)
    assert (refresh.fault, len(channel.told)) == (None, 1)


async def test_other_channels_are_never_told_again(store: Store) -> None:
    clock = FakeClock()
    assert await Refresh(Outbox(store, clock), clock).tell(FakeChannel()) == math.inf
