"""The console of `support.console_script`, or any program, on a pseudo terminal, and the bytes that it writes there.

`support.terminal` reads all the time and shows the screen that a person would see. This one reads only when the test
does, so that a test can let the terminal stall.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from support import template_process
from support.fair_time import fair_time

TESTS = Path(__file__).resolve().parent.parent


class RawTerminal:
    """Starts the console on a terminal of its own; ``output`` collects the bytes that were read."""

    def __init__(
        self,
        arguments: Sequence[str] = (),
        *,
        command: Sequence[str] | None = None,
        size: tuple[int, int] = (80, 24),
        env: dict[str, str] | None = None,
        ignore_hangup: bool = False,
    ) -> None:
        self.master, slave = pty.openpty()
        width, height = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.attributes = termios.tcgetattr(slave)
        self.output = b""

        def ignoring_hangup() -> None:
            template_process.take_terminal()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        environment = {**os.environ, "PYTHONPATH": str(TESTS), **(env or {})}
        self.process = template_process.start(
            command or [sys.executable, "-m", "support.console_script", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            **({"preexec_fn": ignoring_hangup} if ignore_hangup else {"own_terminal": True}),
        )
        self._slave = slave

    def __enter__(self) -> RawTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for descriptor in (self.master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def stop_output(self) -> None:
        """Take no more output, as after ctrl+s or on a lost connection: whoever writes waits."""
        termios.tcflow(self._slave, termios.TCOOFF)

    def continue_output(self) -> None:
        """Take output again."""
        termios.tcflow(self._slave, termios.TCOON)

    def resize(self, columns: int, lines: int) -> None:
        """Change the terminal's size as a window does."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._slave)
        os.close(self.master)

    def read(self, seconds: float, until: Callable[[bytes], bool] = lambda output: False) -> bytes:
        """Collect output until a condition holds or the time is over; returns what came."""
        start = len(self.output)
        end = fair_time() + seconds
        while not until(self.output) and fair_time() < end:
            ready, _, _ = select.select([self.master], [], [], min(seconds, 0.05))
            if ready:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    break
        return self.output[start:]

    def expect(self, text: str, seconds: float = 15.0) -> None:
        """Wait for a text; fails with the output if it does not come."""
        wanted = text.encode()
        self.read(seconds, lambda output: wanted in output)
        assert wanted in self.output, f"{text!r} did not come: {self.output[-2000:]!r}"

    def wait(self, seconds: float) -> int:
        """Wait for the end and return the exit code; keeps reading meanwhile."""
        end = fair_time() + seconds
        while self.process.poll() is None and fair_time() < end:
            self.read(0.05)
        code = self.process.poll()
        assert code is not None, f"still running after {seconds} s: {self.output[-500:]!r}"
        self.read(0.2)
        return code

    def wait_blind(self, seconds: float) -> int:
        """Wait for the end without reading anything; returns the exit code."""
        end = fair_time() + seconds
        while (code := self.process.poll()) is None:
            assert fair_time() < end, f"still running after {seconds} s"
            time.sleep(0.02)
        return code

    def is_restored(self) -> bool:
        """Whether modes and screen are as they were before."""
        back = self.output.rfind(b"\x1b[?1049l")
        there = back > self.output.rfind(b"\x1b[?1049h")
        return there and b"\x1b[?25h" in self.output[back:] and termios.tcgetattr(self._slave) == self.attributes
