"""One request and its answer, with errors in words for people."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Mapping

from amt_console.api.auth.errors import UnknownCallerError
from amt_console.api.client.http import Disconnected, HttpClient, UnreadableAnswer
from amt_console.api.problems import error_of
from amt_console.operations.protocol import NotPermittedError, OperationError, OutcomeUnknownError, UnavailableError
from amt_console.text import safe_text

_NOT_MODIFIED = 304


def exchange(
    client: HttpClient,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    place: str,
    timeout: float,
) -> tuple[int, bytes]:
    """Send and read.

    Args:
        client: Sends it.
        method: The HTTP method.
        target: Path and query.
        headers: As ``HttpClient.exchange`` takes them.
        body: The body.
        place: The server in words, without secrets.
        timeout: Seconds.

    Returns:
        Status and body of an answer that is no error.

    Raises:
        UnavailableError: Nobody answers.
        OutcomeUnknownError: The answer to a change did not come.
        NotPermittedError: This person has no access.
        OperationError: The answer is an error, or not from this program.
    """
    try:
        answer = client.exchange(method, target, headers, body, timeout=timeout)
    except (OSError, Disconnected, UnreadableAnswer) as error:
        raise _trouble(error, place, timeout, changes=method != "GET") from error
    if 200 <= answer.status < 300 or answer.status == _NOT_MODIFIED:
        return answer.status, answer.body
    found = error_of(answer.body)
    if found is None:
        raise OperationError(f"what answers at {place} is not an amt-console server (status {answer.status})")
    if isinstance(found, UnknownCallerError):
        shown = "the token is wrong, has expired, or was revoked" if "authorization" in headers else "no token"
        raise NotPermittedError(
            f"{place} refuses this console: {shown}. Set $AMT_TOKEN or name a file with --token-file"
        )
    raise found


def _trouble(error: Exception, place: str, timeout: float, *, changes: bool) -> OperationError:
    """The error for a failed exchange; one that ``changes`` something may have done so."""
    lost = OutcomeUnknownError if changes else UnavailableError
    if isinstance(error, UnreadableAnswer):
        return OperationError(f"what answers at {place} is not an amt-console server: {safe_text(error, 200)}")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = safe_text(error.verify_message or "not valid", 200)
        return UnavailableError(
            f"the certificate of {place} is not trusted: {reason}. Name its authority with --ca-file or $SSL_CERT_FILE"
        )
    if isinstance(error, ssl.SSLError):
        return UnavailableError(f"what answers at {place} does not speak TLS, so it is not the API of amt-console")
    if isinstance(error, TimeoutError):
        return lost(f"{place} does not answer within {timeout:.0f} s")
    if isinstance(error, Disconnected | ConnectionResetError | BrokenPipeError):
        return lost(f"{place} has closed the connection")
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EACCES, errno.EPERM):
        return NotPermittedError(f"this user may not connect to {place}: join the group in [api] socket_group")
    if number == errno.ENOENT and place.startswith("unix:"):
        return UnavailableError(f"nobody listens at {place}: no monitor runs, or its socket is elsewhere")
    if number == errno.ECONNREFUSED:
        return UnavailableError(f"nobody listens at {place}: no monitor runs there, or it does not serve the API")
    return UnavailableError(f"{place} does not answer: {safe_text(error) or type(error).__name__}")
