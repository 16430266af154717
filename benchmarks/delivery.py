"""Delivery: how soon a page leaves after the probe that confirms an outage, and how fast a long queue is sent.

Services and receivers are one HTTP server on a thread of this process, so that both clocks are one.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import AlertState, AlertType, Episode, EpisodeChange, Severity
from amt_console.model.notifications import Notice, NoticeKind, OutboxEntry
from amt_console.monitor.thread import EngineThread
from amt_console.notify.channels.factory import channels_of
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.limits import Rate
from amt_console.notify.settings import AllDelivery, DeliverySettings
from amt_console.runtime.dispatching import dispatcher_of
from amt_console.store import Store, record, waiting_channels
from benchmarks.figure import Figure, text_table

CONFIRMING = 3
"""Failing probes that confirm an outage."""
TARGET_SECONDS = 1.0
RECEIVER_SECONDS = 0.005
TARGET_RATIO = 2.0
CLOCK = SystemClock()


class Place:
    """Services under ``/service/N`` and a receiver under ``/hook``."""

    def __init__(self, wait: float = 0.0) -> None:
        self.down: set[str] = set()
        self.confirmed: dict[str, float] = {}
        """When the answer that confirms an outage was given, by service."""
        self.paged: dict[str, float] = {}
        """When the first byte of a page arrived, by service."""
        self.received = 0
        self.changed = threading.Condition()
        self.port = 0
        self._wait = wait
        self._failures: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                at = time.perf_counter()
                length = re.search(rb"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                path = head.split(b" ", 2)[1].decode()
                status = await self._hook(body, at) if path == "/hook" else self._service(path.rsplit("/", 1)[-1])
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok" % status)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _service(self, name: str) -> int:
        if name not in self.down:
            return 200
        self._failures[name] += 1
        if self._failures[name] == CONFIRMING:
            self.confirmed[name] = time.perf_counter()
        return 503

    async def _hook(self, body: bytes, at: float) -> int:
        if self._wait:
            await asyncio.sleep(self._wait - (time.perf_counter() - at))
        names = [alert["labels"]["service"] for alert in json.loads(body)["alerts"]] if not self._wait else []
        with self.changed:
            self.received += 1
            for name in names:
                self.paged.setdefault(name, at)
            self.changed.notify_all()
        return 200


@contextmanager
def serving(place: Place) -> Iterator[None]:
    """The server on its thread."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def begin() -> None:
        server = await asyncio.start_server(place.serve, "127.0.0.1", 0)
        place.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)


def configured(place: Place, services: int) -> Settings:
    """A webhook channel, and services that are probed every second."""
    base = f"http://127.0.0.1:{place.port}"
    return Settings.model_validate(
        {
            "services": [{"name": f"s{n}", "url": f"{base}/service/s{n}", "interval": 1} for n in range(services)],
            "recheck": [0.05, 0.05],
            "channels": [{"name": "hook", "type": "webhook", "url": f"{base}/hook"}],
            "notify": {"allow_private": ["127.0.0.1"], "group_wait": 0.1, "hourly_cap": 10_000},
        }
    )


def figures(quick: bool) -> list[Figure]:
    """Both."""
    return [*page_delays(10 if quick else 60), *drained(1_000 if quick else 10_000)]


def page_delays(samples: int) -> list[Figure]:
    """One outage after the other, each the first page of a quiet channel."""
    place = Place()
    with serving(place), tempfile.TemporaryDirectory() as folder:
        settings, url = configured(place, samples), f"sqlite:///{Path(folder) / 'monitoring.db'}"
        with Store.open(url, clock=CLOCK) as store:
            dispatcher = dispatcher_of(settings, store, url, CLOCK)
            engine = EngineThread(settings=settings, store=store, store_url=url, clock=CLOCK, on_change=dispatcher.wake)
            engine.start()
            dispatcher.start()
            time.sleep(3.0)
            for number in range(samples):
                name = f"s{number}"
                place.down.add(name)
                with place.changed:
                    assert place.changed.wait_for(lambda name=name: name in place.paged, 30), name
                time.sleep(0.2)
            engine.stop()
            dispatcher.stop()
    delays = sorted(place.paged[name] - place.confirmed[name] for name in place.paged)
    worst = delays[min(len(delays) - 1, int(0.99 * len(delays)))]
    name = "from the probe that confirms an outage to the receiver's socket, first page of a quiet channel, p99"
    return [
        Figure(name, worst, "s", target=TARGET_SECONDS, note=f"of {samples}"),
        Figure("  median", statistics.median(delays), "s"),
    ]


def drained(messages: int) -> list[Figure]:
    """A queue for a receiver that takes a while for each message, without limits and groups."""
    place = Place(RECEIVER_SECONDS)
    with serving(place), tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'monitoring.db'}"
        with Store.open(url, clock=CLOCK) as store:
            fill(store, messages)
            seconds, queued = asyncio.run(drain(store, configured(place, 0)))
    assert place.received == messages
    own = messages * RECEIVER_SECONDS
    name = f"{messages:,} queued messages to a receiver that takes 5 ms, ratio to the receiver's own time"
    return [
        Figure(name, seconds / own, "x", target=TARGET_RATIO, note=f"waited {queued:.0f} s of it for a processor"),
        Figure("  of that for each message", seconds / messages * 1e3, "ms"),
    ]


def fill(store: Store, messages: int) -> None:
    """Queue pages of as many alerts."""
    with store.transaction(durable=True) as writes:
        for number in range(messages):
            now = CLOCK.now()
            words = (f"s{number}", f"s{number} is down")
            notice = Notice(
                0, 0, AlertType.SERVICE_DOWN, Severity.CRITICAL, *words, state=AlertState.FIRING, opened_at=now
            )
            entry = OutboxEntry("hook", "hook", NoticeKind.FIRED, "it fired", now, notice)
            episode = Episode(
                rule_id="service_down",
                subject=words[0],
                alert_type=AlertType.SERVICE_DOWN,
                severity=Severity.CRITICAL,
                message=words[1],
                state=AlertState.FIRING,
                opened_at=now,
            )
            record(writes, EpisodeChange(episode, outbox=(entry,)))


async def drain(store: Store, settings: Settings) -> tuple[float, float]:
    """Seconds until nothing waits, and how many of them this process waited for a processor."""
    (channel,) = channels_of(settings, clock=CLOCK, instance="benchmark").values()
    alone = _Alone(channel)
    delivery = DeliverySettings(groups=GroupTimes(0, 0, 0), hourly_cap=0, rate=Rate(1e9, 10**9))
    dispatcher = Dispatcher({"hook": alone}, settings=AllDelivery(delivery), store=store, clock=CLOCK)
    begin, queued = time.perf_counter(), queued_seconds()
    task = asyncio.create_task(dispatcher.run())
    while True:
        await asyncio.sleep(0.25)
        with store.read() as reads:
            if not waiting_channels(reads):
                break
    seconds, queued = time.perf_counter() - begin, queued_seconds() - queued
    dispatcher.stop()
    await task
    return seconds, queued


def queued_seconds() -> float:
    """How long the threads of this process have waited for a processor. It may be at the same time."""
    waits = (path.read_text("ascii").split()[1] for path in Path("/proc/self/task").glob("*/schedstat"))
    return sum(map(int, waits)) / 1e9


class _Alone:
    """A channel that takes one alert a message."""

    groups = False

    def __init__(self, channel: object) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)


if __name__ == "__main__":
    print(text_table(figures(quick=True)))
