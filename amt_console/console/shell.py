"""The shell of the app: how it ends, its colours and alphabet, jobs on threads, messages. No data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any, TypeVar

from rich.console import RenderableType
from textual.app import App
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen

from amt_console.console import themes
from amt_console.console.actions import Tone
from amt_console.console.ascii_filter import AsciiFilter
from amt_console.console.bindings import key_names
from amt_console.console.preferences import Preferences
from amt_console.console.safety import harden_toolkit
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.terminal import ConsoleDriver, TerminalGuard
from amt_console.console.tight_update import tightened
from amt_console.keys import USUAL_KEYS
from amt_console.operations.protocol import OperationError
from amt_console.text import safe_text
from widgets.look import Look, Palette

ResultT = TypeVar("ResultT")
INTERNAL = 70
"""Exit code after a fault of the console itself."""
_log = logging.getLogger(__name__)


class Done(Message):
    """A job on a thread ended; what follows runs on the app's loop."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self.then = then


class ConsoleShell(App[None], inherit_bindings=False):
    """What any live screen on a remote terminal needs, whatever it shows."""

    def __init__(self, *, ascii_only: bool, mouse: bool) -> None:
        harden_toolkit()
        self.guard: TerminalGuard | None = None
        self.ascii_only = ascii_only
        self.zone: tzinfo | None = None
        """Time zone of the moments shown; ``None`` is the host's."""
        self.exit_message: str | None = None
        self.progress = ""
        """How far something is, for the key line."""
        super().__init__(driver_class=ConsoleDriver)
        self._mouse = mouse
        self._ascii_filter = AsciiFilter()
        self._title_written = ""
        self.animation_level = "none"
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        if self.theme == "textual-dark":
            self.theme = themes.first_theme()

    def prefer(self, preferences: Preferences) -> None:
        """Look and act as the person wants it. Callable from any thread."""
        self.post_message(Done(partial(self.take_preferences, preferences)))

    def take_preferences(self, preferences: Preferences) -> None:
        """Do so now. What this session's environment says of colours goes first."""
        if preferences.theme is not None and self.theme == themes.DARK.name:
            self.theme = preferences.theme
        self.ascii_only = self.ascii_only or preferences.ascii_only
        self.zone = preferences.zone
        self.set_keymap(preferences.keymap)
        if not preferences.mouse and isinstance(self._driver, ConsoleDriver):
            self._driver.leave_mouse()
        self.relook()

    def key_of(self, name: str) -> str:
        """The first key that does a thing, as it is printed on the key."""
        usual = next(names[name] for names in USUAL_KEYS.values() if name in names)
        return key_names(self._keymap.get(name, usual).split(",")[0])

    def after_run(self) -> None:
        """Called when the terminal is as it was before."""

    def on_mount(self) -> None:
        """Draw the whole screen when the process comes back from the shell: the terminal has forgotten it."""
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())

    def relook(self) -> None:
        """Draw everything with the present colours."""

    def after_job(self) -> None:
        """Called when a job has succeeded."""

    def run(self, **options: Any) -> None:
        """Run until the person leaves, the process is told to end, or the terminal vanishes."""
        options.setdefault("mouse", self._mouse)
        with TerminalGuard(self._end_from_outside, self._let_go) as guard:
            self.guard = guard
            try:
                super().run(**options)
            finally:
                self.after_run()
            if guard.exit_code is not None:
                self._return_code = guard.exit_code

    def _end_from_outside(self, code: int) -> None:
        loop = getattr(self, "_loop", None)
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(partial(self.exit, return_code=code))

    def _let_go(self) -> None:
        driver = self._driver
        if isinstance(driver, ConsoleDriver):
            driver.let_go()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, tightened(renderable))

    def _fatal_error(self) -> None:
        """A fault of the console itself: one line for the person; the details go to the log."""
        _log.exception("the console failed")
        error = self._exception
        what = f"{type(error).__name__}: {safe_text(error)}" if error is not None else "unknown error"
        self.exit_message = f"The console failed ({what}). This is a fault of amt-console; the log has the details."
        self._return_code = INTERNAL
        self._close_messages_no_wait()

    @property
    def look(self) -> Look:
        """The theme's colours, the alphabet and the time zone."""
        variables = self.theme_variables or self.get_css_variables()
        return Look(Palette.from_variables(variables, ansi=self.current_theme.ansi), self.ascii_only, self.zone)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables, for themes that are not ours."""
        return themes.fallback_variables(dark=self.current_theme.dark)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """In ASCII mode nothing else leaves."""
        filters = super().get_line_filters()
        return [*filters, self._ascii_filter] if self.ascii_only else filters

    def _watch_theme(self, theme_name: str) -> None:
        super()._watch_theme(theme_name)
        self.call_later(self.relook)

    def write_title(self, title: str) -> None:
        """Set the title of the terminal's window; the one before comes back at the end.

        Args:
            title: ASCII of our own, never upstream text.
        """
        driver = self._driver
        if title != self._title_written and isinstance(driver, ConsoleDriver):
            first = "" if self._title_written else "\x1b[22;2t"
            driver.write(f"{first}\x1b]2;{title}\x07")
            self._title_written = title

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        self.notify(safe_text(message, 300), severity=tone, timeout=4 if tone == "information" else 8, markup=False)

    def note(self, text: str) -> None:
        """Show in the key line how far something is. Callable from any thread."""
        self.post_message(Done(partial(self._noted, safe_text(text, 100))))

    def _noted(self, text: str) -> None:
        self.progress = text
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.show_progress(text)

    def on_done(self, event: Done) -> None:
        """Go on with what a thread has found, unless the screens are gone: the end has begun."""
        if self.screen_stack:
            event.then()

    def job(self, work: Callable[[], ResultT], done: Callable[[ResultT], None]) -> None:
        """Run blocking work on a thread, then ``done`` on the loop; a failure is told to the person."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                if not isinstance(error, (OperationError, OSError)):
                    _log.warning("an action failed", exc_info=True)
                self.post_message(Done(partial(self.tell, safe_text(error) or type(error).__name__, "error")))
            else:
                self.post_message(Done(partial(self._finish, done, result)))

        self.run_worker(run, thread=True, exit_on_error=False, group="action")

    def _finish(self, done: Callable[[ResultT], None], result: ResultT) -> None:
        done(result)
        self.after_job()
