"""A console that runs without a terminal, driven by keys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from support.fake_operations import FakeOperations, FakeSession
from support.pictures import NOW
from textual._styles_cache import StylesCache
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen

from amt_console.clock import FakeClock
from amt_console.console.app import ConsoleApp
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.session import Session
from amt_console.console.typed_on import TypedOn
from amt_console.model import Acknowledge, Snapshot
from amt_console.model.queries import Query
from widgets.line_view import LineView
from widgets.live_table import LiveTable
from widgets.prompt import Prompt

SETTLED_AFTER = 4
"""Rounds without a running job until nothing more follows."""


_PARSED: dict[tuple[tuple[str, str], ...], LRUCache[Any, list[RuleSet]]] = {}
"""Rules by the variables of a theme: every app parses the same style sheets anew, for a tenth of its time."""


Answers = Mapping[type[Query[Any]], Callable[[Any], Any]]


class _ParsedOnce(Stylesheet):
    """A style sheet that shares what it has parsed with those of the same variables."""

    def _parse_rules(self, *source: Any, **more: Any) -> list[RuleSet]:
        variables = tuple(sorted(self._variables.items()))
        self._parse_cache = _PARSED.setdefault(variables, LRUCache(256))
        return super()._parse_rules(*source, **more)

    def set_variables(self, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(1)
        super().set_variables(variables)


class _Faults(logging.Handler):
    """Errors in the log: the console says them in their place and goes on, which no test may overlook."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.messages.append(logging.Formatter().format(record))

    @contextmanager
    def watching(self, *loggers: str) -> Iterator[None]:
        """Keep what these log."""
        for name in loggers:
            logging.getLogger(name).addHandler(self)
        try:
            yield
        finally:
            for name in loggers:
                logging.getLogger(name).removeHandler(self)


class Desk:
    """A running console over sample operations."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], operations: FakeOperations, clock: FakeClock) -> None:
        self.app = app
        self.pilot = pilot
        self.operations = operations
        self.clock = clock

    @property
    def screen(self) -> OverviewScreen:
        screen = self.app.screen
        assert isinstance(screen, OverviewScreen)
        return screen

    async def settle(self) -> None:
        """Until all jobs are done and drawn, also those that follow from others: an action, a snapshot, a detail."""
        quiet_rounds = 0
        while quiet_rounds < SETTLED_AFTER:
            await self.pilot.pause()
            running = any(not worker.is_finished for worker in self.app.workers)
            await self.app.workers.wait_for_complete()
            quiet_rounds = 0 if running else quiet_rounds + 1

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def press_after_reading(self, *keys: str) -> None:
        """Press keys later than somebody would who typed on without a look."""
        self.app._typed_on = TypedOn()
        await self.press(*keys)

    async def resize(self, width: int, height: int) -> None:
        """Resize the terminal. Textual resizes the screen a moment after the app."""
        await self.pilot.resize_terminal(width, height)
        while self.app.screen._size != (width, height):
            await self.pilot.pause()
        await self.settle()

    async def show(self, picture: Snapshot) -> None:
        self.operations.show(picture)
        self.clock.advance(1)
        self.app.wake()
        await self.settle()

    async def pass_seconds(self, seconds: int) -> None:
        """What the console does each second, whether or not something was committed."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.app._feed._tick()
            await self.settle()

    @property
    def messages(self) -> list[str]:
        return [str(note.message) for note in self.app._notifications]

    @property
    def prompt(self) -> Prompt:
        return self.app.screen.query_one(Prompt)

    def text(self) -> str:
        """Everything that stands on the screen."""
        lines: list[str] = []
        for widget in self.app.screen.query(LineView):
            lines.extend(widget.plain_lines)
        for table in self.app.screen.query(LiveTable):
            lines.extend(table.plain_lines)
        return "\n".join(lines)

    def info(self) -> str:
        """The full text of what is selected."""
        return " ".join(" ".join(self.screen.info.plain_lines).split())

    def acknowledged(self) -> list[Any]:
        """Which alert was to be taken, with which note, at which version."""
        actions = (call[1] for call in self.operations.calls if call[0] == "act")
        return [(it.alert_id, it.note, it.expected_version) for it in actions if isinstance(it, Acknowledge)]


async def quiet() -> None:
    """Until the loop has nothing more to run at once."""
    loop = cast(Any, asyncio.get_running_loop())
    await asyncio.sleep(0)
    while loop._ready:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0)


@asynccontextmanager
async def desk(
    picture: Snapshot,
    *,
    size: tuple[int, int] = (80, 24),
    monitor: bool = True,
    has_reports: bool = True,
    answers: Answers | None = None,
    faults: bool = False,
    **options: Any,
) -> AsyncIterator[Desk]:
    """A console on a sample picture.

    Args:
        picture: What it shows.
        size: Of the terminal.
        monitor: Whether it is the monitor.
        has_reports: Whether it can write reports.
        answers: To the questions of its screens, instead of those of a quiet platform.
        faults: Whether parts of it may fail.
        **options: Of the app.
    """
    operations = FakeOperations(picture, answers=dict(answers or {}))
    session = FakeSession(operations, is_monitor=monitor, has_reports=has_reports)
    clock = FakeClock(NOW)
    async with running(session, clock, size=size, faults=faults, **options) as (app, pilot):
        open_desk = Desk(app, pilot, operations, clock)
        await open_desk.settle()
        yield open_desk


@asynccontextmanager
async def running(
    session: Session, clock: FakeClock, *, size: tuple[int, int] = (80, 24), faults: bool = False, **options: Any
) -> AsyncIterator[tuple[ConsoleApp, Pilot[None]]]:
    """A console on a session."""
    seen = _Faults()
    changed: dict[Screen[Any], None] = {}
    draw = Screen._compositor_refresh

    async def drawn(*_: object) -> None:
        """Until what is to be done is done, and drawn, and what waited for that as well."""
        for _ in range(2):
            await quiet()
            if app.screen_stack:
                app.screen._on_timer_update()
        await quiet()
        while changed:
            screen, _ = changed.popitem()
            draw(screen)
            await quiet()

    async def seen_by_all(*_: object) -> bool:
        await quiet()
        return True

    # The toolkit's own wait looks whether the process has slept for 20 ms, which no process does on a busy machine.
    # Screens are drawn when a test waits for it, once for all that has changed, instead of by the clock.
    with (
        seen.watching("amt_console.console", "widgets"),
        patch("textual.pilot.wait_for_idle", drawn),
        patch("textual.app.wait_for_idle", drawn),
        patch.object(Pilot, "_wait_for_screen", seen_by_all),
        patch("textual.screen.UPDATE_PERIOD", 3600.0),
        patch.object(Screen, "_compositor_refresh", lambda screen: changed.setdefault(screen)),
        patch("textual.css.stylesheet.Stylesheet", _ParsedOnce),
        patch("textual.app.Stylesheet", _ParsedOnce),
    ):
        options.setdefault("export_folder", Path.home() / "exports")  # each test has a home folder of its own
        app = ConsoleApp(lambda: session, clock=clock, **options)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield app, pilot
    StylesCache.get_inner_outer.cache_clear()  # as in spare time: else what hundreds of desks painted stays alive
    assert faults or not seen.messages, seen.messages
