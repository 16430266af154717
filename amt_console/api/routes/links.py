"""The page behind a link in a message: it shows the alert with a button to acknowledge it.

Mail scanners fetch every link, so opening one never acts.
"""

# No postponed annotations here: FastAPI reads them.

import asyncio
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from amt_console.api.plain_page import plain_page
from amt_console.api.routes.access import OPEN, OpenRoute, Serving
from amt_console.links import AcknowledgeClaim, AcknowledgeLinks, LinkExpired, LinkRefused
from amt_console.model import MAX_NOTE_CHARS, Acknowledge, AlertView, Role
from amt_console.operations.acting import act_as_seen
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import ConflictError, NotFoundError, OperationError
from amt_console.text import SEVERITY_WORDS, safe_text

router = APIRouter(route_class=OpenRoute, tags=["links"])
MAX_NAME_CHARS = 64


@router.get("/acknowledge/{token}", openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def show(serving: Serving, token: str) -> Response:
    """The alert and a button; nothing is changed."""
    claim = _claim(serving.links, token)
    if isinstance(claim, Response):
        return claim
    try:
        alert = await asyncio.to_thread(_seen, serving, claim)
    except OperationError as error:
        return _refused(error)
    return plain_page(alert.message, _facts(alert) + _form(claim))


@router.post("/acknowledge/{token}", openapi_extra=OPEN, response_class=HTMLResponse, include_in_schema=False)
async def acknowledge(request: Request, serving: Serving, token: str) -> Response:
    """Acknowledge as the person for whom the link was made."""
    claim = _claim(serving.links, token)
    if isinstance(claim, Response):
        return claim
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    name, note = (safe_text(form.get(field, [""])[0].strip(), MAX_NOTE_CHARS) for field in ("name", "note"))
    who = claim.receiver if claim.person else name[:MAX_NAME_CHARS] or claim.receiver
    try:
        alert = await asyncio.to_thread(_take, serving, claim, who, note or None)
    except OperationError as error:
        return _refused(error)
    serving.acted()
    return plain_page(f"Taken by {alert.acknowledged_by}", _facts(alert))


def _claim(links: AcknowledgeLinks, token: str) -> AcknowledgeClaim | Response:
    try:
        return links.read(token)
    except LinkExpired:
        return plain_page("This link has expired", "<p>Acknowledge in the console: <code>amt-console</code>.</p>", 410)
    except LinkRefused:
        return plain_page("This link is not valid", "<p>It is cut off, or was not made by this monitor.</p>", 403)


def _seen(serving: Serving, claim: AcknowledgeClaim) -> AlertView:
    """The alert, if it has not changed since the message.

    The version alone does not decide: it grows with every escalation, and the first page of an alert must still work
    after the second. Whoever has the alert, its severity and its end do.
    """
    alert = serving.operations.alert(claim.alert_id).alert
    if alert.resolved_at is not None:
        raise ConflictError(f"Alert {alert.id} has ended: {alert.message}")
    if alert.acknowledged_by is not None:
        raise ConflictError(f"Alert {alert.id} is already acknowledged by {alert.acknowledged_by}.")
    if alert.severity.value != claim.severity:
        raise ConflictError(f"Alert {alert.id} is {SEVERITY_WORDS[alert.severity]} now: {alert.message}")
    return alert


def _take(serving: Serving, claim: AcknowledgeClaim, who: str, note: str | None) -> AlertView:
    seen = _seen(serving, claim)
    actor = Actor(who, via=f"link to {claim.receiver}", role=Role.OPERATOR)
    return act_as_seen(serving.operations, Acknowledge(seen.id, note), seen, actor=actor)


def _refused(error: OperationError) -> Response:
    if isinstance(error, ConflictError | NotFoundError):
        return plain_page(str(error), "<p>The console shows what is going on now: <code>amt-console</code>.</p>", 409)
    return plain_page("The monitor cannot answer now", f"<p>{escape(str(error))}</p>", 503)


def _facts(alert: AlertView) -> str:
    facts = [
        ("Severity", SEVERITY_WORDS[alert.severity]),
        ("Subject", alert.subject),
        ("Since", f"{alert.opened_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Alert", str(alert.id)),
        ("Who has it", alert.acknowledged_by or "nobody"),
        ("Note", alert.note),
    ]
    rows = (f"<dt>{label}</dt><dd>{escape(safe_text(value))}</dd>" for label, value in facts if value)
    return f"<dl>{''.join(rows)}</dl>"


def _form(claim: AcknowledgeClaim) -> str:
    name = (
        f"<p>You act as <strong>{escape(claim.receiver)}</strong>.</p>"
        if claim.person
        else f'<label>Your name<input name="name" maxlength="{MAX_NAME_CHARS}" required autocomplete="name"></label>'
    )
    note = f'<label>Note (optional)<input name="note" maxlength="{MAX_NOTE_CHARS}"></label>'
    return f'<form method="post">{name}{note}<button type="submit">Acknowledge</button></form>'
