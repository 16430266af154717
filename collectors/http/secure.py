"""Opens the stream for a request on a connection: proxy tunnel, TLS, diagnosis of a bad certificate."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from amt_console.model import ErrorClass
from collectors.http.answer import ReceivedAnswer
from collectors.http.request import tunnel_bytes
from collectors.http.route import Machinery, Route
from collectors.http.trace import ProbeStage, Trace
from collectors.network.connection import ByteStream, Connection
from collectors.network.fault import ProbeFault
from collectors.network.tls import TlsStream, tls_fault

DIAGNOSIS_SECONDS = 2.0
"""Longest wait for the second handshake that only reads the dates of a certificate which failed verification."""


async def open_stream(
    connection: Connection,
    url: httpx.URL,
    context: ssl.SSLContext | None,
    route: Route,
    machinery: Machinery,
    trace: Trace,
) -> ByteStream:
    """The connection itself without a ``context``; else a tunnel where a proxy is configured, and TLS.

    Raises:
        ProbeFault: The proxy declined, or TLS failed.
    """
    if context is None:
        return connection
    if route.proxy is not None:
        trace.stage = ProbeStage.TUNNEL
        trace.add("connect", await _tunnel(connection, url, route.proxy))
    trace.stage = ProbeStage.TLS
    try:
        stream = TlsStream(connection, context, url.raw_host.decode("ascii"))
        trace.add("tls", await stream.handshake())
    except ssl.SSLCertVerificationError as error:
        trace.verdict = tls_fault(error, url.host)
        await _diagnose(connection, url, route, machinery, trace)
        raise trace.verdict from None
    except ssl.SSLError as error:
        raise tls_fault(error, url.host) from None
    except ValueError as error:
        raise ProbeFault(ErrorClass.TLS_OTHER, f"{url.host} cannot be a TLS server name: {error}") from None
    _read_certificates(stream, machinery, trace)
    return stream


async def _tunnel(connection: Connection, url: httpx.URL, proxy: httpx.URL) -> int:
    """Ask the proxy for a tunnel; returns the nanoseconds that it took."""
    sent = stamp = await connection.send(tunnel_bytes(url, proxy))
    # A tunnel's answer ends with its headers, as an answer to HEAD does.
    answer = ReceivedAnswer(method="HEAD", max_body_bytes=0, skip_redirect_body=True)
    while not answer.complete:
        data, stamp = await connection.receive()
        if not data:
            answer.end()
            break
        answer.feed(data)
    if 200 <= answer.status < 300:
        return stamp - sent
    raise ProbeFault(
        ErrorClass.CONNECT_ERROR,
        f"proxy {connection.address} opened no tunnel: {answer.status} {answer.reason}".rstrip(),
    )


async def _diagnose(failed: Connection, url: httpx.URL, route: Route, machinery: Machinery, trace: Trace) -> None:
    """A second handshake without verification, to read when an expired certificate ended."""
    failed.close()
    connection: Connection | None = None
    try:
        async with asyncio.timeout(DIAGNOSIS_SECONDS):
            connection = Connection(failed.address, machinery.stamps)
            await connection.open()
            if route.proxy is not None:
                await _tunnel(connection, url, route.proxy)
            context = await machinery.contexts.get(ca_file=None, verify=False)
            stream = TlsStream(connection, context, url.raw_host.decode("ascii"))
            await stream.handshake()
            _read_certificates(stream, machinery, trace)
    except (ProbeFault, ssl.SSLError, TimeoutError):
        return  # the first handshake's fault is the answer; this one only adds to it
    finally:
        if connection is not None:
            connection.close()


def _read_certificates(stream: TlsStream, machinery: Machinery, trace: Trace) -> None:
    trace.tls_version = stream.ssl_object.version()
    trace.tls_expires_at = machinery.certificates.chain_end(stream.ssl_object)
