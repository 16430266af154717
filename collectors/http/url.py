"""Addresses as they may be shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from amt_console.text import safe_text

MAX_URL_CHARS = 300
_SECRET_KEY = re.compile(
    r"token|secret|passw|pwd|api_?key|access_?key|auth|signature|credential|session|\bsig\b|\bkey\b", re.IGNORECASE
)


def shown_url(url: str) -> str:
    """The address without user name, password and the values of secret-looking query keys, safe to show."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return safe_text(url.split("?", 1)[0].rpartition("@")[2], MAX_URL_CHARS)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(_without_secret(each) for each in parts.query.split("&"))
    return safe_text(urlunsplit((parts.scheme, host, parts.path, query, "")), MAX_URL_CHARS)


def _without_secret(pair: str) -> str:
    key, equals, _ = pair.partition("=")
    return f"{key}=***" if equals and _SECRET_KEY.search(key) else pair
