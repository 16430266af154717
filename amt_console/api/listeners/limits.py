"""Around the application: how large a body may be, how long a request may take, and what a fault looks like outside."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
REQUEST_SECONDS = 30.0
"""From the head of a request to the last byte of its answer."""
logger = logging.getLogger("amt_console.api")


class Limits:
    """Middleware; the outermost."""

    def __init__(self, app: ASGIApp, *, seconds: float = REQUEST_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server for each request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not _body_allowed(scope):
            await _answer(send, 413, "the body is too large")
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, receive, sending)
        except TimeoutError:
            await self._give_up(scope, send, None if started else (503, "this takes too long"))
        except Exception:
            logger.exception("a request failed: %s %s", scope["method"], scope["path"])
            await self._give_up(scope, send, None if started else (500, "internal error; the monitor's log has more"))

    async def _give_up(self, scope: Scope, send: Send, answer: tuple[int, str] | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                if answer is not None:
                    await _answer(send, *answer)
                    return
        connection = scope.get("state", {}).get("connection")
        if connection is not None:
            connection.abort()


def _body_allowed(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return False
        if name == b"content-length" and (not value.isdigit() or len(value) > 9 or int(value) > MAX_BODY_BYTES):
            return False
    return True


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": "failed", "message": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
