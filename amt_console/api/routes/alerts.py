"""The routes of alerts for programs."""

# No postponed annotations here: FastAPI reads them.

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, answers, needs
from amt_console.api.routes.actions import AlertId
from amt_console.api.routes.values import Page, PastMoment, json_page, json_response, moment, moment_or_now
from amt_console.model import AlertState, Role
from amt_console.operations.json_views import alert_detail_json, alert_json
from amt_console.operations.notification_json import why_json

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["alerts"])
_MISSING = answers(s404="No such alert")


@router.get("/alerts", response_model=Page, **needs(Role.VIEWER))
def alerts(
    serving: Serving,
    state: Annotated[
        list[AlertState] | None,
        Query(description="Only these states, newest first; without it open alerts, worst first."),
    ] = None,
    since: Annotated[datetime | None, Query(description="With `state`: open at any time since.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
    cursor: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the previous page.")] = None,
) -> Response:
    """Alerts as they are now."""
    begin = None if since is None else moment(since)
    # One more than the page tells whether another page follows.
    found = serving.operations.alerts(state, since=begin, limit=limit + 1, after=cursor)
    page = found[:limit]
    return json_page([alert_json(each) for each in page], str(page[-1].id) if len(found) > limit else None)


@router.get("/alerts/{alert_id}", response_model=dict[str, Any], **needs(Role.VIEWER, _MISSING))
def alert(serving: Serving, alert_id: AlertId, at: PastMoment = None) -> Response:
    """One alert with everything that happened to it."""
    return json_response(alert_detail_json(serving.operations.alert(alert_id, at=moment_or_now(at))))


@router.get("/alerts/{alert_id}/why", response_model=dict[str, Any], **needs(Role.VIEWER, _MISSING))
def why(serving: Serving, alert_id: AlertId) -> Response:
    """Why the alert was told to somebody, or not: what was seen, each decision, each delivery."""
    return json_response(why_json(serving.operations.why(alert_id)))
