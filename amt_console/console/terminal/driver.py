"""Textual's driver for a terminal that may hang up or stall."""

from __future__ import annotations

import errno
import os
import select
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable
from threading import Event
from typing import Any, Protocol, cast

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from amt_console.console.terminal.guard import TerminalGuard
from amt_console.console.terminal.input_end import InputEnd
from amt_console.console.terminal.keyboard import LONGEST_PASTE, LONGEST_TYPED_LINE, Keyboard
from amt_console.console.terminal.sent import Sent

BURST_SECONDS = 0.01
"""Seconds between two keys; quicker ones are a burst (typed ahead or pasted)."""
HANDOVER_SECONDS = 0.002
"""Longest wait of the app for the thread that reads or for the one that writes. A stalled terminal costs no more."""


class GuardedApp(Protocol):
    """An app with a terminal guard."""

    guard: TerminalGuard | None


class ConsoleDriver(LinuxDriver):
    """Textual's Linux driver that detaches from a terminal after a hang-up."""

    gone = False
    """Whether the terminal hung up; then nothing is written any more."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._guard = cast(GuardedApp, app).guard
        self._suspending = False
        self.exit_event = self._input_end = InputEnd()
        self._unsent: list[Message] = []
        self.sent = 0
        """Characters written so far."""
        self._output = self._file = Sent(self._file)  # type: ignore[arg-type,assignment]
        self._passed_on = Event()
        """Whether the app has got all that was read."""
        self._passed_on.set()

    def write(self, data: str) -> None:
        """Write, unless the terminal hung up: a full queue to a dead terminal would block the loop."""
        if not self.gone:
            self.sent += len(data)
            self._output.begin()
            super().write(data)

    def keys_wait(self) -> bool:
        """Whether something was typed that the app has not handled yet. It has it with the next turn of its loop."""
        queue: Iterable[Message | None] = self._app._message_queue.values
        if any(isinstance(message, events.Key) for message in queue):
            return True
        if self.gone or self._key_thread is None or not self._key_thread.is_alive():
            return False
        if self._passed_on.is_set():
            self._passed_on.clear()  # before the look: what is readable then is passed on after this
            if not select.select([self.fileno], [], [], 0)[0]:
                self._passed_on.set()
                return False
        self._passed_on.wait(HANDOVER_SECONDS)
        return True

    def hand_over(self) -> None:
        """Let the writing thread send what was written, before the app goes on to other work."""
        if not self.gone:
            self._output.wait(HANDOVER_SECONDS)

    def run_input_thread(self) -> None:
        """Read keys until the app ends or the terminal hangs up."""
        try:
            self._read_keys()
        except OSError:
            if self._guard is not None:
                self._guard.terminal_gone()
        finally:
            self._passed_on.set()

    def _read_keys(self) -> None:
        keyboard = Keyboard(XTermParser(self._debug))
        burst_began = read_at = 0.0
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            if self._readable(None if keyboard.rests else constants.ESCAPE_DELAY):
                self._passed_on.clear()
                now = time.monotonic()
                continues = now - read_at < BURST_SECONDS
                text = decode(self._read())
                # Nobody types this much at once: what follows directly belongs to the same paste.
                while LONGEST_TYPED_LINE <= len(text) < LONGEST_PASTE:
                    if not self._readable(BURST_SECONDS):
                        break
                    text += decode(self._read())
                burst_began = burst_began if continues else now
                messages = keyboard.feed(text, continues=continues)
                self._pass_on(messages, burst_began)
                read_at = time.monotonic()
            elif not self.exit_event.is_set():
                self._pass_on(keyboard.pause(), burst_began)

    def _pass_on(self, messages: Iterable[Message], came_at: float) -> None:
        """Pass messages to the app, all keys of a burst together.

        The app gets them together: it would draw between them, and a key pressed meanwhile would seem part of the
        burst.
        """
        for message in messages:
            if isinstance(message, events.Key):
                message.time = came_at
            self.process_message(message)
        unsent, self._unsent = self._unsent, []
        if unsent:
            self._loop.call_soon_threadsafe(self._post, unsent)
        self._passed_on.set()

    def send_message(self, message: Message) -> None:
        """Hold back a message of the input thread until the rest of its burst is read."""
        self._unsent.append(message)

    def _post(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._app.post_message(message)

    def _readable(self, seconds: float | None) -> bool:
        ready = select.select([self.fileno, self._input_end], [], [], seconds)[0]
        return self.fileno in ready

    def _read(self) -> bytes:
        data = os.read(self.fileno, 4096)
        if not data:
            raise OSError(errno.EIO, "the terminal has hung up")
        return data

    def leave_mouse(self) -> None:
        """Stop mouse reporting: the terminal's own selection works again."""
        self._disable_mouse_support()
        self._mouse = False

    def let_go(self) -> None:
        """Stop reading and writing immediately."""
        self.gone = True
        self.exit_event.set()

    def suspend_application_mode(self) -> None:
        """Restore the terminal while the app is suspended."""
        self._suspending = True
        try:
            super().suspend_application_mode()
        finally:
            self._suspending = False

    def close(self) -> None:
        """Restore the window title and write the rest of the output."""
        if not self.gone:
            super().write("\x1b[23;2t")
            super().close()
        if self._suspending:
            return
        self._input_end.close()
        if self._guard is not None:
            self._guard.restored()
