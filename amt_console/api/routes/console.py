"""The routes of attached consoles, in their wire format: hello, snapshot, changes, presence."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response

from amt_console import __version__
from amt_console.api import answer_forms, wire
from amt_console.api.content_coding import prefers_gzip
from amt_console.api.feed import LONGEST_WAIT
from amt_console.api.routes.access import BEARER, MAX_SESSION_CHARS, Calling, GuardedRoute, Serving, answers, needs
from amt_console.api.routes.actions import BODY_REFUSED, AlertId, add_action_routes
from amt_console.api.routes.values import Every, PastMoment, moment, moment_or_now
from amt_console.model import AlertState, Role, Severity
from amt_console.model.queries import QUERIES
from amt_console.operations.archive import MOST_BUCKETS
from amt_console.operations.protocol import (
    CALENDAR_DAYS,
    ONCALL_DAYS,
    SERVICE_BUCKETS,
    AlertFilter,
    InvalidError,
    NotPermittedError,
)
from amt_console.text import safe_text

router = APIRouter(prefix="/console", route_class=GuardedRoute, dependencies=[BEARER], tags=["console"])
Kind = TypeVar("Kind")
_QUERIES = {kind.name: kind for kind in QUERIES}
_MISSING = answers(s404="No such alert or service")


@router.get("/hello", response_model=wire.Hello, **needs(Role.VIEWER))
async def console_hello(found: Calling, serving: Serving) -> Response:
    """Who answers, which version it speaks, and who the caller is here."""
    answer = wire.Hello(
        program=wire.PROGRAM,
        version=__version__,
        protocol=wire.PROTOCOL,
        name=found.actor.name,
        role=found.actor.role.value,
        database=serving.database,
        host=serving.host,
        pid=serving.pid,
    )
    return _wired(wire.HELLO, answer)


@router.get("/snapshot", **needs(Role.VIEWER, {304: {"description": "`If-None-Match` names the newest snapshot"}}))
async def console_snapshot(
    serving: Serving,
    at: PastMoment = None,
    if_none_match: Annotated[str | None, Header(description="The ETag of the previous answer.")] = None,
    accept_encoding: Annotated[str, Header(description="`gzip` for an eighth of the bytes.")] = "",
) -> Response:
    """Everything that a live screen shows."""
    if at is not None:
        when = moment(at)
        return await asyncio.to_thread(lambda: _wired(wire.SNAPSHOT, serving.operations.snapshot(when)))
    found = await serving.snapshots.newest()
    headers = {"etag": wire.etag(found.version)}
    if wire.names_tag(if_none_match, wire.etag(found.version)):
        return Response(status_code=304, headers=headers)
    if prefers_gzip(accept_encoding):
        headers |= {"content-encoding": "gzip"}
        return Response(await found.packed(), media_type="application/json", headers=headers)
    return Response(await found.wired(), media_type="application/json", headers=headers)


@router.get("/changes", response_model=wire.ActionCount, **needs(Role.VIEWER))
async def console_changes(
    serving: Serving,
    after: Annotated[int, Query(description="The number in the previous answer; -1 at first.")] = -1,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds.")] = LONGEST_WAIT,
) -> Response:
    """Wait until somebody acts, at the latest until `wait` is over; then it is time to ask for the snapshot."""
    number = await serving.feed.wait(after, wait)
    return _wired(wire.ACTION_COUNT, wire.ActionCount(number, serving.feed.process))


@router.get("/alerts", **needs(Role.VIEWER))
def console_alerts(
    serving: Serving,
    state: Annotated[list[AlertState] | None, Query()] = None,
    since: Annotated[datetime | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    until: Annotated[datetime | None, Query()] = None,
    severity: Annotated[list[Severity], Query()] = [],  # noqa: B006
    service: Annotated[list[str], Query()] = [],  # noqa: B006
    group: Annotated[list[str], Query()] = [],  # noqa: B006
) -> Response:
    """Alerts as they are now."""
    begin = moment_or_now(since)
    only = AlertFilter(tuple(severity), tuple(service), tuple(group), moment_or_now(until))
    found = serving.operations.alerts(state, since=begin, limit=limit, after=after, only=only)
    return _wired(answer_forms.ALERTS, found)


@router.get("/alerts/{alert_id}", **needs(Role.VIEWER, _MISSING))
def console_alert(serving: Serving, alert_id: AlertId, at: PastMoment = None) -> Response:
    """One alert with everything that happened to it."""
    return _wired(answer_forms.ALERT_DETAIL, serving.operations.alert(alert_id, at=moment_or_now(at)))


@router.get("/alerts/{alert_id}/why", **needs(Role.VIEWER, _MISSING))
def console_why(serving: Serving, alert_id: AlertId) -> Response:
    """Why the alert was told to somebody, or not."""
    return _wired(answer_forms.WHY, serving.operations.why(alert_id))


@router.post("/ask/{name}", **needs(Role.VIEWER, BODY_REFUSED | _MISSING))
async def console_ask(
    found: Calling, serving: Serving, name: Annotated[str, Path(max_length=40)], request: Request
) -> Response:
    """Answer a question of a screen; the body holds its fields."""
    kind = _QUERIES.get(name)
    if kind is None:
        raise InvalidError(f"there is no question '{safe_text(name, 40)}'")
    query = wire.query_of(kind, await request.body())
    answer = await asyncio.to_thread(lambda: serving.operations.ask(query, actor=found.actor))
    return _wired(wire.answer_form(kind.answer), answer)


@router.get("/service", **needs(Role.VIEWER, _MISSING))
def console_service(
    serving: Serving,
    name: Annotated[str, Query(max_length=200, description="As in the snapshot.")],
    hours: Annotated[float, Query(gt=0, le=24 * 400, description="How far back.")] = 24,
    at: PastMoment = None,
    most_buckets: Annotated[int, Query(ge=1, le=MOST_BUCKETS, description="Of each series.")] = SERVICE_BUCKETS,
) -> Response:
    """One service with its history: response times, uptime, single probes, changes of state, alerts."""
    found = serving.operations.service(name, hours=hours, at=moment_or_now(at), most_buckets=most_buckets)
    return _wired(answer_forms.SERVICE_DETAIL, found)


@router.get("/oncall", **needs(Role.VIEWER))
def console_oncall(
    serving: Serving,
    at: PastMoment = None,
    days: Annotated[float, Query(ge=0, le=CALENDAR_DAYS, description="How far ahead.")] = ONCALL_DAYS,
    days_before: Annotated[float, Query(ge=0, le=CALENDAR_DAYS, description="How far back.")] = 0,
) -> Response:
    """The rotas at a moment and in the days around it."""
    plan = serving.operations.oncall(moment_or_now(at), days=days, days_before=days_before)
    return _wired(answer_forms.ONCALL, plan)


@router.get("/silences", **needs(Role.VIEWER))
def console_silences(serving: Serving, every: Every = False) -> Response:
    """Silences of the configuration and of people."""
    return _wired(answer_forms.SILENCES, serving.operations.silences(ended=every))


@router.get("/maintenance", **needs(Role.VIEWER))
def console_maintenance(serving: Serving, every: Every = False) -> Response:
    """Planned work of the configuration and of people."""
    return _wired(answer_forms.MAINTENANCE, serving.operations.maintenance(ended=every))


@router.delete("/session", status_code=204, **needs(Role.VIEWER))
async def console_goodbye(request: Request, serving: Serving) -> Response:
    """The console of the header `amt-console-session` is no longer present."""
    serving.presence.left(safe_text(request.headers.get(wire.SESSION_HEADER, ""), MAX_SESSION_CHARS))
    return Response(status_code=204)


@router.put("/presence", status_code=204, **needs(Role.VIEWER, BODY_REFUSED))
async def console_presence(found: Calling, serving: Serving, body: Annotated[wire.Relayed, Body()]) -> Response:
    """Who is present through the calling process, told every few seconds. For the monitor's own user and root."""
    if not found.own:
        raise NotPermittedError(f"{found.actor.name} may not report presence: only the monitor's own user may")
    told = (
        replace(person, name=safe_text(person.name, 64), place=safe_text(person.place, 64), may_monitor=False)
        for person in body.people
    )
    serving.presence.relayed(found.place, tuple(told))
    return Response(status_code=204)


def _wired(form: wire.Form[Kind], value: Kind) -> Response:
    return Response(wire.encode(value), media_type="application/json")


add_action_routes(router, lambda answer: _wired(wire.answer_form(type(answer)), answer), prefix="console_")
