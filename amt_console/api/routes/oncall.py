"""Who is on call: now, over a period, and as a calendar."""

# No postponed annotations here: FastAPI reads them.

from typing import Any

from fastapi import APIRouter, Response

from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.routes.values import PastMoment, json_response, moment_or_now
from amt_console.model import Role
from amt_console.operations.calendar_feed import MEDIA_TYPE, calendar_text
from amt_console.operations.json_views import oncall_json
from amt_console.operations.protocol import CALENDAR_DAYS, CALENDAR_DAYS_BEFORE

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["on call"])


@router.get("/oncall", response_model=dict[str, Any], **needs(Role.VIEWER))
def oncall(serving: Serving, at: PastMoment = None) -> Response:
    """Who is on call, and who is next: the document of `amt-console oncall --json`."""
    return json_response(oncall_json(serving.operations.oncall(moment_or_now(at))))


@router.get(
    "/oncall.ics",
    response_class=Response,
    **needs(Role.VIEWER, {200: {"content": {"text/calendar": {}}, "description": "An iCalendar (RFC 5545)"}}),
)
def oncall_calendar(serving: Serving) -> Response:
    """All rotas as a calendar, from a month ago for a year."""
    plan = serving.operations.oncall(days=CALENDAR_DAYS, days_before=CALENDAR_DAYS_BEFORE)
    return Response(calendar_text(plan), media_type=MEDIA_TYPE)
