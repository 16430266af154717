"""Dispatchers that are killed: ``main`` with ``DATABASE FOLDER KILLS SEED``.

Each child queues pages and ends, sends them, and dies by SIGKILL right after a send, before it is marked, or at any
moment. What a receiver gets is one line in a file of its channel. The last child lives until everything is delivered.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from support.outbox import AT_ONCE, FakeChannel, alert, tell

from amt_console.clock import SystemClock
from amt_console.model import AlertState
from amt_console.model.notifications import Message, NoticeKind
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.settings import AllDelivery
from amt_console.store import Store, waiting_channels

CLOCK = SystemClock()
CHANNELS = ("people", "machine")


class Receiver(FakeChannel):
    """Keeps a line of each message, and may die behind it."""

    def __init__(self, name: str, folder: Path, lives: int) -> None:
        super().__init__(name, groups=name == "people")
        self._file = os.open(folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._lives = lives

    async def send(self, message: Message) -> None:
        told = [[notice.alert_id, notice.state] for notice in message.notices]
        os.write(self._file, (json.dumps({"by": os.getpid(), "id": message.id, "told": told}) + "\n").encode())
        self._lives -= 1
        if self._lives == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.sleep(0)


def queue(store: Store, chance: random.Random) -> None:
    """Some new alerts, and the end of some open ones."""
    with store.read() as reads:
        firing = [each for each in reads.alerts.open() if each.state is AlertState.FIRING]
    for _ in range(3):
        tell(store, alert(f"s{chance.random()}", clock=CLOCK), clock=CLOCK, channels=CHANNELS)
    for episode in chance.sample(firing, min(len(firing), chance.randint(0, 2))):
        tell(store, replace(episode), NoticeKind.RESOLVED, clock=CLOCK, channels=CHANNELS)


async def send(store: Store, folder: Path, lives: int) -> None:
    """Send until killed; with endless lives until nothing is left."""
    channels = {name: Receiver(name, folder, lives) for name in CHANNELS}
    dispatcher = Dispatcher(channels, settings=AllDelivery(AT_ONCE), store=store, clock=CLOCK)
    task = asyncio.create_task(dispatcher.run())
    while lives >= 0 or something_waits(store):  # noqa: ASYNC110 - a receiver kills the process
        await asyncio.sleep(0.01)
    dispatcher.stop()
    await task


def something_waits(store: Store) -> bool:
    with store.read() as reads:
        return bool(waiting_channels(reads))


def child(url: str, folder: Path, chance: random.Random, *, last: bool) -> None:
    """One dispatcher."""
    with Store.open(url, clock=CLOCK) as store:
        queue(store, chance)
        # Not at the first message, which may be the repeated one of the child before.
        asyncio.run(send(store, folder, -1 if last else chance.randint(2, 3)))


def main() -> None:
    """Fork, because it takes long to import everything."""
    url, folder, kills = f"sqlite:///{sys.argv[1]}", Path(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(int(sys.argv[4]))
    for number in range(kills + 1):
        seed, last = chance.random(), number == kills
        if (pid := os.fork()) == 0:
            child(url, folder, random.Random(seed), last=last)
            os._exit(0)
        # Most die by themselves between a send and its mark, the others at any moment.
        until = time.monotonic() + (chance.uniform(0.02, 0.4) if number % 5 == 0 else 30)
        while os.waitpid(pid, 0 if last else os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                break
            time.sleep(0.002)
