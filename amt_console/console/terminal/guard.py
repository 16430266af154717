"""Checks the terminal, watches for a hang-up, and restores it at the end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any

from amt_console.text import locale_speaks_utf8

RESTORE_SECONDS = 1.5
"""Seconds for the app to end by itself; then the terminal is restored by force and the process ends."""
CLOSE_SECONDS = 10.0
"""Seconds for the session to close after the terminal was restored."""
GONE_EXIT_CODE = 128 + signal.SIGHUP
_LOOK_SECONDS = 1.0
_RESTORE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)
"""Turns off the paste, wrap, resize, mouse and keyboard modes; shows the normal screen and the cursor."""


def check_terminal(env: Mapping[str, str] = os.environ) -> str | None:
    """Why the console cannot run on this terminal, as a message; ``None`` if it can."""
    streams = (
        ("standard input", sys.__stdin__),
        ("standard output", sys.__stdout__),
        ("standard error", sys.__stderr__),
    )
    for name, stream in streams:
        try:
            there = stream is not None and stream.isatty()
        except ValueError:
            there = False
        if not there:
            return f"The console needs a terminal, but {name} is not one."
    if env.get("TERM", "") in ("", "dumb"):
        return "The console needs a terminal that can move its cursor, but TERM is dumb or not set."
    return None


def ascii_needed(env: Mapping[str, str] = os.environ) -> bool:
    """Whether the locale or stdout is limited to ASCII."""
    if not locale_speaks_utf8(env):
        return True
    encoding = getattr(sys.__stderr__, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig", "utf16", "utf32", "gb18030")


class TerminalGuard:
    """Ends the console on SIGTERM, SIGHUP and a terminal hang-up, by force if it does not end by itself.

    Watches on its own thread, because a stalled terminal blocks the app's loop.
    """

    def __init__(self, end: Callable[[int], None], let_go: Callable[[], None]) -> None:
        """Args:
        end: Asks the app to end with an exit code; called from any thread or from a signal handler.
        let_go: Stops the app's reading and writing of the terminal.
        """
        self._end = end
        self._let_go = let_go
        self._fd = 0
        self._attributes: list[Any] | None = None
        self._ending = threading.Event()
        self._restored = threading.Event()
        self._closed = threading.Event()
        self._gone = False
        self.exit_code: int | None = None
        """The exit code if it was ended from outside, else ``None``."""
        self._former: dict[int, Any] = {}

    def __enter__(self) -> TerminalGuard:
        with contextlib.suppress(termios.error, ValueError, OSError):
            self._attributes = termios.tcgetattr(self._fd)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                former = signal.getsignal(number)
                if former is not signal.SIG_IGN:
                    self._former[number] = former
                    signal.signal(number, self._on_signal)
        if self._attributes is not None:
            threading.Thread(target=self._watch, name="amt-terminal", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._restored.set()
        for number, former in self._former.items():
            signal.signal(number, former)

    def restored(self) -> None:
        """Note that the app has restored the terminal; only the session is left to close."""
        self._restored.set()
        threading.Thread(target=self._limit_closing, name="amt-close-limit", daemon=True).start()

    def terminal_gone(self) -> None:
        """The terminal hung up: detach from it and end."""
        self._gone = True
        self._let_go()
        self._request(GONE_EXIT_CODE)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._request(128 + number)

    def _request(self, exit_code: int) -> None:
        if self._ending.is_set():
            return
        self._ending.set()
        self.exit_code = exit_code
        threading.Thread(target=self._force, name="amt-force-end", daemon=True).start()
        self._end(exit_code)

    def _watch(self) -> None:
        """Wait until the terminal hangs up. Polls every second as well: some systems do not report a hang-up."""
        poll = select.poll()
        poll.register(self._fd, 0)
        while not self._restored.is_set():
            try:
                events = poll.poll(_LOOK_SECONDS * 1000)
                termios.tcgetattr(self._fd)
            except (OSError, termios.error):
                events = [(self._fd, select.POLLHUP)]
            if events and not self._restored.is_set():
                self.terminal_gone()
                return

    def _force(self) -> None:
        if self._restored.wait(RESTORE_SECONDS):
            return
        if not self._gone:
            self._restore_by_force()
        os._exit(self.exit_code or GONE_EXIT_CODE)

    def _restore_by_force(self) -> None:
        """Restore the terminal although a writer is stuck: drop pending output, never block."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
        if self._attributes is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, self._attributes)
        with contextlib.suppress(OSError):
            os.set_blocking(2, False)
            try:
                os.write(2, _RESTORE)
            finally:
                os.set_blocking(2, True)

    def _limit_closing(self) -> None:
        if not self._closed.wait(CLOSE_SECONDS):
            os._exit(self.exit_code or 0)
