"""Errors of the API as problem details (RFC 9457): codes and statuses of errors, in both directions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from amt_console.api.auth.errors import (
    SignatureRefusedError,
    TooManyFailuresError,
    TooManyRequestsError,
    UnknownCallerError,
)
from amt_console.operations.protocol import (
    ConflictError,
    InvalidError,
    NotFoundError,
    NotPermittedError,
    OperationError,
    UnavailableError,
)
from amt_console.text import safe_text

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:amt-console:problem:"
MAX_DETAIL_CHARS = 2000


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """The common fields of all errors of one code."""

    status: int
    title: str


KINDS: dict[str, ProblemKind] = {
    "malformed": ProblemKind(400, "The request cannot be read"),
    "unauthenticated": ProblemKind(401, "No valid access token"),
    "bad_signature": ProblemKind(401, "No valid signature"),
    "not_permitted": ProblemKind(403, "The caller's role does not allow it"),
    "not_found": ProblemKind(404, "Not found"),
    "method_not_allowed": ProblemKind(405, "The resource does not have this method"),
    "conflict": ProblemKind(409, "Something else changed it first"),
    "length_required": ProblemKind(411, "A body needs a Content-Length"),
    "too_large": ProblemKind(413, "The body is too large"),
    "invalid": ProblemKind(422, "A value is not valid"),
    "too_many_failures": ProblemKind(429, "Too many wrong access tokens"),
    "too_many_requests": ProblemKind(429, "Too many requests"),
    "head_too_large": ProblemKind(431, "The head of the request is too large"),
    "failed": ProblemKind(500, "The operation failed"),
    "internal": ProblemKind(500, "Internal error"),
    "unavailable": ProblemKind(503, "Not available now"),
    "too_many_connections": ProblemKind(503, "Too many connections"),
    "timeout": ProblemKind(503, "The answer takes too long"),
}
"""Kinds of problems by code."""

_CODES: tuple[tuple[type[OperationError], str], ...] = (
    (NotFoundError, "not_found"),
    (ConflictError, "conflict"),
    (InvalidError, "invalid"),
    (UnknownCallerError, "unauthenticated"),
    (SignatureRefusedError, "bad_signature"),
    (NotPermittedError, "not_permitted"),
    (TooManyFailuresError, "too_many_failures"),
    (TooManyRequestsError, "too_many_requests"),
    (UnavailableError, "unavailable"),
)
"""Codes of errors, more specific classes first."""


class RequestError(OperationError):
    """The request is refused; ``code`` is a key of ``KINDS``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def code_of(error: OperationError) -> str:
    """The code of an error."""
    if isinstance(error, RequestError):
        return error.code
    return next((code for kind, code in _CODES if isinstance(error, kind)), "failed")


def problem(code: str, detail: str, instance: str) -> dict[str, Any]:
    """The problem document of an error.

    Args:
        code: A key of ``KINDS``.
        detail: What happened this time, for people.
        instance: The path of the request.
    """
    kind = KINDS[code]
    return {
        "type": TYPE_PREFIX + code,
        "title": kind.title,
        "status": kind.status,
        "detail": safe_text(detail, MAX_DETAIL_CHARS),
        "instance": safe_text(instance, 200),
        "code": code,
    }


def problem_body(code: str, detail: str, instance: str) -> bytes:
    """A problem document as JSON."""
    return json.dumps(problem(code, detail, instance)).encode()


def error_of(body: bytes) -> OperationError | None:
    """The error of a problem document, or ``None`` for any other body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    code, detail = document.get("code"), document.get("detail")
    if not isinstance(detail, str) or code not in KINDS:
        return None
    text = safe_text(detail, MAX_DETAIL_CHARS)
    kind = next((kind for kind, name in _CODES if name == code), None)
    if kind is UnknownCallerError:
        return UnknownCallerError()
    return RequestError(code, text) if kind is None or issubclass(kind, TooManyRequestsError) else kind(text)
