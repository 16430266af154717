"""The HTTP application: all routes, and one handler for all errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from amt_console import __version__
from amt_console.api.auth.callers import Callers
from amt_console.api.auth.errors import TooManyRequestsError, UnknownCallerError
from amt_console.api.encoding import AnswerForms, PathMethods
from amt_console.api.plain_page import plain_page, wants_page
from amt_console.api.problems import MEDIA_TYPE, code_of, problem
from amt_console.api.routes import (
    actions,
    alerts,
    console,
    dashboards,
    discovery,
    events,
    health,
    hooks,
    links,
    login,
    metrics,
    oncall,
    ping,
    policies,
    questions,
    records,
    reports,
    state,
)
from amt_console.api.routes.access import Problem, rate_headers
from amt_console.api.served import Served
from amt_console.operations.protocol import OperationError
from amt_console.store import StoreError

PREFIX = "/api/v1"
_VERSIONED = [
    room.router
    for room in (
        records,
        reports,
        state,
        alerts,
        policies,
        oncall,
        questions,
        discovery,
        actions,
        events,
        hooks,
        console,
    )
]
_OTHERS = [room.router for room in (health, links, login, metrics, dashboards, ping)]
DESCRIPTION = """The monitor of amt-console: what is broken, since when, and who has it.

On the unix socket callers are identified by peer credentials, over TCP by an access token (`amt-console token create`)
in the header `Authorization: Bearer amt_...`. A `viewer` may look, an `operator` may also act, an `admin` may do
everything; `x-role` names the least role of an operation. Moments are ISO 8601 in UTC, durations seconds, response
times milliseconds, rates percent. A body has at most 64 KiB, a head 16 KiB. Errors are problem details (RFC 9457) with
a short name for programs in `code`. Paths under `/console` are the format between a monitor and the consoles of its own
version; they change without notice."""


def create_app(served: Served, callers: Callers) -> FastAPI:
    """The application of one listener with its own authentication."""
    app = _App(
        title="amt-console",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name_of,
        routes=[*_rooms().routes],
    )
    app.state.served = served
    app.state.callers = callers
    app.state.ping_limits = ping.PingLimits(served.clock)
    app.add_middleware(AnswerForms, allowed=_methods().of, prefix=f"{PREFIX}/", also=("/healthz", "/readyz"))
    for kind in (OperationError, StoreError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_error)
    return app


@cache
def _rooms() -> APIRouter:
    """The routes of all listeners: what FastAPI makes of them at the first request takes a tenth of a second."""
    router = APIRouter(generate_unique_id_function=_name_of)
    for room in _VERSIONED:
        router.include_router(room, prefix=PREFIX)
    for room in _OTHERS:
        router.include_router(room)
    return router


@cache
def _methods() -> PathMethods:
    methods = PathMethods()
    for room in _VERSIONED:
        methods.add(room, PREFIX)
    for room in _OTHERS:
        methods.add(room)
    return methods


def _name_of(route: APIRoute) -> str:
    return route.name


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description, with the schema of problems and real answers as examples."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            _add_examples(document)
        return super().openapi()


def _add_examples(document: dict[str, Any]) -> None:
    """Add the kept answers to their operations."""
    examples = json.loads(files("amt_console.api").joinpath("examples.json").read_text(encoding="utf-8"))
    for path in document["paths"].values():
        for operation in path.values():
            if (example := examples.get(operation["operationId"])) is not None:
                operation["responses"]["200"]["content"]["application/json"]["example"] = example


async def _answer_error(request: Request, error: Exception) -> Response:
    """Answer any exception with a problem, or with a page where a browser asks for a page."""
    code, detail = _problem_of(error)
    document = problem(code, detail, request.url.path)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        # These carry the exact status.
        document["status"] = error.status_code
        headers = dict(error.headers or {})
    elif isinstance(error, UnknownCallerError):
        headers["www-authenticate"] = "Bearer"
    elif isinstance(error, TooManyRequestsError):
        headers["retry-after"] = str(int(error.seconds) + 1)
    headers |= rate_headers(request)
    if wants_page(request):
        if isinstance(error, UnknownCallerError) and login.may_help(request):
            return login.redirect(request)
        text = f"<p>{escape(document['detail'])}</p>"
        return plain_page(document["title"], text, document["status"], headers)
    return JSONResponse(document, status_code=document["status"], headers=headers, media_type=MEDIA_TYPE)


def _problem_of(error: Exception) -> tuple[str, str]:
    """Code and detail."""
    if isinstance(error, OperationError):
        return code_of(error), str(error)
    if isinstance(error, StoreError):
        return "unavailable", str(error)
    if isinstance(error, RequestValidationError):
        faults = (f"{_place(fault['loc'])}: {_lower(fault['msg'])}" for fault in error.errors()[:10])
        return "invalid", "; ".join(faults)
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, RecursionError):
            return "malformed", "the JSON of the body is nested too deeply"
        if error.status_code == 405:
            return "method_not_allowed", f"this resource has no such method; it has {_allowed(error)}"
        if error.status_code == 404:
            return "not_found", "there is nothing at this path; /openapi.json describes what there is"
        return "malformed", str(error.detail)
    return "internal", "the monitor's log says more"


def _place(location: Sequence[str | int]) -> str:
    """The parameter or key, without the part of the request."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _lower(message: str) -> str:
    """The validator's message in lower case: it begins with "Input"."""
    return message.removeprefix("Input ").removeprefix("Value error, ")


def _allowed(error: HTTPException) -> str:
    return (error.headers or {}).get("Allow", "others")
