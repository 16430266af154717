"""Access to routes: checked before the body of a request is read."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from amt_console.api import wire
from amt_console.api.auth.callers import Caller, Callers
from amt_console.api.auth.errors import TooManyRequestsError
from amt_console.api.auth.openings import OpeningLog
from amt_console.api.auth.rates import RateLimit
from amt_console.api.auth.refusals import Refusal
from amt_console.api.limits import MAX_BODY_BYTES, check_body, shown_path
from amt_console.api.problems import KINDS, RequestError, code_of
from amt_console.api.served import Served
from amt_console.model import Action, Role
from amt_console.operations.protocol import NotPermittedError, OperationError
from amt_console.text import safe_text

MAX_SESSION_CHARS = 64
ROLE_KEY = "x-role"
"""Key of an operation's least role in the OpenAPI description; ``none`` needs no token."""
PROBE_KEY = "x-probe"
"""Key of an operation that tokens of the role ``probe`` may use as well."""
OPEN = {ROLE_KEY: "none"}
"""The description of an operation that needs no token."""
BEARER = Security(HTTPBearer(auto_error=False, description="An access token; not needed on the unix socket."))
Responses = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    """The same for all problems of one code."""
    status: int
    detail: str
    """Details of this occurrence."""
    instance: str
    """The path of the request."""
    code: str
    """A short name for programs."""


def answers(**descriptions: str) -> Responses:
    """The problems of an operation, as ``s404="No such alert"``."""
    return {
        int(status.removeprefix("s")): {
            "description": text,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in descriptions.items()
    }


def needs(role: Role, responses: Responses | None = None, *, probes: bool = False) -> dict[str, Any]:
    """The options of a route for its least role.

    Args:
        role: The least role.
        responses: Further answers.
        probes: Whether tokens of the role ``probe`` may use it, too.
    """
    refusals = answers(
        s401="No valid access token; the answer is the same for every cause",
        s403="The caller's role does not allow it",
        s422="A value is not valid",
        s429="Too many requests, or too many wrong tokens from this address; `Retry-After` says when to try again",
        s503="The monitor or its database cannot answer now",
    )
    described = {ROLE_KEY: role.value, **({PROBE_KEY: True} if probes else {})}
    return {"openapi_extra": described, "responses": {**refusals, **(responses or {})}}


class GuardedRoute(APIRoute):
    """Authenticates the caller and checks the role before the rest of the request is read."""

    max_body = MAX_BODY_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Called once for each route."""
        handle = super().get_route_handler()
        described = self.openapi_extra or {}
        role = Role.PROBE if described.get(PROBE_KEY) else Role(described[ROLE_KEY])
        known = self.known_parameters()

        async def guarded(request: Request) -> Response:
            try:
                await _admit(request, role)
                check_body(request.scope, self.max_body)
                if known is not None:
                    _refuse_unknown(request, known)
                answer = await handle(request)
            except (NotPermittedError, TooManyRequestsError) as error:
                note_refusal(request, error)
                raise
            answer.headers.update(rate_headers(request))
            return answer

        return guarded

    def known_parameters(self) -> frozenset[str] | None:
        """The names of query parameters, if others are refused."""
        return None


class ExactRoute(GuardedRoute):
    """Refuses parameters that it does not have: a mistyped filter must not look like one that lets everything pass."""

    def known_parameters(self) -> frozenset[str] | None:
        """By the names under which they are sent."""
        return _query_names(self.dependant)


class OpenRoute(APIRoute):
    """A route without authentication: its requests are counted per address, and its body is limited."""

    max_body = MAX_BODY_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Called once for each route."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            try:
                request.app.state.callers.charge(request)
            except TooManyRequestsError as error:
                note_refusal(request, error)
                raise
            check_body(request.scope, self.max_body)
            return await handle(request)

        return limited


def rate_headers(request: Request) -> dict[str, str]:
    """``RateLimit-Policy`` and ``RateLimit`` of the caller's token."""
    rate: tuple[RateLimit, str] | None = getattr(request.state, "rate", None)
    if rate is None:
        return {}
    limit, key = rate
    return {"ratelimit-policy": f'"token";{limit.headers}', "ratelimit": f'"token";r={limit.left(key)}'}


def _query_names(dependant: Dependant) -> frozenset[str]:
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*map(_query_names, dependant.dependencies))


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    for name in request.query_params:
        if name not in known:
            there_are = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise RequestError("invalid", f"{safe_text(name, 60)}: this resource has no such parameter; {there_are}")


async def _admit(request: Request, role: Role) -> None:
    """Authenticate the caller, and note a console as present. Raises NotPermittedError, TooManyRequestsError."""
    callers: Callers = request.app.state.callers
    found = request.state.caller = await callers.recognise(request)
    actor = found.actor
    if not actor.role.includes(role):
        raise NotPermittedError(f"{actor.name} has the role {actor.role}: this needs the role {role}")
    served: Served = request.app.state.served
    session = safe_text(request.headers.get(wire.SESSION_HEADER, ""), MAX_SESSION_CHARS)
    if served.openings is not None:
        await _note_opening(request, served.openings, found, session)
    if session:
        served.presence.seen(
            session,
            name=found.actor.name,
            place=found.place,
            may_monitor=found.own and wire.NEVER_MONITOR_HEADER not in request.headers,
        )


async def _note_opening(request: Request, openings: OpeningLog, found: Caller, session: str) -> None:
    token = found.token
    if token is not None and found.session is None and openings.token_is_new(token, found.place):
        await asyncio.to_thread(openings.write_token, token, found.actor, found.place)
    # A console that says goodbye to the monitor's successor opens nothing.
    if session and request.method == "GET" and openings.console_is_new(session):
        await asyncio.to_thread(openings.write_console, session, found.actor, found.place)


def note_refusal(request: Request, error: OperationError) -> None:
    served: Served = request.app.state.served
    if served.refusals is None:
        return
    callers: Callers = request.app.state.callers
    caller: Caller | None = getattr(request.state, "caller", None)
    code = code_of(error)
    served.refusals.note(
        Refusal(
            origin=callers.origin(request),
            status=KINDS[code].status,
            code=code,
            actor=caller.actor.name if caller is not None else None,
            target=f"{request.method} {shown_path(request.url.path)}",
        )
    )


async def _served(request: Request) -> Served:
    found: Served = request.app.state.served
    return found


async def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


Calling = Annotated[Caller, Depends(_caller)]
"""The authenticated caller."""
Serving = Annotated[Served, Depends(_served)]
"""The state of the application."""


Act = Callable[[Action[Any]], Any]


async def _acting(found: Calling, serving: Serving) -> Act:
    return partial(serving.operations.act, actor=found.actor)


Acting = Annotated[Act, Depends(_acting)]
"""Executes actions in the caller's name."""
