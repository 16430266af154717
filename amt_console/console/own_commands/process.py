"""The process of an own command, in a process group of its own. Blocks: run it on a thread."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO

from amt_console.console.own_commands.kept_output import KeptOutput
from amt_console.process_group import end_group
from amt_console.text import duration, safe_text

_READ_BYTES = 65536
_REST_READS = 64
"""After the end, what still stands in the pipe is read, but not what a child that left the group goes on writing."""
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended."""

    exit_code: int | None
    """128 and more for a signal; ``None`` if it did not start or was ended by the console."""
    words: str
    seconds: float

    @property
    def well(self) -> bool:
        """Whether it ended by itself and found nothing wrong."""
        return self.exit_code == 0


class CommandProcess:
    """Runs a program once. Its whole group is ended at the end, whatever happens.

    Args:
        command: Program and arguments.
        environment: All variables that it gets.
        timeout: Seconds until it is ended.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> None:
        self.output = KeptOutput()
        self._command = tuple(command)
        self._environment = dict(environment)
        self._timeout = timeout
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End it early; from any thread."""
        self._stopped.set()

    def run(self) -> CommandEnd:
        """Run it to its end, or until it is stopped or its time is over."""
        began = monotonic()
        try:
            process = subprocess.Popen(  # noqa: S603 - the person's own command, an argument list without a shell
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            program = safe_text(self._command[0], 60)
            return CommandEnd(None, f"{program} cannot be started: {reason or error}", monotonic() - began)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        try:
            why = self._follow(process, process.stdout, began + self._timeout)
            seconds = monotonic() - began
        finally:
            end_group(process)
            self._rest(process.stdout)
            process.stdout.close()
        if why is not None:
            return CommandEnd(None, why, seconds)
        return CommandEnd(*_ending(process.returncode), seconds)

    def _follow(self, process: subprocess.Popen[bytes], stream: IO[bytes], until: float) -> str | None:
        """Read until it has ended; why the console must end it, if it must."""
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while process.poll() is None:
                left = until - monotonic()
                if self._stopped.is_set():
                    return "stopped"
                if left <= 0:
                    return f"it did not end within {duration(self._timeout)}, and was ended"
                for _ in selector.select(min(left, _LOOK_SECONDS)):
                    if not self._read(stream):
                        selector.unregister(stream)
        return None

    def _read(self, stream: IO[bytes]) -> bool:
        """Read what is there; whether more may come."""
        try:
            data = os.read(stream.fileno(), _READ_BYTES)
        except BlockingIOError:
            return True
        self.output.add(data)
        return bool(data)

    def _rest(self, stream: IO[bytes]) -> None:
        for _ in range(_REST_READS):
            before = self.output.total
            if not self._read(stream) or self.output.total == before:
                return


def _ending(code: int) -> tuple[int, str]:
    if code >= 0:
        return code, f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return 128 - code, f"ended by {name}"
