"""Start the process that makes a dashboard, and take its result."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading

from amt_console.operations.protocol import OperationError, UnavailableError
from amt_console.reports.dashboards.job import Dashboard, DashboardJob
from amt_console.text import safe_text

MOST_SECONDS = 120.0
"""A process that takes longer is killed."""
_COMMAND = (sys.executable, "-P", "-m", "amt_console.reports.dashboards.child")


class DashboardError(OperationError):
    """The dashboard could not be made."""


class Maker:
    """Makes dashboards, one at a time in each thread that calls it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def make(self, job: DashboardJob) -> Dashboard | None:
        """Make a dashboard; blocks. ``None`` if its data is that of the known one.

        Raises DashboardError, UnavailableError.
        """
        child = self._start()
        try:
            out, err = child.communicate(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL), timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            raise DashboardError(f"the dashboard was not made within {MOST_SECONDS:g} seconds") from None
        finally:
            with self._lock:
                self._children.discard(child)
            _end(child)
        return self._result(out, err, child.returncode)

    def close(self) -> None:
        """End what is being made. Idempotent."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        # A fixed seed: the digest of the data must not depend on the order of a set.
        env = {**os.environ, "PYTHONHASHSEED": "0"}
        with self._lock:
            if self._closed:
                raise UnavailableError("this process is ending")
            try:
                child = subprocess.Popen(  # noqa: S603 - this program itself
                    _COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=env, start_new_session=True
                )
            except OSError as error:
                raise DashboardError(f"the renderer could not be started: {error.strerror or error}") from error
            self._children.add(child)
        return child

    def _result(self, out: bytes, err: bytes, code: int) -> Dashboard | None:
        line, _, body = out.partition(b"\n")
        try:
            head = json.loads(line)
        except ValueError:
            head = {}
        if code == 0 and head.get("unchanged"):
            return None
        if code == 0 and "digest" in head:
            return Dashboard(body, head["policy"], head["digest"])
        if self._closed:
            raise UnavailableError("this process is ending")
        if (reason := head.get("error")) is not None:
            kind = UnavailableError if head.get("unavailable") else DashboardError
            raise kind(f"the dashboard could not be made: {safe_text(reason)}")
        if code == -signal.SIGKILL:
            raise DashboardError("the renderer was ended by the system (out of memory)")
        lines = err.decode("utf-8", "replace").strip().splitlines()
        tail = f": {safe_text(lines[-1], 300)}" if lines else ""
        raise DashboardError(f"the renderer failed (exit code {code}){tail}")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
    child.wait()
