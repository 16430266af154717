"""The cookie of a browser's session, and where its requests come from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PLAIN_NAME = "amt_session"
SECURE_NAME = f"__Host-{PLAIN_NAME}"
"""Over TLS: browsers take a cookie of such a name from this host alone, for all paths, and only with ``Secure``."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OWN_SITES = ("same-origin", "none")


def cookie_of(request: Request, *, secure: bool) -> str | None:
    """The session's cookie of a request."""
    return request.cookies.get(SECURE_NAME if secure else PLAIN_NAME)


def set_cookie(response: Response, secret: str, seconds: float, *, secure: bool) -> None:
    """Set the session's cookie.

    ``Lax``, not ``Strict``: a link to a dashboard in a message must find the session. Changing requests are
    protected by the CSRF value and the request's origin.
    """
    response.set_cookie(
        SECURE_NAME if secure else PLAIN_NAME,
        secret,
        max_age=int(seconds),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, *, secure: bool) -> None:
    """Remove the session's cookie from the browser."""
    set_cookie(response, "", 0, secure=secure)


def from_own_pages(request: Request) -> bool:
    """Whether a request comes from a page of this server, or from a program.

    Browsers name the origin of every changing request. Without both headers it is a program: no page sent it.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""


def local_path(text: str | None, default: str) -> str:
    """A path of this server for a redirect; ``default`` for any other address."""
    if not text or len(text) > 1000 or not text.startswith("/") or not text.isascii() or not text.isprintable():
        return default
    # Browsers read "\\" as "/": "/\\other.example" would leave this server.
    if text.startswith(("//", "/\\")) or "\\" in text:
        return default
    return text
