"""TLS over a stamped connection, and the faults of certificates."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path

import httpx

from amt_console.model import ErrorClass
from collectors.network.connection import Connection
from collectors.network.fault import ProbeFault, reason

_READ_BYTES = 65536
_EXPIRED = 10
_NOT_YET_VALID = 9
_HOSTNAME_MISMATCH = 62
_ADDRESS_MISMATCH = 64
_ContextKey = tuple[str | None, tuple[int, int] | None, bool]


class TlsContexts:
    """Shared TLS contexts. Loading the authorities takes 20 ms, so it runs off the loop."""

    def __init__(self) -> None:
        self._contexts: dict[_ContextKey, ssl.SSLContext] = {}
        self._lock = asyncio.Lock()

    async def get(self, *, ca_file: str | None, verify: bool) -> ssl.SSLContext:
        """The context for a CA file (``None``: the system's authorities); reloaded when the file has changed.

        Raises:
            ProbeFault: The CA file cannot be read.
        """
        key = (ca_file, _file_version(ca_file) if verify else None, verify)
        context = self._contexts.get(key)
        if context is not None:
            return context
        async with self._lock:
            context = self._contexts.get(key)
            if context is None:
                context = await asyncio.to_thread(_make_context, ca_file, verify)
                for old in [known for known in self._contexts if (known[0], known[2]) == (ca_file, verify)]:
                    del self._contexts[old]
                self._contexts[key] = context
        return context


def _file_version(ca_file: str | None) -> tuple[int, int] | None:
    if ca_file is None:
        return None
    try:
        status = os.stat(ca_file)
    except OSError as error:
        raise _unreadable(ca_file, reason(error)) from None
    return status.st_mtime_ns, status.st_size


def _make_context(ca_file: str | None, verify: bool) -> ssl.SSLContext:
    if not verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is not None:
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError:
            raise _unreadable(ca_file, "it holds no certificate") from None
        except OSError as error:
            raise _unreadable(ca_file, reason(error)) from None
    elif _system_has_authorities():
        context = ssl.create_default_context()
    else:
        context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _system_has_authorities() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))


def _unreadable(ca_file: str, why: str) -> ProbeFault:
    return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: CA file {ca_file} cannot be used: {why}")


class TlsStream:
    """TLS on a connection. Call ``handshake`` first.

    Args:
        connection: An open connection.
        context: Shared by all probes with the same authorities.
        host: Name or address for SNI and verification.
    """

    def __init__(self, connection: Connection, context: ssl.SSLContext, host: str) -> None:
        self._connection = connection
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._last_stamp = connection.connected_at
        self.ssl_object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def handshake(self) -> int:
        """Shake hands.

        Returns:
            From the first message sent to the last one received, in nanoseconds.

        Raises:
            ssl.SSLError: TLS failed; see ``tls_fault``.
            ProbeFault: The connection broke.
        """
        began: int | None = None
        while True:
            try:
                self.ssl_object.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                await self._flush()  # the alert tells the server why
                raise
            else:
                await self._flush()
                return self._last_stamp - (self._last_stamp if began is None else began)
            sent = await self._flush()
            began = sent if began is None else began
            await self._fetch()

    async def send(self, data: bytes) -> int:
        """Encrypt and send everything; returns when the first byte was handed to the kernel (monotonic ns)."""
        self.ssl_object.write(data)
        return await self._flush()

    async def receive(self) -> tuple[bytes, int]:
        """The next decrypted bytes and when their packet arrived (monotonic ns); no bytes at the end.

        Raises:
            ProbeFault: TLS or the connection broke.
        """
        while True:
            try:
                data = self.ssl_object.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                if self._outgoing.pending:
                    await self._flush()
                await self._fetch()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b"", self._last_stamp
            except ssl.SSLError as error:
                raise ProbeFault(ErrorClass.PROTOCOL, f"TLS broke during the answer: {_words(error)}") from None
            else:
                return data, self._last_stamp

    async def _flush(self) -> int:
        return await self._connection.send(self._outgoing.read())

    async def _fetch(self) -> None:
        data, stamp = await self._connection.receive()
        if data:
            self._incoming.write(data)
            self._last_stamp = stamp
        else:
            self._incoming.write_eof()


def tls_fault(error: ssl.SSLError, host: str) -> ProbeFault:
    """The fault of a failed handshake with ``host``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or _words(error)
        if error.verify_code == _EXPIRED:
            return ProbeFault(ErrorClass.TLS_EXPIRED, f"the certificate of {host} has expired")
        if error.verify_code == _NOT_YET_VALID:
            return ProbeFault(ErrorClass.TLS_EXPIRED, f"the certificate of {host} is not valid yet")
        if error.verify_code in (_HOSTNAME_MISMATCH, _ADDRESS_MISMATCH):
            return ProbeFault(ErrorClass.TLS_HOSTNAME, f"the certificate is not for {host}")
        return ProbeFault(ErrorClass.TLS_UNTRUSTED, f"the certificate of {host} is not trusted: {why}")
    if isinstance(error, ssl.SSLEOFError):
        return ProbeFault(ErrorClass.TLS_OTHER, f"{host} closed the connection during the TLS handshake")
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return ProbeFault(ErrorClass.TLS_OTHER, f"{host} does not speak TLS on this port")
    return ProbeFault(ErrorClass.TLS_OTHER, f"TLS handshake with {host} failed: {_words(error)}")


def _words(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")
