"""The HTTP application: the endpoints, put together, with the errors by name."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from amt_console import __version__
from amt_console.api import wire
from amt_console.api.auth.callers import Callers
from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.api.routes import endpoints
from amt_console.api.served import Served
from amt_console.operations.protocol import OperationError
from amt_console.store import StoreError
from amt_console.text import safe_text

DESCRIPTION = """The monitor of amt-console: what is broken, since when, and who has it.

On the unix socket callers are known by the kernel, over TCP by an access token (`amt-console token create`) in the
header `Authorization: Bearer amt_...`. A `viewer` may look, an `operator` may also act, an `admin` may do everything.
Moments are ISO 8601 in UTC, durations seconds, response times milliseconds, rates percent. A body has at most 64 KiB, a
head 16 KiB. Errors are `{"error": name, "message": text}`."""


def create_app(served: Served, callers: Callers) -> FastAPI:
    """The application for one listener, which knows its callers in its own way."""
    app = FastAPI(
        title="amt-console",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.served = served
    app.state.callers = callers
    app.include_router(endpoints.router)
    app.include_router(endpoints.health)
    app.add_exception_handler(OperationError, _operation_error)
    app.add_exception_handler(StoreError, _store_error)
    app.add_exception_handler(RequestValidationError, _nonsense)
    app.add_exception_handler(HTTPException, _http_error)
    return app


async def _operation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OperationError)
    status, document = wire.error_document(error)
    headers = {}
    if isinstance(error, UnknownCallerError):
        headers["www-authenticate"] = "Bearer"
    elif isinstance(error, TooManyFailuresError):
        headers["retry-after"] = str(int(error.seconds) + 1)
    return JSONResponse(document, status_code=status, headers=headers)


async def _store_error(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "unavailable", "message": safe_text(error)}, status_code=503)


async def _nonsense(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:10])
    return JSONResponse({"error": "failed", "message": safe_text("; ".join(faults))}, status_code=422)


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return JSONResponse(
        {"error": "failed", "message": safe_text(error.detail)}, status_code=error.status_code, headers=headers
    )
