"""What the app gets from the thread that reads the terminal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual import events
from textual.message import Message

from amt_console.console.terminal.driver import ConsoleDriver


async def test_the_keys_of_one_read_arrive_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the toolkit's driver takes over ctrl+z
    arrived: list[Message] = []

    async def post(message: Message) -> None:
        arrived.append(message)

    loop = asyncio.get_running_loop()
    app = SimpleNamespace(guard=None, post_message=arrived.append, _post_message=post)
    driver = ConsoleDriver(cast(Any, app))

    def slowly() -> Iterator[Message]:
        for character in "abc":
            yield events.Key(character, character)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
            assert not arrived

    await asyncio.to_thread(driver._pass_on, slowly(), 7.0)
    await asyncio.sleep(0)
    assert [(key.key, key.time) for key in arrived if isinstance(key, events.Key)] == [("a", 7), ("b", 7), ("c", 7)]
