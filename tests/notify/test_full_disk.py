"""A disk that is really full: pages go out all the same, flagged, and are noted when there is room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from support.fair_time import fair_time
from support.monitored import KEY, settings
from support.outbox import AT_ONCE, FakeChannel, alert, tell
from support.outbox import until as wait_until
from support.platform import serving
from support.small_disk import small_disk
from support.stores import result

from amt_console.clock import SystemClock
from amt_console.model.notifications import Delivery
from amt_console.monitor.thread import EngineThread
from amt_console.notify.direct import FLAG
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.settings import AllDelivery
from amt_console.notify.thread import DispatcherThread
from amt_console.store import Keyring, Store, StoreFull, deliveries

pytestmark = pytest.mark.slow

CLOCK = SystemClock()
AWHILE = timedelta(seconds=2)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = fair_time() + seconds
    while not condition():
        assert fair_time() < end
        time.sleep(0.02)


@pytest.mark.parametrize("recovers", [False, True], ids=["lasts", "recovers-meanwhile"])
def test_pages_are_sent_without_the_database_and_noted_when_there_is_room(tmp_path: Path, recovers: bool) -> None:
    people, machine = FakeChannel("people"), FakeChannel("machine", groups=False)
    with serving() as platform, small_disk(tmp_path / "disk", megabytes=6) as disk:
        url = f"sqlite:///{disk.folder / 'monitoring.db'}"
        configured = settings(
            {
                "services": [{"name": "web", "url": platform.url, "interval": 1}],
                "retention": {"least_free_mib": 0},
                "channels": [
                    {"name": name, "type": "webhook", "url": "https://receiver.example/hook"}
                    for name in ("people", "machine")
                ],
            }
        )
        with Store.open(url, clock=CLOCK, keys=Keyring(KEY)) as store:
            dispatcher = DispatcherThread(
                settings=configured,
                store=store,
                clock=CLOCK,
                channels=lambda _: {"people": people, "machine": machine},
                delivery=AllDelivery(AT_ONCE),
            )
            engine = EngineThread(
                settings=configured,
                store=store,
                store_url=url,
                clock=CLOCK,
                on_change=dispatcher.wake,
                on_unstored=dispatcher.page_directly,
            )
            engine.start()
            dispatcher.start()
            try:
                until(lambda: engine.status.probes_run > 3)
                disk.fill()
                until(lambda: "full" in (engine.status.store_error or ""))
                platform.status = 503
                until(lambda: about(people) == ["fired firing"] and about(machine) == ["fired firing"])
                assert people.sent[0].reason.endswith(FLAG)
                assert people.sent[0].id > 10**12, "no number of a row"
                if recovers:
                    platform.status = 200
                    until(lambda: about(people)[-1] == about(machine)[-1] == "resolved resolved")
                disk.make_room()
                until(lambda: engine.status.store_error is None)
                if recovers:
                    until(lambda: not states(store) or {state for _, state in states(store)} == {"delivered"})
                    assert about(people) == ["fired firing", "resolved resolved"]
                    assert about(machine)[-1] == "resolved resolved"
                    return
                until(lambda: states(store) == {("people", "delivered"), ("machine", "delivered")})
                with store.read() as reads:
                    noted = deliveries(reads, channel="people")[0]
                assert noted.reason.endswith(FLAG)
                assert about(people) == ["fired firing"], "it is not sent a second time"
                assert about(machine) == ["fired firing", "resolved resolved", "fired firing"]
                temporary, over, stored = (message.notices[0].alert_id for message in machine.sent)
                assert temporary == over < 0 < stored == noted.alert_id
                platform.status = 200
                until(lambda: about(people)[-1] == about(machine)[-1] == "resolved resolved")
            finally:
                engine.stop()
                dispatcher.stop()
    assert len(people.sent) == 2


def about(channel: FakeChannel) -> list[str]:
    return [
        f"{message.kind} {message.notices[0].state}"
        for message in list(channel.sent)
        if message.notices and message.notices[0].subject == "web" and message.notices[0].rule == "service_down"
    ]


def states(store: Store) -> set[tuple[str, str]]:
    with store.read() as reads:
        return {(row.channel, row.state.value) for row in deliveries(reads) if row.subject == "web"}


async def test_what_was_stored_before_the_disk_was_full_is_sent_once_and_noted_later(tmp_path: Path) -> None:
    people = FakeChannel("people")
    with small_disk(tmp_path / "disk", megabytes=6) as disk:
        url = f"sqlite:///{disk.folder / 'monitoring.db'}"
        with Store.open(url, clock=CLOCK) as store:
            tell(store, alert(clock=CLOCK), clock=CLOCK, channels=("people",))
            due = CLOCK.now() + AWHILE
            tell(store, alert("later", clock=CLOCK), clock=CLOCK, channels=("people",), not_before=due)
            store.checkpoint(truncate=True)
            disk.fill()
            with pytest.raises(StoreFull), store.transaction() as writes:
                writes.add_results([result(f"s{number}") for number in range(2000)])
            dispatcher = Dispatcher({"people": people}, settings=AllDelivery(AT_ONCE), store=store, clock=CLOCK)
            task = asyncio.create_task(dispatcher.run())
            await wait_until(lambda: CLOCK.now() > due)
            await people.until(2, 30)
            assert {row.state for row in log(store)} <= {"queued"}, "nothing could be noted"
            disk.make_room()
            await wait_until(lambda: all(row.state == "delivered" for row in log(store)), 30)
            dispatcher.stop()
            await task
    assert [(message.kind, message.notices[0].subject) for message in people.sent] == [
        ("fired", "api"),
        ("fired", "later"),
    ]


def log(store: Store) -> tuple[Delivery, ...]:
    with store.read() as reads:
        return deliveries(reads)
