"""The console's Textual app: life cycle, jobs, keys."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual._context import active_message_pump
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.message import Message
from textual.notifications import Notify
from textual.screen import Screen
from textual.widget import Widget

from amt_console.clock import Clock
from amt_console.console.actions import Selection, Tone
from amt_console.console.acts import Acts
from amt_console.console.announcer import Announcer, terminal_title
from amt_console.console.bindings import APP_KEYS, PROMPT_KEYS, SCREEN_KEYS, TIME_KEYS, key_names, opens_prompt
from amt_console.console.copying import Copying
from amt_console.console.exporting import Exporter
from amt_console.console.feed import SnapshotFeed
from amt_console.console.greeting import greeting, happened
from amt_console.console.jobs import WAITED_FOR, Done, Jobs
from amt_console.console.leaving import Leaving
from amt_console.console.pages import Pages
from amt_console.console.past.time_travel import TimeTravel
from amt_console.console.places import Places
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.screens.help import HelpScreen
from amt_console.console.screens.overview import OverviewScreen, prepare_cards
from amt_console.console.session import Preferences, Session, SessionFacts
from amt_console.console.spare_time import SpareTime, code_of_screens
from amt_console.console.terminal.desktop import sequence_of
from amt_console.console.terminal.driver import ConsoleDriver
from amt_console.console.terminal.guard import TerminalGuard
from amt_console.console.terminal.keyboard import PASTED
from amt_console.console.terminal.output import drop_control_characters
from amt_console.console.terminal.turns import short_turns
from amt_console.console.themes.appearance import Appearance
from amt_console.console.themes.remembered import ThemeMemory
from amt_console.console.themes.themed_app import ThemedApp
from amt_console.console.typed_on import TypedOn
from amt_console.console.view_state import ViewState
from amt_console.keys import USUAL_KEYS
from amt_console.model import Snapshot
from amt_console.operations.protocol import Operations
from amt_console.text import safe_text
from widgets.prompt import Prompt

if TYPE_CHECKING:
    from amt_console.model.policy import MaintenanceWindow, Silence
    from amt_console.model.queries.away import Away

ResultT = TypeVar("ResultT")
UNAVAILABLE = 69
INTERNAL = 70
"""Exit code after a fault of the console itself."""
DRAWN_SECONDS = 1.0
"""Longest wait, in seconds, for the first data to be drawn."""
_log = logging.getLogger(__name__)


class Woken(Message):
    """Something was committed. Waiting messages of this kind become one."""

    def can_replace(self, message: Message) -> bool:
        """Replaces those that wait."""
        return isinstance(message, Woken)


class ConsoleApp(ThemedApp, inherit_bindings=False):
    """The live console. After ``run``, ``return_code`` and ``exit_message`` say how it ended."""

    TITLE = "amt-console"
    CSS_PATH = "console.tcss"
    BINDINGS: ClassVar[Sequence[BindingType]] = [*SCREEN_KEYS, *APP_KEYS, *TIME_KEYS]  # type: ignore[assignment]

    def __init__(
        self,
        open_session: Callable[[], Session],
        *,
        ascii_only: bool = False,
        mouse: bool = True,
        read_only: bool = False,
        at: datetime | None = None,
        clock: Clock,
        bell: bool = True,
        export_folder: Path = Path("exports"),
        memory: ThemeMemory | None = None,
    ) -> None:
        """Args:
        open_session: Called on a thread once the first frame stands. An exception ends the console with its text.
        ascii_only: Draw with ASCII characters only.
        mouse: React to the mouse; without it the terminal's own selection works.
        read_only: Refuse actions, with the reason.
        at: Show the snapshot of this past moment instead of the present.
        clock: Where ages come from.
        bell: Ring when a critical alert begins to fire.
        export_folder: Where exports go by default.
        memory: Keeps the chosen colours from start to start.
        """
        drop_control_characters()
        self.guard: TerminalGuard | None = None
        self.exit_message: str | None = None
        self.progress = ""
        """Progress, shown in the key line."""
        self.clock = clock
        self.view = ViewState(read_only=read_only, at=at)
        self.view.pressed_at = clock.monotonic()
        self.operations: Operations | None = None
        self.own_keys: Sequence[Binding] = ()
        super().__init__(ConsoleDriver, ascii_only=ascii_only)
        self._mouse = mouse
        self._title_written = ""
        self._typed_on = TypedOn()
        self._unused_key = ""
        self._announcer, self._desktop = Announcer(bell=bell), "auto"
        self._jobs = Jobs(self, partial(self.tell, tone="error"), lambda: self._feed.poll())
        self._feed = SnapshotFeed(self, self.view, open_session, clock=clock)
        self._places = Places(self)
        self._pages = Pages(self)
        self._leaving = Leaving(self)
        self._time = TimeTravel(self, clock)
        self._copying = Copying(self)
        self._exporter = Exporter(self, export_folder)
        self._acts = Acts(self, clock)
        self._spare_time: SpareTime | None = None
        self.appearance = Appearance(self, memory)

    # Life

    def get_default_screen(self) -> OverviewScreen:
        """The overview. Not a mode: Textual would parse all styles once more before the first frame."""
        return OverviewScreen()

    def run(self, **options: Any) -> None:
        """Run until the person quits, the process is told to end, or the terminal hangs up."""
        options.setdefault("mouse", self._mouse)
        pieces = (*code_of_screens(), lambda: self.on_loop(lambda: prepare_cards(self.screen)))
        self._spare_time = SpareTime(self, self.clock, pieces)
        with short_turns(), TerminalGuard(self._end_from_outside, self._let_go) as guard:
            self.guard = guard
            try:
                super().run(**options)
            finally:
                self._spare_time.close()
                self._acts.close()
                self._feed.close()
            if guard.exit_code is not None:
                self._return_code = guard.exit_code
            elif self._leaving.picture and sys.__stdout__ is not None:
                sys.__stdout__.write(self._leaving.picture)

    def on_mount(self) -> None:
        """Redraw the whole screen after a suspend: the terminal has lost it."""
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())

    def on_ready(self) -> None:
        """Open the session after the first frame, so that nothing delays the frame."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._write_title(terminal_title(self.view.present))
        self._feed.begin()

    def _end_from_outside(self, code: int) -> None:
        loop = getattr(self, "_loop", None)
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(partial(self.exit, return_code=code))

    def _let_go(self) -> None:
        driver = self._driver
        if isinstance(driver, ConsoleDriver):
            driver.let_go()

    def _handle_exception(self, error: Exception) -> None:
        """Take away a widget that failed, and tell it; a fault of a screen or of the app itself ends the console."""
        failed = active_message_pump.get(None)
        if not isinstance(failed, Widget) or isinstance(failed, Screen):
            super()._handle_exception(error)
            return
        _log.error("%s failed", type(failed).__name__, exc_info=error)
        failed.display = False
        self.tell(
            f"A part of the screen failed ({type(error).__name__}): a fault of amt-console, see its log.", "error"
        )

    def _fatal_error(self) -> None:
        """Handle a bug of the console: one line for the person, the details in the log."""
        _log.exception("the console failed")
        error = self._exception
        what = f"{type(error).__name__}: {safe_text(error)}" if error is not None else "unknown error"
        self.exit_message = f"The console failed ({what}). This is a fault of amt-console; the log has the details."
        self._return_code = INTERNAL
        self._close_messages_no_wait()

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the monitor now or is becoming it."""
        return self._feed.holds_lease

    # Called by the feed

    def wake(self) -> None:
        """Poll soon, because something was committed. Thread-safe, at any rate."""
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            self.post_message(Woken())

    def on_woken(self) -> None:
        """Poll now, or as soon as the last poll is long enough ago."""
        self._feed.poll_soon()

    def show_first(self, snapshot: Snapshot) -> None:
        """Show the first data before the session is open; returns when it is drawn. Call from another thread."""
        drawn = threading.Event()

        def show() -> None:
            if self.view.live is None and self.view.at is None:
                self.view.read(snapshot, SessionFacts())
                self.redraw()
            self.call_after_refresh(drawn.set)

        self.on_loop(show)
        drawn.wait(DRAWN_SECONDS)

    def session_opened(self, operations: Operations) -> None:
        """Enable the keys that act, and look what happened meanwhile."""
        self.operations = operations
        if self._spare_time is not None:
            self._spare_time.begin()
        if self.view.at is None:
            self._jobs.load(partial(happened, operations), self._greet, lambda why: None)

    def _greet(self, away: Away) -> None:
        """Tell in one line what happened since the person last looked."""
        self.view.greeting = greeting(away, self.clock.now(), self.key_of("away"))
        self.redraw()

    def end_with(self, error: Exception) -> None:
        """End with the reason."""
        self.exit_message = safe_text(error, 20_000, keep_newlines=True) or type(error).__name__
        self.exit(return_code=int(getattr(error, "exit_code", UNAVAILABLE)))

    def snapshot_read(self, snapshot: Snapshot) -> None:
        """Update the window's title and ring the bell, also while the past is shown."""
        self._write_title(terminal_title(snapshot))
        news = self._announcer.news(snapshot, self.clock.monotonic())
        if news and self._announcer.bell:
            self.bell()
        if news and isinstance(self._driver, ConsoleDriver):
            self._driver.write(sequence_of(news, self._desktop, os.environ))

    def redraw(self) -> None:
        """Redraw the current screen."""
        screen = self.screen if self.screen_stack else None
        if isinstance(screen, ConsoleScreen):
            with contextlib.suppress(NoMatches):  # the screen is being removed
                screen.redraw()

    # Jobs on threads

    @property
    def reads(self) -> bool:
        """Whether data that a screen waits for is being read."""
        return any(worker.group in WAITED_FOR and not worker.is_finished for worker in self.workers)

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        """Run blocking work on a thread of its own."""
        self._jobs.on_thread(work, group)

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe."""
        self._jobs.on_loop(call)

    def on_done(self, event: Done) -> None:
        """Continue after a job, unless the app is ending."""
        if self.screen_stack:
            self._jobs.go_on()

    def job(
        self,
        work: Callable[[], ResultT],
        done: Callable[[ResultT], None],
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        """Run blocking work on a thread, then ``done`` on the loop. A failure is shown to the person and passed to
        ``failed``.
        """

        self._jobs.run(work, done, failed)

    def load(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Run blocking work of a panel on a thread, then ``done`` on the loop. Its failure goes to ``failed`` alone."""
        self._jobs.load(work, done, failed)

    # Messages

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        self.notify(safe_text(message, 300), severity=tone, timeout=4 if tone == "information" else 8, markup=False)

    def on_notify(self, event: Notify) -> None:
        """Let an equal message that still stands give way: one each is enough."""
        for each in [note for note in self._notifications if note.message == event.notification.message]:
            del self._notifications[each]

    def note(self, text: str) -> None:
        """Show progress in the key line. Thread-safe."""
        self.on_loop(partial(self._noted, safe_text(text, 100)))

    def _noted(self, text: str) -> None:
        self.progress = text
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.show_progress(text)

    def _write_title(self, title: str) -> None:
        """Set the title of the terminal's window; the previous title is restored at the end."""
        driver = self._driver
        if title != self._title_written and isinstance(driver, ConsoleDriver):
            first = "" if self._title_written else "\x1b[22;2t"
            driver.write(f"{first}\x1b]2;{title}\x07")
            self._title_written = title

    # Appearance

    def prefer(self, preferences: Preferences) -> None:
        """Apply the person's preferences. Thread-safe."""
        self.on_loop(partial(self._prefer, preferences))

    def _prefer(self, preferences: Preferences) -> None:
        self.appearance.prefer(preferences.theme)
        self.ascii_only = self.ascii_only or preferences.ascii_only
        self.own_zone = preferences.zone
        self._announcer.bell, self._desktop = preferences.bell, preferences.desktop_notifications
        self.set_keymap(preferences.keymap)
        self.own_keys = self._acts.use(preferences.commands, self._bindings)
        if not preferences.mouse and isinstance(self._driver, ConsoleDriver):
            self._driver.leave_mouse()
        self.relook()
        self.redraw()

    @property
    def at(self) -> datetime | None:
        """The displayed past moment; ``None`` for now."""
        return self.view.at

    @property
    def place(self) -> str:
        """The screen of the present place, as the title line names it."""
        return self._places.current.title

    @property
    def speed(self) -> int:
        """How fast the past is played; 0 while it stands."""
        return self._time.speed

    # Used by the actions

    def clear_marks(self) -> None:
        """Take all marks away."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.clear_marks()

    def selection(self) -> Selection:
        """The selected alert or service."""
        screen = self.screen
        return screen.selected() if isinstance(screen, ConsoleScreen) else Selection()

    def prompt(self) -> Prompt:
        """The prompt of the screen."""
        return self.screen.query_one(Prompt)

    def has_prompt(self) -> bool:
        """Whether the screen has a prompt."""
        return isinstance(self.screen, ConsoleScreen)

    def key_of(self, name: str) -> str:
        """The first key of an action, as printed on the keyboard."""
        usual = next(names[name] for names in USUAL_KEYS.values() if name in names)
        return key_names(self._keymap.get(name, usual).split(",")[0])

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Handle keys strictly in order: a prompt or screen that one key opens gets the next key."""
        screen = self.screen if self.screen_stack else None
        if isinstance(event, events.InputEvent):
            self.view.pressed_at = self.clock.monotonic()
        ours = isinstance(screen, (ConsoleScreen, HelpScreen)) and not event.is_forwarded
        if ours and isinstance(event, events.Key):
            self.app_focus = True
            if self._spare_time is not None:
                self._spare_time.pressed()
            if not self._typed_on.takes(event):
                if isinstance(screen, ConsoleScreen):
                    screen.key_comes()
                await self._press_safely(event.key.removeprefix(PASTED), event)
                self._answer()
        elif ours and isinstance(event, events.Paste):
            prompt = self._open_prompt()
            if prompt is not None:
                prompt.paste(event.text, self._warn)
        else:
            await super().on_event(event)

    @property
    def keys_wait(self) -> bool:
        """Whether a key waits for its answer."""
        driver = self._driver
        return isinstance(driver, ConsoleDriver) and driver.keys_wait()

    def _answer(self) -> None:
        """Paint at once what a key has changed, unless another one waits: the frames draw what else goes on."""
        screen = self.screen if self.screen_stack else None
        if isinstance(screen, ConsoleScreen) and not self.message_queue_size:
            screen.paint_now()
            if isinstance(self._driver, ConsoleDriver):
                self._driver.hand_over()

    async def _press_safely(self, key: str, event: events.Key) -> None:
        """Press a key. One that fails says so and fails alone, also as the answer to a prompt."""
        try:
            await self._press(key, event)
        except Exception as error:
            _log.exception("the key %s failed", key)
            self.tell(f"That failed: a fault of amt-console ({type(error).__name__}), see its log.", "error")

    async def _press(self, key: str, event: events.Key) -> None:
        prompt = self._open_prompt()
        if prompt is not None:
            await prompt.press(key, event.character, pasted=key != event.key, warn=self._warn)
            return
        if key == "escape" and self._exporter.running:
            self._exporter.cancel()
            return
        active = self.screen.active_bindings.get(key)
        if active is None or not active.enabled:
            self._tell_unused(key)
            return
        self._unused_key = ""
        try:
            await self.run_action(active.binding.action, active.node)
        finally:
            if opens_prompt(active.binding.id) and self._open_prompt() is None:
                self._typed_on.refused(time.monotonic(), goes_on=active.binding.id in PROMPT_KEYS)

    def _open_prompt(self) -> Prompt | None:
        screen = self.screen
        prompt = screen.query_one(Prompt) if isinstance(screen, ConsoleScreen) else None
        return prompt if prompt is not None and prompt.is_open else None

    def _tell_unused(self, key: str) -> None:
        """Say that a key is unused, once for repeated presses."""
        if key != self._unused_key:
            self._unused_key = key
            self.tell(f"{key_names(key)} does nothing here; {self.key_of('help')} shows the keys.")

    def _warn(self, message: str) -> None:
        self.tell(message, "warning")

    def action_act(self, name: str) -> None:
        """Do what a key of ``ACTION_KEYS`` means."""
        self._acts.run(name)

    async def action_own_command(self, index: int) -> None:
        """Run one of the person's own commands."""
        await self._acts.own.press(index)

    async def action_place(self, name: str) -> None:
        """Open one of the screens."""
        await self._places.go(name)

    async def leave_place(self) -> None:
        """Back to the overview."""
        await self._places.back()

    def action_time(self, name: str) -> None:
        """Go to another moment, as a key of ``TIME_KEYS`` means."""
        self._time.go(name)

    def action_mark(self) -> None:
        """Mark a row; in the past play."""
        screen = self.screen
        if self.view.at is not None:
            self._time.play()
            self.redraw()
        elif isinstance(screen, ConsoleScreen):
            screen.mark()

    def show_moment(self, at: datetime | None) -> None:
        """Show a past moment everywhere; ``None`` for now."""
        if self.view.paused:
            self.view.toggle_pause(self.clock.now())
        self.view.go_to(at)
        self._feed.poll()
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.refresh_keys()
        current = self.screen
        if isinstance(current, ConsoleScreen):
            current.follow_moment()  # the others do when they return

    def plan_work(self, done: Callable[[], None]) -> None:
        """Ask, then announce planned work."""
        self._acts.muting.plan_work(done)

    def end_muted(self, muted: Silence | MaintenanceWindow, done: Callable[[], None]) -> None:
        """Ask, then end a silence or planned work."""
        self._acts.muting.end(muted, done)

    def action_export(self) -> None:
        """Write what the screen shows."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            self._exporter.export(screen.exported(), self.at or self.view.frozen_at)

    def action_toggle_pause(self) -> None:
        """Freeze or thaw the view; in the past stop playing."""
        if self.view.at is not None:
            self._time.stand()
            self.redraw()
        elif self.view.live is not None:
            self.view.toggle_pause(self.clock.now())
            self.redraw()

    def action_next_theme(self) -> None:
        """Next colours."""
        self.appearance.next()

    def action_toggle_utc(self) -> None:
        """Times in UTC, or back in the person's zone."""
        utc = self.toggle_utc()
        self.redraw()
        self.tell("Times are in UTC." if utc else "Times are in your zone.")

    def action_zoom(self) -> None:
        """Give a pane the whole screen, or take it back."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            screen.zoom()

    def action_runbook(self) -> None:
        """Copy the address of the runbook, and show it."""
        self._copying.runbook(self.selection().runbook)

    def action_copy_row(self, as_json: bool = False) -> None:
        """Copy a row as text or as JSON."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and as_json:
            self._copying.document(screen.row_document())
        elif isinstance(screen, ConsoleScreen):
            self._copying.text(screen.row_summary())

    def action_leave(self, keep_picture: bool = False) -> None:
        """Quit; the monitor asks first."""
        self._leaving.ask(keep_picture=keep_picture)

    async def show_screen(self, screen: Screen[Any]) -> None:
        """Show a screen on top."""
        await self.push_screen(screen)

    async def show_service(self, name: str) -> None:
        """Open a service."""
        await self._pages.show_service(name)

    async def action_page(self, name: str) -> None:
        """Open a page over the screen."""
        await self._pages.show(name)

    def action_command_palette(self) -> None:
        """Find a screen, a service, an alert, a moment or a theme by name."""
        if not isinstance(self.screen, CommandPalette):
            from amt_console.console.palette import PROVIDERS, ConsolePalette

            self.push_screen(ConsolePalette({*PROVIDERS}, id="--command-palette"))

    def on_command_palette_option_highlighted(self, event: CommandPalette.OptionHighlighted) -> None:
        """Try out a theme while it is marked."""
        tried = self.appearance.marked(event.highlighted_event.option)
        self.screen.set_class(tried and isinstance(self.screen, CommandPalette), "-trying-out")

    def on_command_palette_closed(self, event: CommandPalette.Closed) -> None:
        """Return to the chosen theme; a theme that was opened is chosen after this."""
        self.appearance.try_out(None)
