"""A console that shows the past goes on watching the present: its monitor may die, and new alerts may fire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from support.answers import INCIDENT
from support.desk import Desk, desk, running
from support.fake_operations import FakeOperations, FakeSession
from support.pictures import NOW, all_fine, incident

from amt_console.clock import FakeClock
from amt_console.model import PresentPerson, Snapshot
from amt_console.operations.protocol import UnavailableError
from widgets.key_footer import KeyFooter

pytestmark = pytest.mark.slow
LONG_AGO = timedelta(hours=2)


@dataclass
class _Remembering(FakeOperations):
    """Operations with another picture for the past, which note what is asked for."""

    then: Snapshot = field(default_factory=all_fine)
    asked: list[datetime | None] = field(default_factory=list)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The picture of now, or of then."""
        self.asked.append(at)
        now = super().snapshot()
        return now if at is None else replace(self.then, at=at, version=0)


@asynccontextmanager
async def _console(picture: Snapshot, *, at: datetime | None = None) -> AsyncIterator[tuple[Desk, FakeSession]]:
    operations = _Remembering(picture)
    session = FakeSession(operations, is_monitor=False, attached_to="pid 7 on host")
    clock = FakeClock(NOW)
    async with running(session, clock, at=at) as (app, pilot):
        console = Desk(app, pilot, operations, clock)
        await console.settle()
        yield console, session


def _read(console: Desk, at: datetime) -> int:
    """How often a moment was read."""
    assert isinstance(console.operations, _Remembering)
    return console.operations.asked.count(at)


async def test_a_console_that_takes_over_while_it_shows_the_past_asks_before_it_stops_the_monitor() -> None:
    async with _console(all_fine()) as (console, session):
        await console.press("left_curly_bracket", "left_square_bracket", "left_square_bracket")
        assert "PAST" in console.text()
        session.is_monitor, session.attached_to = True, None
        await console.show(replace(all_fine(), presence=(PresentPerson("fay", NOW, "pid 9", may_monitor=True),)))
        assert "PAST" in console.text()
        await console.press("q")
        assert "Quit the monitor? fay (pid 9) takes over." in console.prompt.question
        await console.press("n")
        assert console.app.is_running
        await console.press("0")
        assert "monitoring" in console.text()
        assert "attached" not in console.text()


async def test_a_console_that_has_just_taken_over_asks_before_it_knows_from_a_poll() -> None:
    async with _console(all_fine()) as (console, session):
        session.is_monitor, session.attached_to = True, None
        await console.press("q")
        assert "Quit the monitor?" in console.prompt.question


async def test_a_console_that_is_just_taking_over_asks() -> None:
    async with _console(all_fine()) as (console, session):
        session.taking_over = True
        await console.press("q")
        assert "Quit the monitor?" in console.prompt.question
        assert console.app.is_running


async def test_what_cannot_be_read_any_more_is_told_in_the_past_too() -> None:
    async with _console(all_fine()) as (console, _):
        await console.press("left_square_bracket")
        console.operations.failure = UnavailableError("no answer from pid 7")
        await console.pass_seconds(1)
        assert "No fresh data: no answer from pid 7" in console.text()
        assert "PAST" in console.text(), "what is known stays"
        await console.press("left_square_bracket")
        assert "No fresh data" in console.text()
        console.operations.failure = None
        await console.pass_seconds(1)
        assert "No fresh data" not in console.text()
        assert "as it was at" in console.text()
        await console.press("0")
        assert "PAST" not in console.text()


async def test_an_alert_that_fires_meanwhile_is_told_in_the_past() -> None:
    async with _console(all_fine()) as (console, _):
        rung: list[int] = []
        titles: list[str] = []
        console.app._write_title = titles.append  # type: ignore[method-assign]
        console.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await console.press("left_square_bracket")
        await console.show(incident())
        text = console.text()
        assert "3 new alerts" in text
        assert "PAST" in text
        assert "backend-api is" not in text
        assert titles[-1] == "(3) CRITICAL - amt-console"
        assert rung == [1]
        await console.press("0")
        assert "new alert" not in console.text()
        assert "backend-api" in console.text()


async def test_a_console_that_begins_in_the_past_tells_only_alerts_from_after_its_begin() -> None:
    async with _console(incident(), at=NOW - LONG_AGO) as (console, _):
        await console.pass_seconds(1)
        assert "new alert" not in console.text()
        first, *others = incident().alerts
        await console.show(replace(incident(), alerts=(replace(first, id=99), first, *others)))
        assert "1 new alert" in console.text()


async def test_a_past_moment_is_read_once_although_the_present_changes() -> None:
    async with _console(all_fine()) as (console, _):
        at = NOW - LONG_AGO
        await console.press("T", *"-2h", "enter")
        assert _read(console, at) == 2, "while it is typed, and when it is shown: then the monitor has it"
        for _ in range(5):
            await console.show(all_fine())
        assert _read(console, at) == 2
        assert console.app.at == at


async def test_a_moment_whose_results_may_still_come_is_read_again() -> None:
    async with _console(all_fine()) as (console, _):
        await console.press("T", *"-2s", "enter")
        for _ in range(3):
            await console.show(all_fine())
        assert _read(console, NOW - timedelta(seconds=2)) >= 3


async def test_back_to_now_shows_at_once_what_is_known_of_now() -> None:
    """A key that acts may follow at once: it must not meet the picture of the past."""
    async with _console(all_fine()) as (console, _):
        await console.press("left_square_bracket")
        await console.show(incident())
        console.app.show_moment(None)
        assert console.app.view.live is not None
        assert console.app.view.live.at is None
        assert len(console.app.view.live.alerts) == 3


async def test_pause_in_the_past_stops_playing_and_freezes_nothing() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("left_square_bracket", "space")
        assert console.app.speed
        await console.press("p")
        assert console.app.speed == 0
        assert not console.app.view.paused
        assert "PAUSED" not in console.text()
        await console.press("p")
        assert any("stands still" in message for message in console.messages)
        keys = console.app.screen.query_one(KeyFooter).plain_lines[0]
        assert "pause" not in keys
        await console.press("0", "p")
        assert console.app.view.paused
