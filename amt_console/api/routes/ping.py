"""The route by which jobs report: ``/ping/KEY``, as Healthchecks has it."""

# No postponed annotations here: FastAPI reads them.

import asyncio
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse

from amt_console.api.auth.errors import TooManyRequestsError
from amt_console.api.auth.rates import RateLimit, address_key
from amt_console.api.routes.access import OPEN, OpenRoute, Serving, answers
from amt_console.clock import Clock
from amt_console.model.inbound import MAX_OUTPUT_BYTES, Ping, PingKind
from amt_console.operations.inbox import Inbox
from amt_console.operations.protocol import NotFoundError, UnavailableError
from amt_console.redaction import redacted
from amt_console.text import safe_text

MAX_PING_BYTES = 1024 * 1024
"""Of a ping's body; its end is kept."""
DURATION_HEADER = "amt-duration-ms"
"""How long the job took by its own clock."""
MAX_DURATION_MS = 366 * 86_400_000.0
UNKNOWN_KEYS, UNKNOWN_SECONDS = 10, 6.0
"""Unknown keys from one address at once; then one in so many seconds."""
PINGS, PING_SECONDS = 60, 1.0
"""The same for the reports of one job."""
_NUMBER = re.compile(r"^\d{1,9}(?:\.\d{1,6})?$")


class PingLimits:
    """How often jobs may report, and addresses may guess."""

    def __init__(self, clock: Clock) -> None:
        self.unknown = RateLimit(clock, burst=UNKNOWN_KEYS, seconds_each=UNKNOWN_SECONDS)
        self.job = RateLimit(clock, burst=PINGS, seconds_each=PING_SECONDS)


class _PingRoute(OpenRoute):
    max_body = MAX_PING_BYTES


router = APIRouter(route_class=_PingRoute, tags=["heartbeats"])
_ANSWERS = answers(
    s404="No job has this key",
    s422="`rid` is no UUID",
    s429="Too many requests, or too many unknown keys from this address",
    s503="The database cannot be written now",
)
Run = Annotated[
    UUID | None,
    Query(alias="rid", description="Which run, where several of the job may overlap: equal in start and end."),
]
Key = Annotated[str, Path(max_length=200, description="The job's key.")]


async def ping_success(request: Request, serving: Serving, key: Key, rid: Run = None) -> PlainTextResponse:
    """The job has ended well. A body is kept as its output."""
    return await _take(request, serving.inbox, key, PingKind.SUCCESS, rid)


async def ping_word(
    request: Request,
    serving: Serving,
    key: Key,
    word: Annotated[str, Path(description="`start`, `fail`, or the job's exit code from 0 to 255.")],
    rid: Run = None,
) -> PlainTextResponse:
    """The job starts, has failed, or has ended with an exit code: 0 is well, anything else is a failure."""
    if word in ("start", "fail"):
        return await _take(request, serving.inbox, key, PingKind(word), rid)
    if not (word.isascii() and word.isdigit() and len(word) <= 3 and int(word) <= 255):
        raise NotFoundError("a ping ends in /start, /fail or an exit code from 0 to 255")
    code = int(word)
    return await _take(request, serving.inbox, key, PingKind.FAIL if code else PingKind.SUCCESS, rid, code)


for _path, _ping in (("/ping/{key}", ping_success), ("/ping/{key}/{word}", ping_word)):
    for _method in ("GET", "POST", "HEAD"):
        router.add_api_route(
            _path,
            _ping,
            methods=[_method],
            name=_ping.__name__ if _method == "POST" else f"{_ping.__name__}_by_{_method.lower()}",
            response_class=PlainTextResponse,
            openapi_extra=OPEN,
            responses=_ANSWERS,
            include_in_schema=_method != "HEAD",
        )


async def _take(
    request: Request, inbox: Inbox | None, key: str, kind: PingKind, rid: UUID | None, exit_code: int | None = None
) -> PlainTextResponse:
    if inbox is None:
        raise UnavailableError("this process takes nothing from outside")
    limits: PingLimits = request.app.state.ping_limits
    name = inbox.heartbeat_of(key)
    if name is None:
        if wait := limits.unknown.take(address_key(request.app.state.callers.origin(request))):
            raise TooManyRequestsError(wait, "with unknown keys from this address")
        raise NotFoundError("no job has this key")
    if wait := limits.job.take(name):
        raise TooManyRequestsError(wait, "of this job")
    body = await request.body()

    def store() -> None:
        output = _output(body, inbox)
        run = None if rid is None else str(rid)
        inbox.take_ping(Ping(name, kind, inbox.now(), exit_code, _duration_ms(request), output, run))

    await asyncio.to_thread(store)
    return PlainTextResponse("OK")


def _output(body: bytes, inbox: Inbox) -> str | None:
    """The end of what the job printed."""
    # Twice as much, so that a secret at the cut is still seen as one.
    text = body[-2 * MAX_OUTPUT_BYTES :].decode("utf-8", "replace")
    plain = safe_text(redacted(text, inbox.known_secrets), 4 * MAX_OUTPUT_BYTES, keep_newlines=True)
    return plain[-MAX_OUTPUT_BYTES:].strip() or None


def _duration_ms(request: Request) -> float | None:
    value = request.headers.get(DURATION_HEADER, "")
    return min(float(value), MAX_DURATION_MS) if _NUMBER.match(value) else None
