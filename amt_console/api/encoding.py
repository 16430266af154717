"""Middleware for what all answers share: compression, entity tags, and the methods HEAD and OPTIONS."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable

from starlette.routing import Route, Router, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from amt_console.api.content_coding import packed, prefers_gzip
from amt_console.api.wire import names_tag

HEAD_KEY = "amt_console.head"
"""In the scope of a request that came as HEAD."""
LEAST_BYTES = 1024
"""Smaller bodies are sent as they are."""
IN_A_THREAD_BYTES = 128 * 1024
"""Larger ones are compressed in a thread."""
_TEXTS = ("application/json", "application/problem+json", "text/calendar", "text/html")
Headers = list[tuple[bytes, bytes]]
Allowed = Callable[[str], Iterable[str]]


class PathMethods:
    """The methods of every path."""

    def __init__(self) -> None:
        self._found: list[tuple[re.Pattern[str], frozenset[str]]] = []

    def add(self, router: Router, prefix: str = "") -> None:
        """Add the routes of a router below a prefix."""
        for route in router.routes:
            if isinstance(route, Route):
                pattern, _, _ = compile_path(prefix + route.path)
                self._found.append((pattern, frozenset(route.methods or ())))

    def of(self, path: str) -> tuple[str, ...]:
        """The methods of a path, sorted; none of an unknown one."""
        found = frozenset[str]().union(*(methods for pattern, methods in self._found if pattern.match(path)))
        return tuple(sorted(found | {"HEAD"} if "GET" in found else found))


class AnswerForms:
    """Gives answers the form that the client asks for.

    A whole body gets an entity tag, and 304 where the client has it; it is compressed where that pays. HEAD is
    answered as GET without a body, OPTIONS with the methods of the path.

    Args:
        app: The application.
        allowed: The methods of a path.
        prefix: Paths below it and in ``also`` get tags and HEAD; others do that themselves.
        also: Further paths.
    """

    def __init__(self, app: ASGIApp, *, allowed: Allowed, prefix: str, also: Iterable[str] = ()) -> None:
        self._app = app
        self._allowed = allowed
        self._prefix = prefix
        self._also = frozenset(also)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called for each request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and (methods := tuple(self._allowed(scope["path"]))):
            headers = [(b"allow", ", ".join((*methods, "OPTIONS")).encode())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        path = scope["path"]
        mine = path.startswith(self._prefix) or path in self._also
        answer = _Answer(scope, send, tagged=mine and scope["method"] in ("GET", "HEAD"), allowed=self._allowed)
        if mine and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", HEAD_KEY: True}
        await self._app(scope, receive, answer.take)


class _Answer:
    """One answer on its way; held until its body is there, and let through where it comes in parts."""

    def __init__(self, scope: Scope, send: Send, *, tagged: bool, allowed: Allowed) -> None:
        self._scope = scope
        self._send = send
        self._tagged = tagged
        self._allowed = allowed
        self._start: Message | None = None

    async def take(self, message: Message) -> None:
        """A message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is None or message["type"] != "http.response.body" or message.get("more_body", False):
            if start is not None:
                await self._send(start)
            await self._send(message)
            return
        await self._whole(start, message.get("body", b""))

    async def _whole(self, start: Message, body: bytes) -> None:
        headers: Headers = list(start.get("headers", ()))
        status = start["status"]
        if status == 405:
            methods = ", ".join(self._allowed(self._scope["path"]))
            headers = [*(each for each in headers if each[0].lower() != b"allow"), (b"allow", methods.encode())]
        given = {name.lower(): value for name, value in headers}
        wanted = {name: value.decode("latin-1") for name, value in self._scope["headers"]}
        if status == 200 and self._tagged and b"etag" not in given:
            etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
            headers.append((b"etag", etag.encode()))
            if names_tag(wanted.get(b"if-none-match"), etag):
                kept = [each for each in headers if each[0].lower() not in (b"content-length", b"content-type")]
                await self._finish({**start, "status": 304, "headers": kept}, b"")
                return
        kind = given.get(b"content-type", b"").partition(b";")[0].strip().decode("latin-1")
        if len(body) >= LEAST_BYTES and b"content-encoding" not in given and kind in _TEXTS:
            if b"vary" not in given:
                headers.append((b"vary", b"accept-encoding"))
            if prefers_gzip(wanted.get(b"accept-encoding", "")):
                body = await asyncio.to_thread(packed, body) if len(body) > IN_A_THREAD_BYTES else packed(body)
                headers = [each for each in headers if each[0].lower() != b"content-length"]
                headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        await self._finish({**start, "headers": headers}, body)

    async def _finish(self, start: Message, body: bytes) -> None:
        await self._send(start)
        head = self._scope["method"] == "HEAD"
        await self._send({"type": "http.response.body", "body": b"" if head else body})
