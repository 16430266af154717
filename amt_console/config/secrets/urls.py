"""Checks and masking of URLs. No message and no masked form contains a password or token."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from amt_console.config.faults import Refused
from amt_console.text import ESCAPE_CREDENTIALS, well_formed

MASK = "****"
MAX_URL_CHARS = 2048
_DATABASE_URL = re.compile(r"^(?P<dialect>[a-z][a-z0-9_]*)(\+[a-z][a-z0-9_]*)?://")
_SECRET_WORD = re.compile(
    r"pass|pwd|secret|token|(?:^|_|-)key|api_?key|auth|credential|(?:^|_|-)sig(?:nature)?$|cookie|dsn|proxy|hook", re.I
)


def sounds_secret(name: str) -> bool:
    """Whether a key or parameter of this name usually holds a secret."""
    return _SECRET_WORD.search(name) is not None


def split_http_url(text: str) -> SplitResult:
    """The parts of an absolute http or https URL.

    Raises:
        Refused: another scheme, no host, a port that is none, or characters that a URL cannot hold.
    """
    if not text or len(text) > MAX_URL_CHARS or not text.isprintable() or " " in text or "\\" in text:
        raise Refused(f"must be a URL of at most {MAX_URL_CHARS} printable characters without blanks or backslashes")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Refused("is no valid URL: look at its host and port (1-65535)") from None
    if parts.scheme.lower() not in ("http", "https"):
        hint = "write http:// or https:// in front" if "://" not in text else None
        raise Refused("must be an http:// or https:// URL", hint)
    if not parts.hostname or port == 0:
        raise Refused("must name a host, e.g. https://shop.example/health, and a port from 1 to 65535 if any")
    return parts


def http_url(text: str) -> str:
    """Accept an absolute http or https URL without user name or password."""
    parts = split_http_url(text)
    if parts.username is not None or parts.password is not None:
        raise Refused(
            "must not carry a user name or password",
            "give them as `auth` (user name and password) of an entry under services",
        )
    return text


def base_url(text: str) -> str:
    """Accept a base URL: ``http_url`` without query or fragment."""
    parts = split_http_url(http_url(text))
    if parts.query or parts.fragment:
        raise Refused("is a base URL, so it must not have a query (?) or fragment (#)")
    return text


def database_url(text: str) -> str:
    """Accept an SQLAlchemy URL of any dialect, such as ``sqlite:////var/lib/app.db``."""
    found = _DATABASE_URL.match(text)
    if found is None or not text.isprintable():
        raise Refused(
            "must be a database URL as SQLAlchemy writes it",
            "e.g. sqlite:////var/lib/app.db or postgresql+psycopg://user@host/name",
        )
    if not well_formed(text):
        raise Refused(
            "has a user name, password, host or port that cannot be told apart", f"percent-encode: {ESCAPE_CREDENTIALS}"
        )
    if found["dialect"] == "postgres":
        raise Refused("names the dialect postgres, which SQLAlchemy does not know", "write postgresql+psycopg://")
    return text


def store_url(text: str) -> str:
    """Accept a URL that our own store can use: SQLite, or PostgreSQL through psycopg."""
    database_url(text)
    scheme = text.partition("://")[0]
    if scheme == "postgresql":
        raise Refused("must name the driver", "write postgresql+psycopg:// instead of postgresql://")
    if scheme not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise Refused("must be a sqlite:/// or postgresql+psycopg:// URL")
    return text


def _mask_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{name}={MASK if sounds_secret(name) else value}" for name, value in pairs)


def mask_url(text: str) -> str:
    """A URL to show: without password, without the values of parameters with secret-sounding names."""
    if _DATABASE_URL.match(text) and not text.startswith(("http:", "https:")) and not well_formed(text):
        return MASK
    try:
        parts = urlsplit(text)
        userinfo, at, host = parts.netloc.rpartition("@")
    except ValueError:
        return MASK
    if not parts.scheme:
        return MASK if "@" in text else text
    user, colon, _ = userinfo.partition(":")
    authority = f"{user}{colon and ':' + MASK}{at}{host}"
    query = f"?{_mask_query(parts.query)}" if parts.query else ""
    fragment = f"#{MASK}" if parts.fragment else ""
    return f"{parts.scheme}://{authority}{parts.path}{query}{fragment}"


def secret_parts_of_url(text: str) -> tuple[str, ...]:
    """The password and the values of secret-sounding parameters, each as it is written and decoded."""
    try:
        parts = urlsplit(text)
        password = parts.netloc.rpartition("@")[0].partition(":")[2]
    except ValueError:
        return ()
    values = [pair.partition("=") for pair in parts.query.split("&")]
    found = [password, *(value for name, _, value in values if sounds_secret(name))]
    return tuple(form for each in found if each for form in (each, unquote(each)))


def mask_hook_url(text: str) -> str:
    """A webhook's URL: only scheme and host are not secret."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return MASK
    return f"{parts.scheme}://{host}/{MASK}" if host else MASK
