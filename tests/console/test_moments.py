"""What the screens ask when the console goes to another moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.desk import Desk, desk
from support.pictures import NOW, all_fine, incident

from amt_console.model.queries import BusinessQuery, HostQuery, StatesQuery
from amt_console.operations.protocol import OperationError

pytestmark = pytest.mark.slow
THEN = NOW - timedelta(days=3)


def _asked(console: Desk) -> Counter[str]:
    """How often each kind of question about the shown moment was asked since the last call."""
    calls = console.operations.calls
    asked = Counter(
        str(call[1]) if call[0] == "ask" else str(call[0]) for call in calls if _moment(call) == console.app.at
    )
    calls.clear()
    return asked


def _moment(call: Sequence[Any]) -> datetime | None:
    moment: datetime | None = call[1].at if call[0] == "ask" else call[-1]
    return moment


async def _go(console: Desk, moment: str) -> None:
    await console.press("T", *moment)
    console.operations.calls.clear()  # what is read while it is typed is kept by the monitor
    await console.press("enter")


@pytest.mark.parametrize("place", ["1", "2", "3", "6"])
async def test_a_jump_asks_each_question_once(place: str) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await console.press(place)
        _asked(console)
        console.operations.show(all_fine())  # what is selected goes, and with it its card
        await _go(console, "-3d")
        asked = _asked(console)
        assert asked
        assert {name: count for name, count in asked.items() if count > 1} == {}


async def test_a_past_moment_is_not_asked_for_again() -> None:
    async with desk(incident(), size=(120, 40), at=THEN) as console:
        await console.press("2")
        _asked(console)
        console.clock.advance(120)
        console.app.wake()
        await console.settle()
        assert not _asked(console)


async def test_a_screen_that_was_left_returns_at_the_new_moment() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await console.press("2", "1")
        await _go(console, "-3d")
        console.operations.calls.clear()
        await console.press("2")
        moments = {_moment(call) for call in console.operations.calls}
        assert moments == {console.app.at}


@pytest.mark.parametrize("place", ["2", "4", "5"])
async def test_what_could_not_be_read_of_a_past_moment_is_asked_for_again(place: str) -> None:
    def fail(query: object) -> None:
        raise OperationError("the monitor went away")

    failing = dict.fromkeys((StatesQuery, HostQuery, BusinessQuery), fail)
    async with desk(incident(), size=(120, 40), at=THEN, answers=failing) as console:
        await console.press(place)
        assert "the monitor went away" in console.text()
        console.operations.answers.clear()
        console.clock.advance(120)
        console.app.wake()
        await console.settle()
        assert "the monitor went away" not in console.text()
