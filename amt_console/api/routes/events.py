"""The route of live changes: server-sent events."""

# No postponed annotations here: FastAPI reads them.

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from sse_starlette.sse import EventSourceResponse

from amt_console.api.auth.callers import Callers
from amt_console.api.auth.errors import TooManyRequestsError
from amt_console.api.encoding import HEAD_KEY
from amt_console.api.events import EVERY_KIND, KEEP_ALIVE, EventKind, EventLog
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import BEARER, GuardedRoute, Responses, Serving, needs
from amt_console.model import Role
from amt_console.operations.protocol import NotPermittedError, OperationError
from amt_console.store import StoreError

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["events"])
SEND_SECONDS = 20.0
"""A client that takes nothing for so long is cut off."""
CHECK_SECONDS, TRUST_SECONDS = 5.0, 60.0
"""How often the caller is looked at again, and how long a stream goes on while that is not possible."""
PIECE_BYTES = 64 * 1024
"""More is not handed to a connection at once: what a client does not read stays out of memory."""
MEDIA_TYPE = "text/event-stream"
logger = logging.getLogger("amt_console.api")
_STREAM: Responses = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "description": "Events of the kinds `snapshot`, `alert` and `service`; their data are JSON",
    }
}


@router.get("/events", response_class=Response, **needs(Role.VIEWER, _STREAM))
async def events(
    request: Request,
    serving: Serving,
    kind: Annotated[list[EventKind] | None, Query(description="Only these kinds after the first event.")] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="The last `id` that was seen: what was missed comes first.")
    ] = None,
) -> Response:
    """What changes, as it changes. The first event is the whole snapshot, unless `Last-Event-ID` says what is known.

    `alert` has an alert as it is now, also when it ends; `service` a service; `snapshot` those keys of the snapshot's
    document that have changed, without services and alerts, or the whole document.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.scope.get(HEAD_KEY):
        return Response(media_type=MEDIA_TYPE, headers=headers)
    log = serving.events
    stream = _stream(request, log, frozenset(kind or EVERY_KIND), log.after(last_event_id))
    try:
        first = await anext(stream)
    except StopAsyncIteration:
        raise RequestError("unavailable", "the monitor ends, or too many clients follow its events") from None
    except BaseException:
        await stream.aclose()
        raise
    return EventSourceResponse(_from(first, stream), headers=headers, sep="\n", ping=0, send_timeout=SEND_SECONDS)


async def _from(first: bytes, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        yield first
        async for piece in stream:
            yield piece
    finally:
        await stream.aclose()


async def _stream(
    request: Request, log: EventLog, kinds: frozenset[EventKind], position: int | None
) -> AsyncGenerator[bytes, None]:
    """The stream of one client, in pieces."""
    loop = asyncio.get_running_loop()
    with log.listening() as admitted:
        if not admitted:
            return
        trusted = checked = loop.time()
        beats = log.beats
        if position is not None:
            yield KEEP_ALIVE
        while not log.closed:
            turn = log.turn()
            chunks: list[bytes] = []
            batches = None if position is None else log.since(position)
            if batches is None:
                whole = await asyncio.to_thread(log.whole)
                if whole is not None:
                    position = whole.number
                    chunks.append(whole.chunk(EVERY_KIND))
            elif batches:
                position = batches[-1].number
                chunks += (batch.chunk(kinds) for batch in batches)
            elif beats != log.beats:
                chunks.append(KEEP_ALIVE)
            beats = log.beats
            for chunk in chunks:
                for start in range(0, len(chunk), PIECE_BYTES):
                    yield chunk if len(chunk) <= PIECE_BYTES else chunk[start : start + PIECE_BYTES]
            now = loop.time()
            if now - checked >= CHECK_SECONDS:
                checked = now
                verdict = await _may_stay(request)
                if verdict is False or (verdict is None and now - trusted >= TRUST_SECONDS):
                    return
                trusted = now if verdict else trusted
            if position is None or position == log.number:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(turn.wait(), CHECK_SECONDS)


async def _may_stay(request: Request) -> bool | None:
    """Whether the caller still has access; ``None`` where that cannot be said now."""
    callers: Callers = request.app.state.callers
    try:
        return (await callers.again(request)).actor.role.includes(Role.VIEWER)
    except (NotPermittedError, TooManyRequestsError):
        # Only wrong tokens are counted here: too many of them is no reason to trust this one.
        return False
    except (OperationError, StoreError):
        return None
