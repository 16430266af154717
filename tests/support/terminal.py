"""Any program on a pseudo terminal, and the screen that a person would see there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte
from support import template_process
from support.fair_time import fair_time

WAIT_SECONDS = 30.0


class TerminalProgram:
    """Starts ``command`` on a pty of its own; the screen is kept up to date by a reading thread.

    Args:
        command: Program and arguments.
        columns: Width of the terminal.
        lines: Height of the terminal.
        env: Added to the environment.
        fork: Whether it may be a fork of a process that has imported the program already.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        env: Mapping[str, str] | None = None,
        fork: bool = True,
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self.raw = bytearray()
        self.closed = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {**os.environ, **(env or {})}
        self.process = template_process.start(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, fork=fork
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> TerminalProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.hang_up()
        self._reader.join(5)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._changed:
                if not data:
                    self.closed = True
                    self._changed.notify_all()
                    return
                self.raw += data
                with contextlib.suppress(Exception):
                    self._stream.feed(data)
                self._changed.notify_all()

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def cells(self) -> list[pyte.screens.Char]:
        """All cells of the screen with their colours."""
        with self._changed:
            lines = (self._screen.buffer[y] for y in range(self._screen.lines))
            return [line[x] for line in lines for x in range(self._screen.columns)]

    def press(self, keys: str) -> None:
        """Type."""
        self.press_bytes(keys.encode())

    def press_bytes(self, keys: bytes) -> None:
        """Type bytes, also those that are no text."""
        os.write(self._master, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Change the terminal's size as a window does."""
        with self._changed:
            self._screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal as a lost connection does."""
        with contextlib.suppress(OSError):
            os.close(self._master)

    def wait_for(self, condition: str | Callable[[str], bool], seconds: float = WAIT_SECONDS) -> str:
        """Wait until the screen shows a text or satisfies a condition; fails with the screen as it is."""
        holds = (lambda shown: condition in shown) if isinstance(condition, str) else condition
        deadline = fair_time() + seconds
        while True:
            with self._changed:
                # One look at both: what came last counts, although the program has ended meanwhile.
                shown = self.text
                if holds(shown):
                    return shown
                remaining = deadline - fair_time()
                if remaining <= 0 or self.closed:
                    raise AssertionError(f"never seen: {condition!r}; the screen shows:\n{shown}")
                self._changed.wait(min(remaining, 0.5))
