"""The bytes of a request, and the headers that may go to another host."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote

import httpx

from amt_console import __version__
from amt_console.model import ErrorClass
from collectors.network.fault import ProbeFault

USER_AGENT = f"amt-console/{__version__}"
DEFAULT_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
"""Compression is not requested: it would hide the real size and needs decoding."""
_HARMLESS = frozenset(  # a cookie on a redirect is one that the servers themselves set during this probe
    (
        b"user-agent",
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"connection",
        b"host",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"cookie",
    )
)
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CONTROLS = frozenset((*range(9), *range(10, 32), 127))


def request_bytes(
    request: httpx.Request, body: bytes, *, absolute: bool, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """A request as it goes over the wire.

    Args:
        request: Method, URL and headers.
        body: Its content.
        absolute: Whether to name the whole URL, as a proxy wants it.
        extra: Further headers.

    Raises:
        ProbeFault: A method or header of the configuration cannot be sent.
    """
    url = request.url
    target = url.raw_path
    if absolute:
        target = b"http://" + url.netloc + target
    method = request.method.encode("ascii", "replace")
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    for name, value in (*request.headers.raw, *extra):
        _check_header(name, value)
        lines.append(b"%b: %b" % (name, value))
    if not method or not _TOKEN.issuperset(method):
        raise _unsendable(f"{request.method!r} is no HTTP method")
    return b"\r\n".join((*lines, b"", body))


def configured_headers(configured: Mapping[str, str]) -> dict[bytes, bytes]:
    """The headers of the configuration as bytes; values beyond ASCII go as UTF-8.

    Raises:
        ProbeFault: One of them cannot be sent.
    """
    headers = {name.encode(): value.encode() for name, value in configured.items()}
    for name, value in headers.items():
        _check_header(name, value)
    return headers


def _check_header(name: bytes, value: bytes) -> None:
    if not name or not _TOKEN.issuperset(name) or not _CONTROLS.isdisjoint(value):
        raise _unsendable(f"header {name.decode(errors='replace')!r} holds characters that no header may hold")


def without_secrets(request: httpx.Request, origin: httpx.URL) -> None:
    """Drop the configured headers from a request that goes to another origin: an API key is a secret too."""
    if same_origin(request.url, origin):
        return
    for name in [name for name, _value in request.headers.raw if name.lower() not in _HARMLESS]:
        request.headers.pop(name.decode("latin-1"), None)


def same_origin(url: httpx.URL, other: httpx.URL) -> bool:
    """Same scheme, host and port; going from http to https on the standard ports of one host counts as the same."""
    if url.host != other.host:
        return False
    if url.scheme == other.scheme:
        return port_of(url) == port_of(other)
    return (other.scheme, port_of(other), url.scheme, port_of(url)) == ("http", 80, "https", 443)


def port_of(url: httpx.URL) -> int:
    """The port, with the scheme's default."""
    return url.port if url.port is not None else (443 if url.scheme == "https" else 80)


def tunnel_bytes(url: httpx.URL, proxy: httpx.URL) -> bytes:
    """The request that asks ``proxy`` for a tunnel to the host of ``url``."""
    host = url.raw_host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {host}:{port_of(url)} HTTP/1.1", f"Host: {host}:{port_of(url)}", f"User-Agent: {USER_AGENT}"]
    lines += [f"{name.decode('ascii')}: {value.decode('ascii')}" for name, value in proxy_credentials(proxy)]
    return "\r\n".join((*lines, "", "")).encode("ascii")


def proxy_credentials(proxy: httpx.URL) -> tuple[tuple[bytes, bytes], ...]:
    """The header that authenticates at the proxy, if its URL names a user."""
    if not proxy.userinfo:
        return ()
    user, _, password = proxy.userinfo.decode("ascii").partition(":")
    token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode())
    return ((b"Proxy-Authorization", b"Basic " + token),)


def _unsendable(what: str) -> ProbeFault:
    return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {what}")
