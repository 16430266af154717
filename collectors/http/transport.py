"""The transport under httpx: one fresh connection a request, its phases stamped at the socket.

Each request resolves the name, connects to that one address (no racing of address families: a half-dead service must
not look alive), does TLS, sends, and reads the answer within its caps. Redirects come back as further requests, so that
each hop is resolved and checked anew.
"""

from __future__ import annotations

import httpx

from amt_console.model import ErrorClass
from collectors.http.answer import ReceivedAnswer
from collectors.http.decoding import decode_body
from collectors.http.request import port_of, proxy_credentials, request_bytes, without_secrets
from collectors.http.route import Machinery, Route
from collectors.http.secure import open_stream
from collectors.http.trace import ProbeStage, Trace
from collectors.http.url import shown_url
from collectors.network.connection import ByteStream
from collectors.network.fault import ProbeFault

TRACE = "amt_console.trace"
"""Key of the request extension that holds the probe's ``Trace``."""
_FOR_REDIRECTS = frozenset((b"location", b"set-cookie"))


class ProbeTransport(httpx.AsyncBaseTransport):
    """Sends the requests of one service. Raises ProbeFault."""

    def __init__(self, route: Route, machinery: Machinery) -> None:
        self._route = route
        self._machinery = machinery

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One hop of a redirected probe. httpx decides the next URL and headers."""
        trace: Trace = request.extensions[TRACE]
        if trace.redirect is not None:
            answer, trace.redirect = trace.redirect, None
        else:
            without_secrets(request, self._route.origin)
            await request.aread()
            answer = await self.exchange(request.method, request.url, self.encode(request), trace)
        headers = [item for item in answer.headers if item[0].lower() in _FOR_REDIRECTS] if answer.redirects_to else ()
        return httpx.Response(answer.status, headers=headers)

    def encode(self, request: httpx.Request) -> bytes:
        """The request as it goes over the wire, with its body.

        Raises:
            ProbeFault: A method or header of the configuration cannot be sent.
        """
        proxy = self._route.proxy
        if proxy is None or request.url.scheme == "https":
            return request_bytes(request, request.content, absolute=False)
        return request_bytes(request, request.content, absolute=True, extra=proxy_credentials(proxy))

    async def exchange(self, method: str, url: httpx.URL, data: bytes, trace: Trace) -> ReceivedAnswer:
        """One request and its answer, over a connection of its own; the trace gets times, headers and decoded body.

        Raises:
            ProbeFault: No whole answer within the caps.
        """
        trace.begin_hop(url)
        _check_address(url, redirected=trace.hops > 1)
        route = self._route
        answer = ReceivedAnswer(method=method, max_body_bytes=route.max_body_bytes, skip_redirect_body=route.follows)
        context = None
        if url.scheme == "https":
            context = await self._machinery.contexts.get(ca_file=route.ca_file, verify=route.verify_tls)
        connection = await route.connect(url, self._machinery, trace)
        try:
            stream = await open_stream(connection, url, context, route, self._machinery, trace)
            await _converse(stream, data, answer, trace)
        finally:
            connection.close()
        trace.body = bytes(answer.body)
        encoding = answer.header(b"content-encoding") if trace.body else None
        if encoding is not None:
            trace.body = decode_body(trace.body, encoding, route.max_body_bytes)
        return answer


def _check_address(url: httpx.URL, *, redirected: bool) -> None:
    if url.scheme not in ("http", "https"):
        raise ProbeFault(ErrorClass.BLOCKED_ADDRESS, f"{url.scheme or 'empty'}: is no web address, not followed")
    if not url.host or not 0 < port_of(url) < 65536:
        if redirected:
            raise ProbeFault(ErrorClass.PROTOCOL, f"the redirect cannot be followed: {shown_url(str(url))}")
        raise ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {shown_url(str(url))} is no address")


async def _converse(stream: ByteStream, data: bytes, answer: ReceivedAnswer, trace: Trace) -> None:
    """Send the request and read the answer, with the stamps of its first and last byte."""
    trace.stage = ProbeStage.ANSWER
    first = last = sent = await stream.send(data)
    try:
        while not answer.complete:
            piece, stamp = await stream.receive()
            if not piece:
                answer.end()
                break
            if trace.stage is ProbeStage.ANSWER:
                first = stamp
                trace.add("first_byte", first - sent)
                trace.stage = ProbeStage.HEADERS
            last = stamp
            answer.feed(piece)
            if answer.has_headers:
                trace.stage, trace.status, trace.body_so_far = ProbeStage.BODY, answer.status, len(answer.body)
        trace.complete = True
    except ProbeFault as fault:
        trace.complete = fault.error_class is ErrorClass.TOO_LARGE
        raise
    finally:
        if trace.stage is not ProbeStage.ANSWER:
            trace.add("transfer", last - first)
        trace.note(answer)
