"""Every screen at a past moment is what it was when that moment was now."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import pytest
from support.desk import Desk, running
from support.fake_operations import FakeOperations, FakeSession
from support.recorded import ANN, BEN, Recorded
from support.stores import clock, sqlite_url, store

from amt_console.clock import FakeClock
from amt_console.model import Acknowledge, Note, ServiceState, Severity
from amt_console.store import Store
from widgets.title_bar import TitleBar

__all__ = ["clock", "sqlite_url", "store"]
pytestmark = pytest.mark.slow
KEYS = (
    *(("1",), ("2", "j"), ("2", "j", "enter"), ("3", "j"), ("3", "j", "enter")),
    *(("4",), ("5",), ("6", "j"), ("6", "j", "enter")),
)
"""The screens and details. Who looks, and how the monitor does, is not recorded: 7 is left out."""


WHOM_IT_TOLD = "nobody told yet · "
"""Of the past only the stored decisions say that: the card leaves it out."""


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def recorded(store: Store, store_url: str, clock: FakeClock) -> Recorded:
    return Recorded(store, store_url, clock)


async def _seen(recorded: Recorded, at: datetime | None) -> dict[tuple[str, ...], list[str]]:
    """What each screen shows, without the bars, which tell the past from the present."""
    found: dict[tuple[str, ...], list[str]] = {}
    operations = cast(FakeOperations, recorded.operations)
    session = FakeSession(operations, has_reports=False)
    async with running(session, recorded.clock, size=(120, 40), at=at) as (app, pilot):
        console = Desk(app, pilot, operations, recorded.clock)
        await console.settle()
        app.view.greeting = ""
        for keys in KEYS:
            await console.press(*keys)
            app.clear_notifications()
            await console.settle()
            lines = [
                " ".join(strip.text.replace(WHOM_IT_TOLD, "").split())
                for strip in app.screen._compositor.render_strips()
            ]
            found[keys] = lines[app.screen.query_one(TitleBar).size.height : -2]
            if "enter" in keys:
                await console.press("escape")
    return found


async def test_each_screen_at_a_moment_is_what_it_was_live(recorded: Recorded) -> None:
    recorded.go_on(40)
    recorded.go_on(4, busy=3.0, api=ServiceState.DOWN, web=ServiceState.DOWN)
    number = recorded.alert("api", Severity.CRITICAL)
    recorded.go_on(3, api=ServiceState.DOWN, web=ServiceState.DOWN)
    recorded.act(Acknowledge(number, note="restarting"), BEN)
    recorded.go_on(2, api=ServiceState.DOWN)
    moment = recorded.now
    live = await _seen(recorded, None)

    recorded.clock.advance(1)
    recorded.act(Note(number, "it was the disk"), ANN)
    recorded.go_on(5)
    recorded.end("api")
    recorded.go_on(2, chat=ServiceState.DEGRADED)
    recorded.alert("chat", Severity.WARNING)
    recorded.go_on(20)
    then = await _seen(recorded, moment)

    for keys, lines in live.items():
        # The banner of the past takes a line: the last ones are cut.
        assert [line for line, _ in zip(then[keys], lines, strict=False)] == lines[: len(then[keys])], keys
