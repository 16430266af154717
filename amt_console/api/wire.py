"""The wire format: the views of the vocabulary as JSON, both ways, and the errors by name."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.model import AlertDetail, AlertView, Snapshot, Viewer
from amt_console.operations.protocol import (
    ConflictError,
    NotFoundError,
    NotPermittedError,
    OperationError,
    ServiceDetail,
    UnavailableError,
)
from amt_console.text import safe_text

PROTOCOL = 1
"""Grows when older programs can no longer read what newer ones send."""
PROGRAM: Literal["amt-console"] = "amt-console"
MAX_TEXT_CHARS = 2000

Answer = TypeVar("Answer")


class Hello(BaseModel):
    """Who answers, and who the caller is there."""

    program: Literal["amt-console"]
    version: str
    protocol: int
    """Both sides must speak the same."""
    name: str
    """Under which name the caller acts."""
    role: str
    """``viewer``, ``operator`` or ``admin``."""
    database: str
    """Which database it serves, without secrets."""
    host: str
    pid: int
    """The process that answers."""


class Relayed(BaseModel):
    """Who looks through the calling process."""

    model_config = ConfigDict(extra="forbid")
    viewers: Annotated[tuple[Viewer, ...], Field(max_length=200)] = ()


class Actions(BaseModel):
    """How often people have acted."""

    number: int
    """To be sent back as ``after``."""


class ErrorAnswer(BaseModel):
    """Why something was not done."""

    error: str
    """``not_found``, ``conflict``, ``not_permitted``, ``unauthenticated``, ``too_many``, ``unavailable`` or
    ``failed``."""
    message: str
    """For people."""


HELLO: TypeAdapter[Hello] = TypeAdapter(Hello)
RELAYED: TypeAdapter[Relayed] = TypeAdapter(Relayed)
ACTIONS: TypeAdapter[Actions] = TypeAdapter(Actions)
SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
ALERT: TypeAdapter[AlertView] = TypeAdapter(AlertView)
ALERTS: TypeAdapter[tuple[AlertView, ...]] = TypeAdapter(tuple[AlertView, ...])
ALERT_DETAIL: TypeAdapter[AlertDetail] = TypeAdapter(AlertDetail)
SERVICE_DETAIL: TypeAdapter[ServiceDetail] = TypeAdapter(ServiceDetail)

ERRORS: dict[str, tuple[type[OperationError], int]] = {
    "not_found": (NotFoundError, 404),
    "conflict": (ConflictError, 409),
    "unauthenticated": (UnknownCallerError, 401),
    "not_permitted": (NotPermittedError, 403),
    "too_many": (TooManyFailuresError, 429),
    "unavailable": (UnavailableError, 503),
}
"""Name on the wire to error and HTTP status; the more special error first."""

SESSION_HEADER = "amt-console-session"
"""Carries an opaque name of the calling console, so that who is looking can be shown."""
LOOKS_ONLY_HEADER = "amt-console-looks-only"
"""The calling console never becomes the monitor."""
BEHALF_HEADER = "amt-on-behalf"
"""A process of the monitor's own user names the person for whom it calls."""
BEHALF_VIA_HEADER = "amt-on-behalf-via"

_PERHAPS_UNSAFE = re.compile(rb'[\x7f-\xff]|\\[^"\\/]')


def error_document(error: OperationError) -> tuple[int, dict[str, Any]]:
    """Status and body of an error."""
    for name, (kind, status) in ERRORS.items():
        if isinstance(error, kind):
            return status, {"error": name, "message": str(error)}
    return 500, {"error": "failed", "message": str(error)}


def error_of(status: int, body: bytes) -> OperationError:
    """The error that a body of ``error_document`` stands for."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("message"), str):
        message = safe_text(document["message"], MAX_TEXT_CHARS)
        kind, _ = ERRORS.get(str(document.get("error")), (OperationError, status))
        if kind is UnknownCallerError:
            return UnknownCallerError()
        return OperationError(message) if kind is TooManyFailuresError else kind(message)
    return OperationError(f"it answered with status {status}")


def read(adapter: TypeAdapter[Answer], body: bytes) -> Answer:
    """What a body says; all its texts are harmless afterwards. Raises ValueError."""
    if _PERHAPS_UNSAFE.search(body) is None:
        return adapter.validate_json(body)
    return adapter.validate_python(_harmless(json.loads(body)), strict=False)


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value, MAX_TEXT_CHARS)
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    if isinstance(value, dict):
        return {safe_text(name, MAX_TEXT_CHARS): _harmless(item) for name, item in value.items()}
    return value
