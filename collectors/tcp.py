"""Probes TCP services: ``tcp://host:port`` is up when the connection stands; ``?tls=yes`` shakes hands as well."""

from __future__ import annotations

import ssl
from urllib.parse import parse_qs, urlsplit

from amt_console.clock import Clock
from amt_console.model import ErrorClass, Service
from amt_console.text import safe_text
from collectors.network.certificates import CertificateDates
from collectors.network.collector import NetworkCollector
from collectors.network.connection import ByteStream, Connection, open_first
from collectors.network.fault import ProbeFault
from collectors.network.probe import ProbeProgress, Waiting, find
from collectors.network.resolver import Resolver
from collectors.network.tls import TlsContexts, TlsStream, tls_fault

MAX_GREETING_BYTES = 4096
"""How much of what the server says first is searched for the expected text."""
_SHOWN_CHARS = 60


class TcpCollector(NetworkCollector):
    """Probes any number of TCP services at once, on one event loop.

    The response time is the sum of name look-up, TCP handshake, TLS handshake, and, where a text is expected, the time
    until the server has said it.

    Args:
        clock: For the time stamps of the results.
        resolver: Looks names up; the system's by default.
    """

    def __init__(self, *, clock: Clock, resolver: Resolver | None = None) -> None:
        super().__init__(clock=clock, resolver=resolver)
        self._contexts = TlsContexts()
        self._certificates = CertificateDates()

    async def _run(self, service: Service, progress: ProbeProgress) -> None:
        parts = urlsplit(service.url)
        host, port = parts.hostname or "", parts.port or 0
        connection = await self._connect(service, host, port, progress)
        try:
            stream: ByteStream = connection
            if parse_qs(parts.query).get("tls") == ["yes"]:
                stream = await self._secure(service, connection, host, progress)
            if service.expect.text is not None:
                await _expect(stream, service.expect.text, connection, progress)
        finally:
            connection.close()

    async def _connect(self, service: Service, host: str, port: int, progress: ProbeProgress) -> Connection:
        addresses = await find(service, host, port, self._resolver, progress)
        connection = await open_first(
            addresses, self._stamps, lambda address: progress.wait(Waiting.CONNECT, progress.on(address))
        )
        progress.connect_ns = connection.connect_ns
        return connection

    async def _secure(self, service: Service, connection: Connection, host: str, progress: ProbeProgress) -> TlsStream:
        progress.wait(Waiting.TLS, connection.address)
        context = await self._contexts.get(ca_file=service.ca_file, verify=service.verify_tls)
        try:
            stream = TlsStream(connection, context, host)
            progress.tls_ns = await stream.handshake()
        except ssl.SSLError as error:
            raise tls_fault(error, host) from None
        except ValueError as error:
            raise ProbeFault(ErrorClass.TLS_OTHER, f"{host} cannot be a TLS server name: {error}") from None
        progress.tls_version = stream.ssl_object.version()
        progress.tls_expires_at = self._certificates.chain_end(stream.ssl_object)
        return stream


async def _expect(stream: ByteStream, text: str, connection: Connection, progress: ProbeProgress) -> None:
    """Read until the server has said ``text``. Raises ProbeFault."""
    progress.wait(Waiting.ANSWER, connection.address)
    wanted, said = text.encode(), b""
    while wanted not in said:
        data, stamp = await stream.receive()
        said += data
        if data:
            progress.answer_ns = max(0, stamp - connection.connected_at - (progress.tls_ns or 0))
        if (not data or len(said) >= MAX_GREETING_BYTES) and wanted not in said:
            progress.answered = bool(said)
            shown = safe_text(said[:MAX_GREETING_BYTES].decode("utf-8", "replace"), _SHOWN_CHARS)
            got = f"got '{shown}'" if said else "the server closed the connection without a word"
            raise ProbeFault(ErrorClass.BODY_ASSERT, f"expected '{safe_text(text, _SHOWN_CHARS)}', {got}")
