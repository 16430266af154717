"""Middleware that limits bodies and durations of requests and hides faults."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from amt_console.api.problems import KINDS, MEDIA_TYPE, RequestError, problem_body
from amt_console.redaction import MASK

MAX_BODY_BYTES = 64 * 1024
REQUEST_SECONDS = 30.0
"""Seconds from the head of a request to the last byte of its answer."""
STANDING_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Default headers of every answer; a page brings its own policy."""
TLS_HEADERS = ((b"strict-transport-security", b"max-age=31536000"),)
"""Further ones over TLS."""
_SECRET_PATHS = ("/ping/", "/acknowledge/")
logger = logging.getLogger("amt_console.api")


class RequestLimits:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, *, seconds: float = REQUEST_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server for each request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = finished = False

        async def sending(message: Message) -> None:
            nonlocal started, finished
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _with_standing(message.get("headers", ()), scope)}
                if any(value.startswith(b"text/event-stream") for _, value in message["headers"]):
                    limit.reschedule(None)
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as limit:
                await self._app(scope, receive, sending)
        except TimeoutError:
            await self._give_up(scope, send, None if started else ("timeout", "this takes too long"))
        except Exception:
            logger.exception("a request failed: %s %s", scope["method"], shown_path(scope["path"]))
            if not finished:
                answer = ("internal", "the monitor's log says more")
                await self._give_up(scope, send, None if started else answer)

    async def _give_up(self, scope: Scope, send: Send, answer: tuple[str, str] | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                if answer is not None:
                    await _answer(scope, send, *answer)
                    return
        connection = scope.get("state", {}).get("connection")
        if connection is not None:
            connection.abort()


def shown_path(path: str) -> str:
    """A path for logs and records: those whose next part is a secret are cut after it begins."""
    secret = next((start for start in _SECRET_PATHS if path.startswith(start)), None)
    return path if secret is None else f"{secret}{MASK}"


def check_body(scope: Scope, most: int = MAX_BODY_BYTES) -> None:
    """Check the headers of a request's body. Raises RequestError if it may not be read."""
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            raise RequestError("length_required", "a chunked body is not accepted: send a Content-Length")
        if name == b"content-length" and (not value.isdigit() or len(value) > 9 or int(value) > most):
            raise RequestError("too_large", f"a body has at most {most} bytes")


def _with_standing(headers: object, scope: Scope) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = list(headers)  # type: ignore[call-overload]
    names = {name.lower() for name, _ in found}
    standing = STANDING_HEADERS + TLS_HEADERS if scope.get("scheme") == "https" else STANDING_HEADERS
    return [*found, *(header for header in standing if header[0] not in names)]


async def _answer(scope: Scope, send: Send, code: str, detail: str) -> None:
    body = problem_body(code, detail, scope["path"])
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": KINDS[code].status, "headers": _with_standing(headers, scope)})
    await send({"type": "http.response.body", "body": body})
