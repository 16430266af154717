"""Held keys and keys typed ahead on every screen: nothing is done that was not confirmed, and no queue grows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import all_fine, incident
from textual import events

from amt_console.console.places import PLACES
from amt_console.model.queries import QUERIES

pytestmark = pytest.mark.slow


def _done(console: Desk) -> list[object]:
    return [call[1] for call in list(console.operations.calls) if call[0] == "act"]


@pytest.mark.parametrize(
    "key", ["j", "right_square_bracket", "left_square_bracket", "left_curly_bracket", "plus", "2", "s"]
)
async def test_a_held_key_starts_no_queue_of_loads(key: str) -> None:
    """Three seconds at 30 Hz while nothing is answered: one load for a panel runs, and the newest one waits."""
    release = threading.Event()
    asked: list[object] = []

    def slowly(query: Any) -> Any:
        asked.append(query)
        assert release.wait(60)
        return INCIDENT[type(query)](query)

    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("j")
        if key == "plus":
            await console.press("enter")
        console.operations.answers = dict.fromkeys(QUERIES, slowly)
        for _ in range(90):
            console.app.post_message(events.Key(key, None))
        await console.pilot.pause()
        running = sum(not worker.is_finished for worker in console.app.workers)
        release.set()
        assert running <= 12, (running, len(asked))
        assert len(asked) <= 12
        release.set()
        await console.settle()
        assert len(asked) <= 40
        assert not _done(console)
        await console.press("0", "1", "question_mark")
        assert type(console.app.screen).__name__ == "HelpScreen"


async def test_held_a_writes_a_note_and_takes_nothing() -> None:
    async with desk(incident()) as console:
        for _ in range(90):
            console.app.post_message(events.Key("a", "a"))
        await console.settle()
        assert console.prompt.text == "a" * 89
        await console.press("escape")
        assert not _done(console)


async def test_numbers_during_a_prompt_are_text() -> None:
    async with desk(incident()) as console:
        await console.press("a", *"1234567")
        assert console.prompt.text == "1234567"
        assert console.app.place == "1 OVERVIEW"


@pytest.mark.parametrize("number", [place.number for place in PLACES])
async def test_text_typed_for_a_prompt_that_does_not_open_runs_no_key(number: int) -> None:
    """On every screen: without an open alert ``a`` asks nothing, and the rest of the burst is no command."""
    async with desk(all_fine(), monitor=False) as console:
        await console.press(str(number))
        place = console.app.place
        for key in ("a", *"restart", "space", "q", "enter"):
            console.app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
        await console.settle()
        assert (console.app.place, console.app.return_code) == (place, None)
        assert not _done(console)


@pytest.mark.parametrize("number", [place.number for place in PLACES])
async def test_a_moment_typed_at_once_goes_into_its_prompt_on_every_screen(number: int) -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press(str(number))
        await console.press("T", *"-2hq")
        assert console.prompt.text == "-2hq"
        await console.press("backspace", "enter")
        assert console.app.at is not None
        assert not _done(console)
