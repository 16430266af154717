"""Who is on call: now, over a period, and as a calendar."""

# No postponed annotations here: FastAPI reads them.

from typing import Annotated

from fastapi import APIRouter, Query, Response

from amt_console.api.documents.base import Page
from amt_console.api.documents.policies import CoverageDocument, OnCallDocument, ShiftDocument
from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.routes.values import Paged, TextMoment, json_response, text_moment
from amt_console.model import Role
from amt_console.operations.calendar_feed import MEDIA_TYPE, calendar_text
from amt_console.operations.json_views import coverage_json, oncall_json, shifts_json
from amt_console.operations.protocol import CALENDAR_DAYS, CALENDAR_DAYS_BEFORE, ONCALL_DAYS

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["on call"])
Days = Annotated[float, Query(ge=0, le=CALENDAR_DAYS, description="How far ahead.")]


@router.get("/oncall", response_model=OnCallDocument, **needs(Role.VIEWER))
def oncall(serving: Serving, at: TextMoment = None) -> Response:
    """Who is on call, and who is next: the document of `amt-console oncall --json`."""
    return json_response(oncall_json(serving.operations.oncall(text_moment(at, serving.clock.now()))))


@router.get("/oncall/shifts", response_model=Page[ShiftDocument], **needs(Role.VIEWER))
def oncall_shifts(serving: Serving, paging: Paged, at: TextMoment = None, days: Days = ONCALL_DAYS) -> Response:
    """The shifts of the days ahead, rota by rota."""
    plan = serving.operations.oncall(text_moment(at, serving.clock.now()), days=days)
    return json_response(paging.cut(shifts_json(plan), dict, lambda each: f"{each['rota']}\n{each['from']}"))


@router.get("/oncall/check", response_model=CoverageDocument, **needs(Role.VIEWER))
def oncall_check(serving: Serving, at: TextMoment = None, days: Days = ONCALL_DAYS) -> Response:
    """Hours that nobody covers, and people nobody can reach: the document of `amt-console oncall --check --json`."""
    plan = serving.operations.oncall(text_moment(at, serving.clock.now()), days=days)
    return json_response(coverage_json(plan))


@router.get(
    "/oncall.ics",
    response_class=Response,
    **needs(Role.VIEWER, {200: {"content": {"text/calendar": {}}, "description": "An iCalendar (RFC 5545)"}}),
)
def oncall_calendar(serving: Serving) -> Response:
    """All rotas as a calendar, from a month ago for a year."""
    plan = serving.operations.oncall(days=CALENDAR_DAYS, days_before=CALENDAR_DAYS_BEFORE)
    return Response(calendar_text(plan), media_type=MEDIA_TYPE)
