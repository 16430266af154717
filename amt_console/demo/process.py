"""Start and stop the process of the simulated platform."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from amt_console.demo.listener import LOOPBACK
from amt_console.demo.server import USUAL_PORTS, ServerOptions
from amt_console.text import safe_text

_START_SECONDS = 30.0
_STOP_SECONDS = 3.0
_CONTROL_SECONDS = 5.0


class PlatformError(Exception):
    """The simulated platform cannot run; the text gives reason and remedy."""


class PlatformProcess:
    """The running platform. It ends with ``stop``, with the ``with`` block, or with this process.

    Args:
        options: Seed and ports.
        log: File for the process's messages; readable by its user only.

    Raises:
        PlatformError: It did not start, e.g. because a port is taken.
    """

    def __init__(self, options: ServerOptions, *, log: Path) -> None:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as complaints:
            os.fchmod(complaints.fileno(), 0o600)
            self._process = subprocess.Popen(  # noqa: S603 - our own module, with checked numbers and names
                _command(options),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        try:
            told = self._first_line(log)
        except BaseException:
            self.stop()
            raise
        self.ports: Mapping[str, int] = told["ports"]
        self.moved: tuple[str, ...] = tuple(told["moved"])
        """The parts on another port because their usual one is taken."""

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def url(self, part: str) -> str:
        """Base URL of ``api``, ``web`` or ``mobile``, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.ports[part]}"

    @property
    def control_url(self) -> str:
        """The page with the incidents, on the web app's port: it stays up during all of them."""
        return f"{self.url('web')}/control"

    def notices(self) -> tuple[str, ...]:
        """Notes about the ports."""
        return tuple(
            f"port {USUAL_PORTS[part]} is in use, so the simulated {part} listens on {self.ports[part]}"
            for part in self.moved
        )

    def start_incident(self, name: str, seconds: float) -> None:
        """Start an incident, like the control page; 0 seconds means until stopped there. Raises PlatformError."""
        wish = json.dumps({"active": True, "seconds": seconds})
        connection = http.client.HTTPConnection(LOOPBACK, self.ports["web"], timeout=_CONTROL_SECONDS)
        try:
            connection.request("POST", f"/control/incidents/{name}", wish, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise PlatformError(f"the simulated platform does not accept requests:  {error}") from None
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise PlatformError(safe_text(json.loads(told)["error"]))

    def stop(self) -> None:
        """Terminate the process, then kill it. Idempotent."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        for insist in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                insist()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _first_line(self, log: Path) -> dict[str, dict[str, int]]:
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if selector.select(_START_SECONDS) else b""
        try:
            told = json.loads(line)
        except ValueError:
            raise PlatformError(f"the simulated platform did not start; its messages are in {log}") from None
        if "error" in told:
            raise PlatformError(safe_text(told["error"]))
        return dict(told)


def _command(options: ServerOptions) -> list[str]:
    command = [sys.executable, "-m", "amt_console.demo.server", "--seed", str(options.seed)]
    for part, port in options.ports.items():
        if port is not None:
            command += [f"--{part}-port", str(port)]
    return command
