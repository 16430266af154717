"""A small real HTTP server on a loopback port whose answers a test switches while it runs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.fair_time import fair_time


class Platform:
    """Answers every path with ``status`` and ``body``, or not at all while ``hanging`` is set.

    Attributes:
        status: The status code of the next answers.
        cut_off: Locations, by the header ``X-Location`` of the request, that are answered with 503.
        bodies: Body by path; others are answered with ``{"status": "ok"}``.
        asked: How often each path was asked for.
        hanging: Whether answers are held back.
        most_at_once: The most requests that were ever being answered at the same time.
    """

    def __init__(self) -> None:
        self.status = 200
        self.cut_off: set[str] = set()
        self.bodies: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self.hanging = False
        self.changed = threading.Condition()
        self.most_at_once = 0
        self._answering = 0
        self._release = threading.Event()
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        with self.changed:
            self.asked[request.path] += 1
            self._answering += 1
            self.most_at_once = max(self.most_at_once, self._answering)
            self.changed.notify_all()
        try:
            self._answer(request)
        finally:
            with self.changed:
                self._answering -= 1

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.hanging:
            self._release.wait(30)
        body = self.bodies.get(request.path, b'{"status": "ok"}')
        try:
            request.send_response(503 if request.headers.get("X-Location") in self.cut_off else self.status)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            request.close_connection = True

    def wait_asked(self, path: str, times: int, timeout: float = 30.0) -> None:
        """Wait until a path was asked for so often in all. Raises AssertionError when it takes too long."""
        deadline = fair_time() + timeout
        with self.changed:
            while self.asked[path] < times:
                assert fair_time() < deadline, f"{path} was not asked for"
                self.changed.wait(0.5)

    def close(self) -> None:
        """Stop serving and let go of hanging requests."""
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def serving() -> Iterator[Platform]:
    """A platform that answers until the block ends."""
    platform = Platform()
    try:
        yield platform
    finally:
        platform.close()
