"""Reads one HTTP/1 answer from its bytes, within limits."""

from __future__ import annotations

import httptools

from amt_console.model import ErrorClass
from amt_console.text import byte_size
from collectors.http.decoding import too_large
from collectors.network.fault import ProbeFault

MAX_HEADER_BYTES = 64 * 1024
"""Of the status line, the headers and all interim (1xx) answers together."""
MAX_HEADERS = 300
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SWITCHING_PROTOCOLS = 101


class ReceivedAnswer:
    """One answer while it arrives. Also the receiver of the parser's callbacks.

    Args:
        method: Of the request; the answer to HEAD has no body.
        max_body_bytes: Most body bytes as they come over the wire.
        skip_redirect_body: Whether a redirect is complete with its headers, because it will be followed.
    """

    def __init__(self, *, method: str, max_body_bytes: int, skip_redirect_body: bool) -> None:
        self.status = 0
        self.version = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.has_headers = False
        self.complete = False
        self.surplus = False
        """More bytes came than the answer announced."""
        self._method = method
        self._max_body_bytes = max_body_bytes
        self._skip_redirect_body = skip_redirect_body
        self._reason = b""
        self._header_bytes = 0
        self._interim = False
        self._stopped = False
        self._fault: ProbeFault | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    @property
    def reason(self) -> str:
        """The reason phrase; hostile text."""
        return self._reason.decode("latin-1")

    def header(self, name: bytes) -> str | None:
        """All values of a header, joined by commas, or ``None``."""
        values = [value for known, value in self.headers if known.lower() == name]
        return b", ".join(values).decode("latin-1") if values else None

    @property
    def redirects_to(self) -> bool:
        """Whether it sends the client elsewhere."""
        return self.status in REDIRECTS and self.header(b"location") is not None

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire.

        Raises:
            ProbeFault: Not HTTP, or over a limit.
        """
        if not self.has_headers:
            self._header_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.complete = self.has_headers
        except httptools.HttpParserError as error:
            if self._fault is not None:
                raise self._fault from None
            if not self.complete:
                raise self._garbled(error) from None
            self.surplus = self.surplus or not self._stopped
        if not self.has_headers and self._header_bytes > MAX_HEADER_BYTES:
            raise _long_headers()
        if len(self.body) > self._max_body_bytes:
            raise too_large(self._max_body_bytes)

    def end(self) -> None:
        """The server closed the connection.

        Raises:
            ProbeFault: In the middle of the answer.
        """
        if self.complete:
            return
        if not self.has_headers:
            what = "in the middle of the headers" if self._header_bytes else "without an answer"
            raise ProbeFault(ErrorClass.PROTOCOL, f"the server closed the connection {what}")
        announced = self.header(b"content-length")
        if announced is not None:
            raise ProbeFault(
                ErrorClass.PROTOCOL,
                f"the server closed the connection after {len(self.body)} of {announced} announced body bytes",
            )
        if "chunked" in (self.header(b"transfer-encoding") or "").lower():
            raise ProbeFault(ErrorClass.PROTOCOL, "the server closed the connection in the middle of a chunked body")
        self.complete = True

    def on_message_begin(self) -> None:
        """Parser callback: an answer, interim or final, begins."""
        if self.complete:
            self.surplus = True
            raise _StopParsing
        self._interim = False
        self._reason = b""
        self.headers.clear()

    def on_status(self, reason: bytes) -> None:
        """Parser callback: a piece of the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser callback: one header, or a trailer, which is ignored."""
        if self.has_headers:
            return
        if len(self.headers) >= MAX_HEADERS:
            self._fault = ProbeFault(ErrorClass.PROTOCOL, f"the answer has more than {MAX_HEADERS} headers")
            raise _StopParsing
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Parser callback: the headers have ended."""
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != _SWITCHING_PROTOCOLS:
            self._interim = True
            return
        self.status = status
        self.version = f"HTTP/{self._parser.get_http_version()}"
        if sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEADER_BYTES:
            self._fault = _long_headers()
            raise _StopParsing
        self.has_headers = True
        if self._method == "HEAD" or (self._skip_redirect_body and self.redirects_to):
            self.complete = self._stopped = True
            raise _StopParsing
        announced = self.header(b"content-length") or ""
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self._max_body_bytes:
            self._fault = too_large(self._max_body_bytes)
            raise _StopParsing

    def on_body(self, data: bytes) -> None:
        """Parser callback: decoded of chunks, not of content encodings."""
        self.body += data

    def on_message_complete(self) -> None:
        """Parser callback: an answer, interim or final, has ended."""
        self.complete = not self._interim

    def _garbled(self, error: httptools.HttpParserError) -> ProbeFault:
        if self.has_headers:
            return ProbeFault(ErrorClass.PROTOCOL, f"the body is garbled: {error}")
        return ProbeFault(ErrorClass.PROTOCOL, f"the answer is not HTTP: {error}")


class _StopParsing(Exception):
    """Ends the parser's run from a callback; what happened is in the answer."""


def _long_headers() -> ProbeFault:
    return ProbeFault(ErrorClass.PROTOCOL, f"the headers are longer than {byte_size(MAX_HEADER_BYTES)}")
