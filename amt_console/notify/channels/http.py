"""Sends messages and pings over HTTP: to checked addresses, within a deadline, without the environment's proxies."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.channel import DeliveryError, FailureReason

DEADLINE = 30.0
"""Seconds from the look-up of the name to the end of the answer."""
MAX_HOPS = 4
"""Requests of one message, with its redirects."""
MAX_ANSWER_BYTES = 16 * 1024
MAX_ADDRESSES = 4
"""Addresses of one host that are tried."""
KEEP_SECONDS = 30.0
"""How long an idle connection is kept."""
REDIRECTS = frozenset((301, 302, 307, 308))
_PRIVATE_HEADERS = frozenset(("authorization", "cookie"))


@dataclass(frozen=True, slots=True)
class ReceiverAnswer:
    """What a receiver answered."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: str
    """The first 16 KiB."""


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class HttpSender:
    """Sends to one receiver, over connections that are kept for a while.

    Args:
        rules: Which addresses are allowed.
        deadline: Seconds for one message.
    """

    def __init__(self, rules: AddressRules, *, deadline: float = DEADLINE) -> None:
        self._rules = rules
        self._deadline = deadline
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}
        """By scheme."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> ReceiverAnswer:
        """Post ``body`` and read the answer, whatever its status. Redirects are followed and their addresses checked.

        A redirect to another host gets no credentials, and none leads from https to http.

        Raises:
            DeliveryError: There is no whole answer, or an address is not allowed.
        """
        return await self._within_deadline("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> ReceiverAnswer:
        """Request ``url``, as ``post`` does it. Raises DeliveryError."""
        return await self._within_deadline("GET", url, b"", headers or {})

    async def _within_deadline(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> ReceiverAnswer:
        target = httpx.URL(url)
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            async with asyncio.timeout(self._deadline):
                return await self._follow(method, target, body, lowered)
        except TimeoutError:
            raise DeliveryError(
                FailureReason.TIMEOUT, f"{target.host} gave no answer within {self._deadline:g} s", retry=True
            ) from None

    async def aclose(self) -> None:
        """Close kept connections."""
        while self._pools:
            await self._pools.popitem()[1].aclose()

    async def _follow(self, method: str, url: httpx.URL, body: bytes, headers: dict[str, str]) -> ReceiverAnswer:
        for _ in range(MAX_HOPS):
            answer = await self._request(method, url, body, headers)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            following = _next_url(url, answer.headers["location"])
            if (following.scheme, following.host, following.port) != (url.scheme, url.host, url.port):
                headers = {name: value for name, value in headers.items() if name not in _PRIVATE_HEADERS}
            url = following
        raise DeliveryError(FailureReason.CLIENT_ERROR, f"{url.host} redirects more than {MAX_HOPS - 1} times")

    async def _request(self, method: str, url: httpx.URL, body: bytes, headers: dict[str, str]) -> ReceiverAnswer:
        pool = await self._connections(url.scheme)
        sent = [("host", url.netloc.decode("ascii")), *headers.items()]
        if method != "GET":
            sent.insert(1, ("content-length", str(len(body))))
        if url.userinfo and "authorization" not in headers:
            sent.append(("authorization", basic(url.username, url.password)))
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        try:
            async with pool.stream(method.encode("ascii"), target, headers=sent, content=body) as response:
                pieces = bytearray()
                async for piece in response.aiter_stream():
                    pieces += piece
                    if len(pieces) >= MAX_ANSWER_BYTES:
                        break
                received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return ReceiverAnswer(response.status, received, pieces[:MAX_ANSWER_BYTES].decode("utf-8", "replace"))
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise _failure(error, url.host) from None

    async def _connections(self, scheme: str) -> httpcore.AsyncConnectionPool:
        if scheme not in self._pools:
            # The trusted certificates take 2 MB.
            context = await asyncio.to_thread(_trusted) if scheme == "https" else None
            self._pools[scheme] = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=4,
                keepalive_expiry=KEEP_SECONDS,
                network_backend=_CheckedConnections(self._rules),
            )
        return self._pools[scheme]


class _CheckedConnections(httpcore.AnyIOBackend):
    """Connects to the very addresses that were checked: a second look-up could give others."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for ip in (await self._rules.addresses(host, port))[:MAX_ADDRESSES]:
            try:
                return await super().connect_tcp(str(ip), port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = failure or error
        assert failure is not None
        raise failure


def basic(username: str, password: str) -> str:
    """The value of an ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def _next_url(url: httpx.URL, location: str) -> httpx.URL:
    try:
        following = url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise DeliveryError(FailureReason.CLIENT_ERROR, f"{url.host} redirects to no address") from None
    if following.scheme not in ("http", "https") or not following.host:
        raise DeliveryError(FailureReason.CLIENT_ERROR, f"{url.host} redirects to what is no web address")
    if url.scheme == "https" and following.scheme == "http":
        raise DeliveryError(FailureReason.CLIENT_ERROR, f"{url.host} redirects from https to http: not followed")
    return following


def _failure(error: Exception, host: str) -> DeliveryError:
    cause = error.__cause__ or error.__context__ or error
    tls = next((each for each in (error, cause, cause.__context__) if isinstance(each, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return DeliveryError(
            FailureReason.TLS, f"{host}: its certificate is not valid: {tls.verify_message}", retry=True
        )
    if tls is not None:
        return DeliveryError(FailureReason.TLS, f"{host}: no TLS connection: {tls.reason or tls}", retry=True)
    if isinstance(error, httpcore.TimeoutException):
        return DeliveryError(FailureReason.TIMEOUT, f"{host} gave no answer in time", retry=True)
    if isinstance(error, httpcore.ConnectError):
        return DeliveryError(FailureReason.NETWORK, f"no connection to {host}: {_words(error)}", retry=True)
    if isinstance(error, httpcore.ProtocolError):
        return DeliveryError(FailureReason.NETWORK, f"{host} answered with no HTTP: {_words(error)}", retry=True)
    return DeliveryError(FailureReason.NETWORK, f"{host} broke the connection before it answered", retry=True)


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.removeprefix("[Errno 111] ")
