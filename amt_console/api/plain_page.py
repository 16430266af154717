"""Small HTML pages of the API itself: no scripts, no external resources."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from amt_console.text import safe_text

FRAMES = "frame-ancestors 'none'; base-uri 'none'"
"""What no page allows, as part of its content security policy."""
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; {FRAMES}"
SECURITY_HEADERS = {
    # An address can be a secret: it must not be sent on as a referrer.
    "referrer-policy": "no-referrer",
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; line-height: 1.3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; padding: 0; } li { margin: 0 0 1rem; } li span { display: block; opacity: .75; }
nav a { margin-right: 1rem; } a { color: light-dark(#0b5cad, #8ec2ff); }
code { white-space: nowrap; }
p.fault { border-left: .3rem solid light-dark(#b3261e, #ff8a80); padding: .2rem .8rem; }
input { font: inherit; padding: .6rem; width: 100%; box-sizing: border-box; margin: .25rem 0 1rem; }
button { font: inherit; font-weight: 600; padding: .9rem 1.4rem; width: 100%; border: 0; border-radius: .5rem;
  background: #0b5cad; color: #fff; cursor: pointer; }
"""


PAGES = ("/dashboards", "/login", "/logout")
"""Paths of pages for browsers, with what is below them."""


def wants_page(request: Request) -> bool:
    """Whether a failure is answered with a page: a browser asked for one."""
    path = request.url.path
    mine = any(path == page or path.startswith(f"{page}/") for page in PAGES)
    return mine and "text/html" in request.headers.get("accept", "")


def plain_document(heading: str, body: str) -> str:
    """A page with a heading, which is escaped, and a body of HTML, which is not."""
    title = escape(safe_text(heading))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )


def plain_page(heading: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer with ``plain_document``."""
    return HTMLResponse(
        plain_document(heading, body), status_code=status, headers={**SECURITY_HEADERS, **(headers or {})}
    )
