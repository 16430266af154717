"""What follows a job may fail: its panel says so or is gone, and the console goes on."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from support.answers import INCIDENT
from support.desk import desk
from support.pictures import incident
from textual.css.query import NoMatches

from amt_console.console import giving_way
from amt_console.operations.protocol import UnavailableError

pytestmark = pytest.mark.slow


async def test_a_load_that_fails_after_its_detail_was_left_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, release = threading.Event(), threading.Event()
    async with desk(incident(), answers=INCIDENT) as console:
        usual = console.operations.alert

        def hangs(alert_id: int, **options: Any) -> Any:
            begun.set()
            assert release.wait(30)
            raise UnavailableError("the database is busy")

        await console.press("j")
        monkeypatch.setattr(console.operations, "alert", hangs)
        await console.pilot.press("enter")
        await asyncio.to_thread(begun.wait, 30)
        await console.pilot.press("escape")
        release.set()
        await console.settle()
        monkeypatch.setattr(console.operations, "alert", usual)
        await console.press("enter")
        assert "STORY" in console.text()


@pytest.mark.parametrize(("error", "told"), [(ZeroDivisionError("a fault"), 1), (NoMatches("it is gone"), 0)])
async def test_what_follows_a_job_fails_alone(error: Exception, told: int) -> None:
    def fails() -> None:
        raise error

    async with desk(incident(), faults=True) as console:
        console.app.on_loop(fails)
        await console.settle()
        assert sum("a fault of amt-console" in message for message in console.messages) == told
        await console.press("j", "a", "enter")
        assert console.acknowledged()


async def test_keys_go_before_what_follows_jobs_and_jobs_keep_their_order() -> None:
    done: list[int] = []
    async with desk(incident()) as console:
        app = console.app
        with patch.object(type(app), "keys_wait", True), patch.object(giving_way, "MOST_SECONDS", float("inf")):
            for number in range(3):
                app.on_loop(partial(done.append, number))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not done
        await console.settle()
    assert done == [0, 1, 2]


async def test_the_palette_survives_a_terminal_without_room() -> None:
    async with desk(incident()) as console:
        await console.resize(1, 1)
        await console.pilot.press("ctrl+p")
        await console.settle()
        await console.press("pagedown", "pageup", "home", "end", "down", "up")
        await console.press("escape")
        await console.resize(80, 24)
        await console.press("j", "a", "enter")
        assert console.acknowledged()
