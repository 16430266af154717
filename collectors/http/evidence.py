"""The beginning of a failing answer, as it may be kept and shown: bounded, decoded, harmless, without secrets."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from amt_console.model import Service
from amt_console.redaction import redacted
from amt_console.text import safe_text
from collectors.http.expect import body_text

MAX_BYTES = 2048
_SECRET = re.compile(r"auth|cookie|token|key|secret|pass|credential|session|signature|sig$", re.I)
_SCHEME = re.compile(r"^(?:Bearer|Basic|Digest|Token|ApiKey)\s+", re.I)
_TEXT = re.compile(rb"text/|json|xml|javascript|form-urlencoded|yaml", re.I)


def kept_answer(service: Service, body: bytes, headers: list[tuple[bytes, bytes]], size: int) -> str:
    """What the service answered, at most ``MAX_BYTES`` of it in UTF-8.

    Args:
        service: What was asked, and with which secrets.
        body: The beginning of the body, longer than what is kept: a secret within the limit is seen to its end.
        headers: Of the answer.
        size: Of the whole body in bytes.
    """
    if _is_binary(body, headers):
        return f"({size} bytes that are no text)"
    text = redacted(body_text(body, headers), secrets_of(service))
    return _within(safe_text(text, MAX_BYTES, keep_newlines=True))


def secrets_of(service: Service) -> Iterator[str]:
    """What the service is asked with and nobody shall read: an error page may repeat the request."""
    for name, value in service.headers.items():
        if _SECRET.search(name):
            yield value
            yield _SCHEME.sub("", value)
    address = urlsplit(service.url)
    credentials = service.auth or (
        (unquote(address.username or ""), unquote(address.password)) if address.password is not None else None
    )
    if credentials is not None:
        yield credentials[1]
        yield base64.b64encode(":".join(credentials).encode()).decode("ascii")
    for name, value in parse_qsl(address.query):
        if _SECRET.search(name):
            yield value


def _is_binary(body: bytes, headers: list[tuple[bytes, bytes]]) -> bool:
    kinds = [value for name, value in headers if name.lower() == b"content-type"]
    if kinds and _TEXT.search(kinds[0]):
        return False
    return b"\0" in body or sum(byte < 9 or 13 < byte < 32 for byte in body) * 3 > len(body)


def _within(text: str) -> str:
    encoded = text.encode("utf-8")
    return text if len(encoded) <= MAX_BYTES else encoded[: MAX_BYTES - 3].decode("utf-8", "ignore") + "…"
