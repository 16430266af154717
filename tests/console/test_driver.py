"""What the app gets from the thread that reads the terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual import events
from textual.message import Message

from amt_console.console.terminal.driver import ConsoleDriver
from amt_console.console.terminal.sent import Sent


def driver_for(arrived: list[Message], monkeypatch: pytest.MonkeyPatch) -> ConsoleDriver:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the toolkit's driver takes over ctrl+z

    async def post(message: Message) -> None:
        arrived.append(message)

    app = SimpleNamespace(
        guard=None,
        post_message=arrived.append,
        _post_message=post,
        _message_queue=SimpleNamespace(values=arrived),
    )
    return ConsoleDriver(cast(Any, app))


async def test_the_keys_of_one_read_arrive_together(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[Message] = []
    driver = driver_for(arrived, monkeypatch)
    loop = asyncio.get_running_loop()

    def slowly() -> Iterator[Message]:
        for character in "abc":
            yield events.Key(character, character)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
            assert not arrived

    await asyncio.to_thread(driver._pass_on, slowly(), 7.0)
    await asyncio.sleep(0)
    assert [(key.key, key.time) for key in arrived if isinstance(key, events.Key)] == [("a", 7), ("b", 7), ("c", 7)]


async def test_a_key_waits_from_the_terminal_to_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[Message] = []
    driver = driver_for(arrived, monkeypatch)
    master, driver.fileno = pty.openpty()
    driver._key_thread = threading.Thread(target=driver.run_input_thread)
    read, go_on = os.read, threading.Event()

    def slowly(descriptor: int, size: int) -> bytes:
        if descriptor == driver.fileno:
            go_on.wait(30)
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", slowly)
    try:
        driver._key_thread.start()
        assert not driver.keys_wait()
        os.write(master, b"a\n")
        assert driver.keys_wait(), "it can be read"
        go_on.set()
        while not arrived:
            assert driver.keys_wait(), "it is on its way"
            await asyncio.sleep(0)
        assert driver.keys_wait(), "the app has it"
        arrived.clear()
        assert not driver.keys_wait()
        driver.exit_event.set()
        await asyncio.to_thread(driver._key_thread.join, 30)
        os.write(master, b"b\n")
        assert not driver.keys_wait(), "nobody reads"
    finally:
        go_on.set()
        driver.exit_event.set()
        os.close(master)
        os.close(driver.fileno)
        driver.gone = True  # nothing to restore
        driver.close()


def test_the_app_waits_until_output_was_sent_but_not_for_a_stalled_terminal() -> None:
    steps: list[str] = []
    terminal = SimpleNamespace(fileno=None, isatty=None, write=None, flush=lambda: steps.append("sent"))
    output = Sent(cast(Any, terminal))
    output.wait(30)  # nothing was written
    output.begin()
    output.wait(0.0)
    assert not steps
    writer = threading.Thread(target=output.flush)
    writer.start()
    output.wait(30)
    assert steps == ["sent"]
    writer.join(30)


async def test_an_idle_terminal_wakes_nobody_and_the_end_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[Message] = []
    driver = driver_for(arrived, monkeypatch)
    master, driver.fileno = pty.openpty()
    monkeypatch.setattr("textual.constants.ESCAPE_DELAY", 0.01)
    resting, select_of_the_system = threading.Event(), select.select

    def watched(*arguments: Any) -> Any:
        if arguments[3] is None:
            resting.set()
        return select_of_the_system(*arguments)

    monkeypatch.setattr("amt_console.console.terminal.driver.select.select", watched)
    try:
        for key in "ab":  # reading begins anew after the app was suspended
            driver.exit_event.clear()
            reader = threading.Thread(target=driver.run_input_thread)
            reader.start()
            assert await asyncio.to_thread(resting.wait, 10)
            resting.clear()
            os.write(master, b"%b\n" % key.encode())
            assert await asyncio.to_thread(resting.wait, 10), "rests again after a key"
            resting.clear()
            driver.exit_event.set()
            await asyncio.to_thread(reader.join, 30)
            assert not reader.is_alive()
        await asyncio.sleep(0)
        assert [each.key for each in arrived if isinstance(each, events.Key)] == ["a", "ctrl+j", "b", "ctrl+j"]
    finally:
        driver.exit_event.set()
        os.close(master)
        os.close(driver.fileno)
        driver.gone = True  # nothing to restore
        driver.close()
