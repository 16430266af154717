"""Reports of a job to a monitor: each in a bounded time, whatever becomes of it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from amt_console.api.client.address import MonitorAddress, client_context
from amt_console.api.client.http import Disconnected, HttpClient, UnreadableAnswer

TRY_SECONDS = 2.0
"""For the connection, and for each part of the answer."""
END_SECONDS = 5.0
"""For the report of the end, with all its tries."""
PAUSE_SECONDS = 0.5
_LASTING = (404, 411, 413, 422)
"""Answers that another try does not change."""


@dataclass(frozen=True, slots=True)
class Pinger:
    """Reports of one job.

    Args:
        address: The monitor.
        key: The job's key.
        ca_file: The authority of the monitor's certificate, if not one of the system's.
    """

    address: MonitorAddress
    key: str
    ca_file: str | None = None
    run: UUID = field(default_factory=uuid4)
    """So that the start and the end of one run belong together where several overlap."""

    def start(self) -> str | None:
        """Report that it starts; returns why that failed."""
        return self._try("/start", {}, None)

    def end(self, code: int, duration_ms: float, output: bytes = b"", *, insist: bool = True) -> str | None:
        """Report how it ended; returns why that failed.

        Args:
            code: Its exit code.
            duration_ms: How long it took.
            output: The end of what it printed.
            insist: Try again for a few seconds: the monitor may be starting anew.
        """
        headers = {"amt-duration-ms": f"{duration_ms:.3f}", "content-type": "text/plain; charset=utf-8"}
        until = time.monotonic() + (END_SECONDS if insist else 0.0)
        while True:
            failed = self._try(f"/{code}", headers, output)
            if failed is None or failed in map(str, _LASTING) or time.monotonic() + PAUSE_SECONDS >= until:
                return _WORDS.get(failed, failed) if failed is not None else None
            time.sleep(PAUSE_SECONDS)

    def _try(self, target: str, headers: dict[str, str], body: bytes | None) -> str | None:
        target = f"/ping/{self.key}{target}?rid={self.run}"
        context = client_context(self.ca_file) if self.address.secure else None
        with closing(HttpClient(self.address, context)) as client:
            try:
                answer = client.exchange("POST", target, headers, body or b"", timeout=TRY_SECONDS)
            except TimeoutError:
                return "it does not answer"
            except OSError as error:
                return error.strerror or str(error) or type(error).__name__
            except (Disconnected, UnreadableAnswer) as error:
                return str(error) or "its answer cannot be read"
        return None if answer.status == 200 else str(answer.status)


_WORDS = {"404": "it knows no job with this key", "413": "the output is too large", "503": "it cannot store the report"}
