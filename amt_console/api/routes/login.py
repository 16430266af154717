"""The login of browsers: an access token in a form opens a session, held by a cookie."""

# No postponed annotations here: FastAPI reads them.

from html import escape
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from amt_console.api.auth.callers import Callers, Logins
from amt_console.api.auth.cookies import SAFE_METHODS, drop_cookie, from_own_pages, local_path, set_cookie
from amt_console.api.auth.errors import TooManyRequestsError, UnknownCallerError
from amt_console.api.auth.sessions import OpenSession
from amt_console.api.plain_page import plain_page
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import OPEN, OpenRoute, note_refusal
from amt_console.operations.protocol import NotPermittedError

LOGIN, LOGOUT = "/login", "/logout"
START = "/dashboards/"
"""Where a login leads by default."""
FORM_TYPE = "application/x-www-form-urlencoded"
# The origin of a form is sent to this server alone: it tells own pages from others.
_HEADERS = {"referrer-policy": "same-origin"}
router = APIRouter(route_class=OpenRoute, tags=["login"])


def may_help(request: Request) -> bool:
    """Whether a login would open what an unknown caller asked for."""
    callers: Callers = request.app.state.callers
    asks = request.method in SAFE_METHODS and "authorization" not in request.headers
    return asks and callers.logins is not None and request.url.path not in (LOGIN, LOGOUT)


def redirect(request: Request) -> Response:
    """Lead a browser to the login, and from there to what it asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _to(f"{LOGIN}?{urlencode({'next': asked})}")


@router.get(LOGIN, openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def login_form(request: Request) -> Response:
    """The form; or who is logged in, and the way out."""
    session = await _logins(request).session_of(request)
    following = local_path(request.query_params.get("next"), START)
    return _form_page(following) if session is None else _session_page(session, following)


@router.post(LOGIN, openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def log_in(request: Request) -> Response:
    """Open a session with the token of the form, and go on to what was asked for."""
    logins = _logins(request)
    _must_be_own(request)
    form = await _form(request)
    following = local_path(form.get("next"), START)
    try:
        session = await logins.log_in(form.get("token", ""), request)
    except UnknownCallerError as error:
        note_refusal(request, error)
        return _form_page(following, "This token is not valid: it is mistyped, has expired, or was revoked.", 401)
    except (NotPermittedError, TooManyRequestsError) as error:
        note_refusal(request, error)
        raise
    answer = _to(following)
    set_cookie(answer, session.secret, session.seconds, secure=logins.encrypted(request))
    return answer


@router.get(LOGOUT, openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def logout_form(request: Request) -> Response:
    """A button; opening the page changes nothing."""
    session = await _logins(request).session_of(request)
    return _to(LOGIN) if session is None else _session_page(session, START)


@router.post(LOGOUT, openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def log_out(request: Request) -> Response:
    """End the session."""
    logins = _logins(request)
    session = await logins.session_of(request)
    if session is not None:
        _must_be_own(request)
        if not session.confirms((await _form(request)).get("csrf", "")):
            raise NotPermittedError("the form does not belong to this session: open /logout again")
        await logins.log_out(session, request)
    answer = _to(LOGIN)
    drop_cookie(answer, secure=logins.encrypted(request))
    return answer


def _logins(request: Request) -> Logins:
    callers: Callers = request.app.state.callers
    if callers.logins is None:
        raise RequestError("not_found", "nobody needs to log in on the socket")
    return callers.logins


def _must_be_own(request: Request) -> None:
    if not from_own_pages(request):
        raise NotPermittedError("a page of another site sent this form")


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind != FORM_TYPE:
            raise ValueError
        fields = parse_qs((await request.body()).decode(), max_num_fields=10, keep_blank_values=True)
    except ValueError:
        raise RequestError("invalid", f"the body must be a form ({FORM_TYPE})") from None
    return {name: values[0] for name, values in fields.items()}


def _to(path: str) -> Response:
    # 303: whatever the method was, the next request is a GET.
    return RedirectResponse(path, status_code=303)


def _form_page(following: str, fault: str | None = None, status: int = 200) -> Response:
    told = "" if fault is None else f'<p class="fault" role="alert" id="fault">{escape(fault)}</p>'
    marked = "" if fault is None else ' aria-invalid="true" aria-describedby="fault"'
    body = (
        f'{told}<form method="post" action="{LOGIN}">'
        f'<input type="hidden" name="next" value="{escape(following)}">'
        '<label for="token">Access token</label>'
        f'<input id="token" name="token" type="password" autocomplete="current-password" required autofocus'
        f' maxlength="200" spellcheck="false" autocapitalize="none"{marked}>'
        '<button type="submit">Log in</button></form>'
        "<p>An admin makes a token with <code>amt-console token create NAME</code>.</p>"
    )
    return plain_page("amt-console: log in", body, status, _HEADERS)


def _session_page(session: OpenSession, following: str) -> Response:
    token = session.token
    body = (
        f"<dl><dt>Token</dt><dd>{escape(token.name)}</dd><dt>Role</dt><dd>{escape(token.role)}</dd>"
        f"<dt>Until</dt><dd>{session.expires_at:%Y-%m-%d %H:%M} UTC</dd></dl>"
        f'<p><a href="{escape(following)}">Go on</a></p>'
        f'<form method="post" action="{LOGOUT}"><input type="hidden" name="csrf" value="{session.csrf}">'
        '<button type="submit">Log out</button></form>'
    )
    return plain_page("You are logged in", body, headers=_HEADERS)
