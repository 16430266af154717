"""One plugin's process, in a process group of its own. Blocks: run it in a thread."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO

from amt_console.process_group import end_group

MAX_OUTPUT_BYTES = 64 * 1024
"""What is kept of the output; the rest is read and dropped, so that the plugin never blocks on it."""
_MAX_ERROR_BYTES = 4096
_READ_BYTES = 65536
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class PluginEnd:
    """How a plugin ended."""

    code: int | None
    """Its exit code, negative for a signal; ``None`` if it did not end in time."""
    output: str
    """The beginning of its standard output, or of standard error if that is all it wrote."""
    seconds: float


class PluginProcess:
    """Runs a command once. The group is ended whatever happens, also children that hold the output open.

    Args:
        command: Program and arguments.
        environment: All variables that it gets.
        timeout: Seconds until its group is ended.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], timeout: float) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)
        self._timeout = timeout
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End it early; from any thread."""
        self._cancelled.set()

    def run(self) -> PluginEnd:
        """Run it to its end or to the deadline.

        Raises:
            OSError: It cannot be started.
        """
        began = monotonic()
        process = subprocess.Popen(  # noqa: S603 - the command is the user's, an argument list without a shell
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            cwd="/",
            start_new_session=True,
        )
        output, errors = _Kept(process.stdout, MAX_OUTPUT_BYTES), _Kept(process.stderr, _MAX_ERROR_BYTES)
        try:
            ended = self._follow(process, (output, errors), began + self._timeout)
            seconds = monotonic() - began
        finally:
            end_group(process, self._cancelled)
            output.close()
            errors.close()
        text = bytes(output.kept or errors.kept).decode("utf-8", "replace")
        return PluginEnd(process.returncode if ended else None, text, seconds)

    def _follow(self, process: subprocess.Popen[bytes], streams: tuple[_Kept, ...], until: float) -> bool:
        """Read until it has ended; whether it has. What it wrote before its end is all there then."""
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream.file, selectors.EVENT_READ, stream.read)
            watch = _end_watch(process.pid)
            if watch is not None:
                selector.register(watch, selectors.EVENT_READ, None)
            try:
                while process.poll() is None:
                    left = until - monotonic()
                    if left <= 0 or self._cancelled.is_set():
                        return False
                    # Without a watch, and to see a cancellation, look again soon.
                    for key, _ in selector.select(min(left, _POLL_SECONDS if watch is None else 10 * _POLL_SECONDS)):
                        if key.data is not None and not key.data():
                            selector.unregister(key.fileobj)
                for stream in streams:
                    stream.rest()
                return True
            finally:
                if watch is not None:
                    os.close(watch)


def _end_watch(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; ``None`` where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


class _Kept:
    """A stream of which the beginning is kept."""

    def __init__(self, file: IO[bytes] | None, limit: int) -> None:
        assert file is not None
        self.file = file
        self.kept = bytearray()
        self._limit = limit
        os.set_blocking(file.fileno(), False)

    def read(self) -> bool:
        """Read what is there; whether more may come."""
        try:
            piece = os.read(self.file.fileno(), _READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.kept += piece[: self._limit - len(self.kept)]
        return bool(piece)

    def rest(self) -> None:
        """Read what is left, as far as it is kept: a child may go on writing for ever."""
        before = -1
        while before < len(self.kept) < self._limit:
            before = len(self.kept)
            self.read()

    def close(self) -> None:
        """Close our end; a child that still writes is told so."""
        self.file.close()
