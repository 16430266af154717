"""The routes of the questions that the console's screens ask, for programs."""

# No postponed annotations here: FastAPI reads them.

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from amt_console.api.auth.callers import Caller
from amt_console.api.documents import questions as documents
from amt_console.api.paging import MOST_LIMIT
from amt_console.api.routes.access import BEARER, Calling, ExactRoute, Serving, answers, needs
from amt_console.api.routes.values import TextMoment, json_response, text_moment
from amt_console.api.served import Served
from amt_console.model import Role
from amt_console.model.queries import (
    ActivityQuery,
    AlertHistoryQuery,
    AwayQuery,
    BusinessQuery,
    ChangeQuery,
    HostQuery,
    IncidentsQuery,
    MovedQuery,
    StatesQuery,
)
from amt_console.model.queries import Query as Question
from amt_console.operations.answering.answer_json import answer_json
from amt_console.operations.archive import MOST_BUCKETS
from amt_console.operations.history.grid import LONGEST_HOURS

router = APIRouter(prefix="/questions", route_class=ExactRoute, dependencies=[BEARER], tags=["questions"])
MOST_SERVICES = 500
Hours = Annotated[float, Query(gt=0, le=LONGEST_HOURS, description="Length of the window.")]
Limit = Annotated[int, Query(ge=1, le=MOST_LIMIT, description="At most this many of each kind.")]
Buckets = Annotated[int, Query(ge=1, le=MOST_BUCKETS, description="As fine as fits in so many buckets.")]
NO_ALERT = answers(s404="No such alert")


@router.get("/activity", response_model=documents.ActivityDocument, **needs(Role.VIEWER))
def ask_activity(
    found: Calling, serving: Serving, at: TextMoment = None, hours: Hours = 24, limit: Limit = 300
) -> Response:
    """What people and the monitor did: the audit trail for admins, messages, the monitor's health."""
    return _answer(serving, found, ActivityQuery(hours, limit, at=_moment(serving, at)))


@router.get("/alert_history", response_model=documents.AlertHistoryDocument, **needs(Role.VIEWER))
def ask_alert_history(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    hours: Hours = 24 * 7,
    subject: Annotated[str | None, Query(max_length=200, description="Only those of one subject.")] = None,
    limit: Limit = 500,
) -> Response:
    """The alerts that were open at any time in the window, as they were at its end."""
    return _answer(serving, found, AlertHistoryQuery(hours, subject, limit, at=_moment(serving, at)))


@router.get("/away", response_model=documents.AwayDocument, **needs(Role.VIEWER))
def ask_away(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    since: Annotated[str | None, Query(max_length=64, description="Since this moment instead.")] = None,
) -> Response:
    """What happened since the caller last opened a console."""
    begin = text_moment(since, serving.clock.now(), "since")
    return _answer(serving, found, AwayQuery(begin, at=_moment(serving, at)))


@router.get("/business", response_model=documents.BusinessCourseDocument, **needs(Role.VIEWER))
def ask_business(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    hours: Hours = 24 * 30,
    most_buckets: Buckets = 60,
    projections: Annotated[bool, Query(description="Also forecast revenue, users and chats.")] = False,
) -> Response:
    """Revenue, chatbot and users over a window, beside the outages of the platform."""
    return _answer(serving, found, BusinessQuery(hours, most_buckets, projections, at=_moment(serving, at)))


@router.get("/change", response_model=documents.NextChangeDocument, **needs(Role.VIEWER))
def ask_change(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    later: Annotated[bool, Query(description="After `at` instead of before it.")] = False,
) -> Response:
    """The newest change of a service or an alert before a moment, or the first one after it."""
    return _answer(serving, found, ChangeQuery(later, at=_moment(serving, at)))


@router.get("/host", response_model=documents.HostCourseDocument, **needs(Role.VIEWER))
def ask_host(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    hours: Hours = 1,
    most_buckets: Buckets = 60,
    disks: Annotated[bool, Query(description="Also forecast when the disks are full.")] = False,
) -> Response:
    """The host over a window: processor, memory, disks, network, connections."""
    return _answer(serving, found, HostQuery(hours, most_buckets, disks, at=_moment(serving, at)))


@router.get("/incidents", response_model=documents.IncidentsDocument, **needs(Role.VIEWER))
def ask_incidents(
    found: Calling, serving: Serving, at: TextMoment = None, hours: Hours = 24 * 30, limit: Limit = 500
) -> Response:
    """The incidents of a window: who handled them, and how fast."""
    return _answer(serving, found, IncidentsQuery(hours, limit, at=_moment(serving, at)))


@router.get("/moved", response_model=documents.MovedTogetherDocument, **needs(Role.VIEWER, NO_ALERT))
def ask_moved(
    found: Calling,
    serving: Serving,
    alert_id: Annotated[int, Query(ge=1, le=2**62, description="The alert.")],
    at: TextMoment = None,
    limit: Limit = 12,
) -> Response:
    """Which other signals moved when an alert began."""
    return _answer(serving, found, MovedQuery(alert_id, limit, at=_moment(serving, at)))


@router.get("/states", response_model=documents.StatesDocument, **needs(Role.VIEWER))
def ask_states(
    found: Calling,
    serving: Serving,
    at: TextMoment = None,
    hours: Hours = 1,
    service: Annotated[
        list[Annotated[str, Query(max_length=200)]] | None,
        Query(max_length=MOST_SERVICES, description="Only these services."),
    ] = None,
) -> Response:
    """The states of services over a window."""
    names = None if service is None else tuple(service)
    return _answer(serving, found, StatesQuery(hours, names, at=_moment(serving, at)))


def _moment(serving: Served, at: str | None) -> datetime | None:
    return text_moment(at, serving.clock.now())


def _answer(serving: Served, found: Caller, question: Question[object]) -> Response:
    return json_response(answer_json(serving.operations.ask(question, actor=found.actor)))
