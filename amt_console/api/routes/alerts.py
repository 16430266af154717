"""Alerts as programs read them."""

# No postponed annotations here: FastAPI reads them.

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from amt_console.api.auth.identity import Role
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, answers, needs
from amt_console.api.routes.actions import AlertId
from amt_console.api.routes.values import Page, PastMoment, json_page, json_response, moment, moment_or_now
from amt_console.model import AlertState, AlertView
from amt_console.operations.json_views import alert_detail_json, alert_json

MOST_ALERTS = 10_000
"""How far back pages go."""
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
    cursor: Annotated[str | None, Query(max_length=20, description="`next` of the page before.")] = None,
) -> Response:
    """Alerts as they are now."""
    after = None if since is None else moment(since)
    found = serving.operations.alerts(state, since=after, limit=MOST_ALERTS)
    start = 0 if cursor is None else _behind(found, cursor)
    page = found[start : start + limit]
    more = start + limit < len(found)
    return json_page([alert_json(each) for each in page], str(page[-1].id) if more else None)


@router.get("/alerts/{alert_id}", response_model=dict[str, Any], **needs(Role.VIEWER, _MISSING))
def alert(serving: Serving, alert_id: AlertId, at: PastMoment = None) -> Response:
    """One alert with everything that happened to it."""
    return json_response(alert_detail_json(serving.operations.alert(alert_id, at=moment_or_now(at))))


def _behind(found: tuple[AlertView, ...], cursor: str) -> int:
    """Where the page begins. Raises RequestError for a cursor whose alert is not in the list (any more)."""
    for index, each in enumerate(found):
        if str(each.id) == cursor:
            return index + 1
    raise RequestError("invalid", "the list has changed so much that this cursor leads nowhere: begin again")
