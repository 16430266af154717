"""One request and its answer, with everything that can go wrong in words for people."""

from __future__ import annotations

import errno
import ssl

import httpx

from amt_console.api.auth.errors import UnknownCallerError
from amt_console.api.problems import error_of
from amt_console.operations.protocol import NotPermittedError, OperationError, UnavailableError
from amt_console.text import safe_text

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 32 * 1024 * 1024
_UNREADABLE = (httpx.RemoteProtocolError, httpx.DecodingError)


def exchange(client: httpx.Client, request: httpx.Request, place: str) -> tuple[int, bytes]:
    """Send and read.

    Args:
        client: Sends it.
        request: What.
        place: Where, in words without secrets.

    Returns:
        Status and body of an answer that is no error.

    Raises:
        UnavailableError: Nobody answers.
        NotPermittedError: Somebody answers, but not to this person.
        OperationError: What the answer says, or that it is none of ours.
    """
    try:
        response = client.send(request, stream=True)
        try:
            body = _body(response, place)
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise trouble(error, place) from error
    if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
        return response.status_code, body
    found = error_of(body)
    if found is None:
        raise OperationError(f"what answers at {place} is not an amt-console server (status {response.status_code})")
    if isinstance(found, UnknownCallerError):
        shown = "the token is wrong, has expired, or was revoked" if "authorization" in request.headers else "no token"
        raise NotPermittedError(
            f"{place} does not let this console in: {shown}. Set $AMT_TOKEN or name a file with --token-file"
        )
    raise found


def _body(response: httpx.Response, place: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise OperationError(f"what answers at {place} is not an amt-console server: its answer has no end")
        parts.append(part)
    return b"".join(parts)


def trouble(error: httpx.HTTPError, place: str) -> OperationError:
    """What a failure to exchange means."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = safe_text(cause.verify_message or "not valid", 200)
        return UnavailableError(
            f"the certificate of {place} is not trusted: {reason}. Name its authority with --ca-file or $SSL_CERT_FILE"
        )
    if isinstance(cause, ssl.SSLError):
        return UnavailableError(f"what answers at {place} does not speak TLS, so it is not the API of amt-console")
    if isinstance(error, httpx.TimeoutException):
        return UnavailableError(f"{place} does not answer within {TIMEOUT_SECONDS:.0f} s")
    number = cause.errno if isinstance(cause, OSError) else None
    if number in (errno.EACCES, errno.EPERM):
        return NotPermittedError(f"this user may not connect to {place}: join the group in [api] socket_group")
    if number == errno.ENOENT and place.startswith("unix:"):
        return UnavailableError(f"nobody listens at {place}: no monitor runs, or its socket is elsewhere")
    if isinstance(error, _UNREADABLE):
        if "disconnected" in str(error):
            return UnavailableError(f"{place} has closed the connection")
        return OperationError(f"what answers at {place} is not an amt-console server")
    if number == errno.ECONNREFUSED:
        return UnavailableError(f"nobody listens at {place}: no monitor runs there, or it does not serve the API")
    return UnavailableError(f"{place} does not answer: {safe_text(error) or type(error).__name__}")


def _root(error: BaseException) -> BaseException:
    """What began it; the libraries wrap errors of the system several times."""
    found: BaseException = error
    for _ in range(10):
        inner = found.__cause__ or found.__context__
        if inner is None:
            break
        found = inner
        if isinstance(found, OSError):
            break
    return found
