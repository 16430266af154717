"""Starting, polling, freezing, growing old."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.desk import Desk, desk
from support.fake_operations import FakeOperations, FakeSession
from support.pictures import NOW, all_fine, incident
from textual.worker import WorkerCancelled

from amt_console.clock import FakeClock
from amt_console.console.app import ConsoleApp, Done
from amt_console.model import MonitorState, MonitorStatus
from amt_console.operations.protocol import UnavailableError

pytestmark = pytest.mark.slow


async def test_a_frozen_view_stands_still_while_the_monitor_goes_on() -> None:
    async with desk(all_fine()) as console:
        await console.press("p")
        assert "PAUSED" in console.text()
        await console.show(incident())
        console.clock.advance(42)
        await console.show(incident())
        text = console.text()
        assert "PAUSED 40s" in text
        assert "3 new alerts" in text
        assert "DOWN" not in text
        await console.press("a")
        assert "backend-api" in console.prompt.question, "actions see what is true now"
        await console.press("escape", "p")
        assert "DOWN" in console.text()
        assert "PAUSED" not in console.text()


async def test_a_silent_monitor_and_an_unreadable_database_turn_loud() -> None:
    async with desk(all_fine()) as console:
        stale = MonitorStatus(MonitorState.SILENT, "host", 1, NOW, NOW - timedelta(minutes=3))
        await console.show(replace(all_fine(), monitor=stale))
        assert "MONITOR SILENT FOR 3 min" in console.text()
        stopped = MonitorStatus(MonitorState.STOPPED, "host", 1, NOW, NOW - timedelta(hours=2))
        await console.show(replace(all_fine(), monitor=stopped))
        assert "MONITOR STOPPED, DATA 2 h OLD" in console.text()
        console.operations.failure = UnavailableError("the database is busy")
        await console.show(all_fine())
        assert "No fresh data: the database is busy" in console.text()
        console.operations.failure = None
        await console.show(all_fine())
        assert "No fresh data" not in console.text()


async def test_a_reading_that_hangs_is_not_started_twice() -> None:
    started = 0
    hanging, release = threading.Event(), threading.Event()

    def hang() -> None:
        nonlocal started
        started += 1
        hanging.set()
        assert release.wait(30)

    async with desk(all_fine()) as console:
        console.operations.before_snapshot = hang
        console.clock.advance(1)
        console.app.wake()
        await asyncio.to_thread(hanging.wait, 30)
        for _ in range(3):
            console.clock.advance(1)
            console.app.wake()
            await console.pilot.pause()
        assert started == 1
        release.set()
        await console.settle()
        console.clock.advance(1)
        console.app.wake()
        await console.settle()
        assert started >= 2


async def test_an_equal_snapshot_draws_nothing() -> None:
    async with desk(incident()) as console:
        painted: list[object] = []
        services = console.screen.services
        original = services.refresh

        def refresh(*regions: Any, **options: Any) -> Any:
            painted.append(regions)
            return original(*regions, **options)

        services.refresh = refresh  # type: ignore[method-assign]
        console.app.wake()
        await console.settle()
        assert painted == []
        changed = tuple(
            replace(view, response_time_ms=89.0) if view.name == "web-app" else view for view in incident().services
        )
        await console.show(replace(incident(), services=changed))
        assert len(painted) == 1, "one figure changed, so one span is painted"


async def test_before_the_first_snapshot_nothing_is_claimed() -> None:
    opening = threading.Event()
    session = FakeSession(FakeOperations(all_fine()))

    def open_session() -> FakeSession:
        assert opening.wait(20)
        return session

    app = ConsoleApp(open_session, clock=FakeClock(NOW))
    async with app.run_test(size=(80, 24)) as pilot:
        console = Desk(app, pilot, session.operations, FakeClock(NOW))
        await pilot.pause()
        text = console.text()
        assert "starting" in text
        assert "no active alerts" not in text
        await pilot.press("a", "e", "enter", "p", "question_mark", "escape")
        opening.set()
        await console.settle()
        assert "no active alerts" in console.text()


async def test_a_session_that_cannot_open_ends_the_app_with_its_text() -> None:
    def open_session() -> FakeSession:
        raise UnavailableError("the database is newer than this program")

    app = ConsoleApp(open_session, clock=FakeClock(NOW))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        with contextlib.suppress(WorkerCancelled):
            await app.workers.wait_for_complete()
    assert app.exit_message == "the database is newer than this program"
    assert app.return_code == 69


async def test_what_comes_back_after_the_end_has_begun_is_dropped() -> None:
    async with desk(all_fine(), monitor=False) as console:
        app = console.app
    assert not app.screen_stack
    app.on_loop(lambda: pytest.fail("the screens are gone"))
    app.on_done(Done())
    app.redraw()


async def test_a_console_that_starts_in_the_past_never_shows_the_present() -> None:
    opening = threading.Event()

    def open_session() -> FakeSession:
        opening.wait(10)
        return FakeSession(FakeOperations(all_fine()))

    app = ConsoleApp(open_session, clock=FakeClock(NOW), at=NOW - timedelta(hours=5))
    async with app.run_test() as pilot:
        await asyncio.to_thread(app.show_first, incident())
        assert app.view.live is None
        opening.set()
        while app.view.live is None:
            await pilot.pause()
        assert app.view.live.at == NOW - timedelta(hours=5)
