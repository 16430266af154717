"""The routes of alerts for programs."""

# No postponed annotations here: FastAPI reads them.

from typing import Annotated

from fastapi import APIRouter, Query, Response

from amt_console.api.documents.alerts import AlertDetailDocument, AlertDocument, AlertWhyDocument
from amt_console.api.documents.base import Page
from amt_console.api.routes.access import BEARER, ExactRoute, Serving, answers, needs
from amt_console.api.routes.actions import AlertId
from amt_console.api.routes.values import Paged, Since, TextMoment, Until, json_response, text_moment
from amt_console.model import AlertState, Role, Severity
from amt_console.operations.json_views import alert_detail_json, alert_json
from amt_console.operations.notification_json import why_json
from amt_console.operations.protocol import AlertFilter

router = APIRouter(route_class=ExactRoute, dependencies=[BEARER], tags=["alerts"])
Named = Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=50)]
_MISSING = answers(s404="No such alert")


@router.get("/alerts", response_model=Page[AlertDocument], **needs(Role.VIEWER))
def alerts(
    serving: Serving,
    paging: Paged,
    state: Annotated[
        list[AlertState] | None,
        Query(description="Only these states, newest first; without it open alerts, worst first."),
    ] = None,
    severity: Annotated[list[Severity], Query(description="Only these severities.")] = [],  # noqa: B006
    service: Annotated[Named, Query(description="Only alerts of these services, databases or host parts.")] = [],  # noqa: B006
    group: Annotated[Named, Query(description="Only alerts of services in these groups.")] = [],  # noqa: B006
    since: Since = None,
    until: Until = None,
) -> Response:
    """Alerts as they are now: with `state`, those that were open at any time from `since` to `until`."""
    now = serving.clock.now()
    only = AlertFilter(tuple(severity), tuple(service), tuple(group), text_moment(until, now, "until"))
    begin = text_moment(since, now, "since")
    # One more than the page tells whether another page follows.
    limit, after = paging.limit + 1, paging.after_number
    found = serving.operations.alerts(state, since=begin, limit=limit, after=after, only=only)
    return json_response(paging.page(found, alert_json, lambda each: each.id))


@router.get("/alerts/{alert_id}", response_model=AlertDetailDocument, **needs(Role.VIEWER, _MISSING))
def alert(serving: Serving, alert_id: AlertId, at: TextMoment = None) -> Response:
    """One alert with everything that happened to it."""
    when = text_moment(at, serving.clock.now())
    return json_response(alert_detail_json(serving.operations.alert(alert_id, at=when)))


@router.get("/alerts/{alert_id}/why", response_model=AlertWhyDocument, **needs(Role.VIEWER, _MISSING))
def why(serving: Serving, alert_id: AlertId) -> Response:
    """Why the alert was told to somebody, or not: what was seen, each decision, each delivery."""
    return json_response(why_json(serving.operations.why(alert_id)))
