"""Addresses as they may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import regex

from amt_console.text import safe_text

MAX_URL_CHARS = 300
_SECRET_QUERY = regex.compile(
    r"(?i)(^|&)([^=&]*(?:token|secret|passw|pwd|api_?key|access_?key|auth|signature|credential|session|\bsig\b|\bkey\b)[^=&]*)=[^&]*"
)


def shown_url(url: str) -> str:
    """The address without user name, password and the values of secret-looking query keys, safe to show."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return safe_text(url.split("?", 1)[0].rpartition("@")[2], MAX_URL_CHARS)
    host = parts.netloc.rpartition("@")[2]
    query = _SECRET_QUERY.sub(r"\1\2=***", parts.query)
    return safe_text(urlunsplit((parts.scheme, host, parts.path, query, "")), MAX_URL_CHARS)
