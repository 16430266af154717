"""Run jobs in processes of the program: the memory of data and charts is freed with them."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amt_console.operations.protocol import UnavailableError
from amt_console.text import safe_text


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process said."""

    code: int
    out: bytes
    err: bytes


class JobProcesses:
    """Runs jobs, each in a process that reads it pickled from standard input. Thread-safe.

    Args:
        command: The process.
        env: Added to the environment.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.closed = False
        self._command = tuple(command)
        self._env = dict(env or {})
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()

    def run(self, job: Any, seconds: float) -> Ended:
        """Run one job; blocks.

        Raises:
            UnavailableError: This process is ending.
            OSError: The process could not be started.
            TimeoutExpired: It took longer, and was killed.
        """
        child = self._start()
        try:
            out, err = child.communicate(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL), seconds)
        finally:
            with self._lock:
                self._children.discard(child)
            end(child)
        if self.closed and child.returncode != 0:
            raise _ending()
        return Ended(child.returncode, out, err)

    def close(self) -> None:
        """End what runs; nothing more is started. Idempotent."""
        with self._lock:
            self.closed = True
            for child in self._children:
                child.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        pipe, env = subprocess.PIPE, {**os.environ, **self._env}
        with self._lock:
            if self.closed:
                raise _ending()
            child = subprocess.Popen(  # noqa: S603 - this program itself
                self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, start_new_session=True
            )
            self._children.add(child)
        return child


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs, and close its pipes."""
    if child.poll() is None:
        child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
    child.wait()


def why_it_failed(who: str, code: int, err: bytes, *, killed: str = "out of memory") -> str:
    """Why a process ended without an answer: ``killed`` if the system ended it, else its last words."""
    if code == -signal.SIGKILL:
        return f"{who} was ended by the system ({killed})"
    lines = err.decode("utf-8", "replace").strip().splitlines()
    tail = f": {safe_text(lines[-1], 300)}" if lines else ""
    return f"{who} failed (exit code {code}){tail}"


def _ending() -> UnavailableError:
    return UnavailableError("this process is ending")
