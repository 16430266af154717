"""The endpoints: one for each use case. Whatever blocks runs on a thread."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from amt_console import __version__
from amt_console.api import wire
from amt_console.api.auth.callers import Caller, Callers
from amt_console.api.auth.identity import Role
from amt_console.api.encoded_snapshot import EncodedSnapshot
from amt_console.api.feed import LONGEST_WAIT
from amt_console.api.served import Served
from amt_console.model import AlertDetail, AlertState, AlertView, MonitorState, Snapshot
from amt_console.operations.protocol import NotPermittedError, OperationError, Operations, ServiceDetail
from amt_console.store import StoreError
from amt_console.text import safe_text

MAX_SESSION_CHARS = 64
_BEARER = HTTPBearer(auto_error=False, description="An access token; not needed on the unix socket.")
_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": wire.ErrorAnswer, "description": "No valid access token; the body is the same for every cause"},
    403: {"model": wire.ErrorAnswer, "description": "The caller's role does not allow it"},
    429: {"model": wire.ErrorAnswer, "description": "Too many wrong tokens from this address"},
    503: {"model": wire.ErrorAnswer, "description": "The monitor or its database cannot answer now"},
}
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": wire.ErrorAnswer, "description": "No such alert or service"}
}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    **_MISSING,
    409: {"model": wire.ErrorAnswer, "description": "Somebody was quicker, or the alert has changed or ended"},
}
_Version = Annotated[
    int | None, Field(description="Refuse with 409 when the alert is no longer at this version.", ge=0)
]


class AcknowledgeBody(BaseModel):
    """What comes with an acknowledgement."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str | None, Field(max_length=2000, description="What you know or do about it.")] = None
    expected_version: _Version = None


class UnacknowledgeBody(BaseModel):
    """What comes with giving back."""

    model_config = ConfigDict(extra="forbid")
    expected_version: _Version = None


def served(request: Request) -> Served:
    """What the application serves."""
    found: Served = request.app.state.served
    return found


async def caller(request: Request, _token: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
    """Whoever asks, noted as looking if it is a console. Raises NotPermittedError for strangers."""
    callers: Callers = request.app.state.callers
    found = await callers.recognise(request)
    session = request.headers.get(wire.SESSION_HEADER)
    if session:
        served(request).presence.seen(
            safe_text(session, MAX_SESSION_CHARS),
            name=found.actor.name,
            place=found.place,
            may_monitor=found.own and wire.LOOKS_ONLY_HEADER not in request.headers,
        )
    return found


Viewing = Annotated[Caller, Depends(caller)]
Serving = Annotated[Served, Depends(served)]


async def operator(found: Viewing, serving: Serving) -> Operations:
    """The use cases in the caller's name. Raises NotPermittedError for those who may only look."""
    if not found.role.includes(Role.OPERATOR):
        raise NotPermittedError(f"{found.actor.name} may look, but not act: that needs the role operator")
    return serving.operations.as_actor(found.actor)


Acting = Annotated[Operations, Depends(operator)]
AlertId = Annotated[int, Path(ge=1, le=2**62, description="The alert's number.")]
router = APIRouter(prefix="/v1", responses=_ERRORS)
health = APIRouter()


@router.get("/hello", tags=["session"], response_model=wire.Hello)
async def hello(found: Viewing, serving: Serving) -> Response:
    """Who answers, which version it speaks, and who the caller is here."""
    answer = wire.Hello(
        program=wire.PROGRAM,
        version=__version__,
        protocol=wire.PROTOCOL,
        name=found.actor.name,
        role=found.role.value,
        database=serving.database,
        host=serving.host,
        pid=serving.pid,
    )
    return _json(wire.HELLO, answer)


@router.get(
    "/snapshot",
    tags=["look"],
    response_model=Snapshot,
    responses={304: {"description": "`version` is the newest: there is nothing new"}},
)
async def snapshot(
    _: Viewing,
    serving: Serving,
    at: Annotated[datetime | None, Query(description="A past moment; without it, now.")] = None,
    version: Annotated[int | None, Query(description="The version that the caller has already.")] = None,
) -> Response:
    """Everything that a live screen shows: services, open alerts, the host, the platform's figures, who looks."""
    if at is not None:
        return await asyncio.to_thread(lambda: _json(wire.SNAPSHOT, serving.operations.snapshot(_aware(at))))
    picture = await _picture(serving)
    if version == picture.version:
        return Response(status_code=304)
    return Response(picture.body, media_type="application/json")


@router.get("/actions", tags=["session"], response_model=wire.Actions)
async def actions(
    _: Viewing,
    serving: Serving,
    after: Annotated[int, Query(description="The number of the answer before; -1 at first.")] = -1,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds.")] = LONGEST_WAIT,
) -> Response:
    """Wait until somebody acts, at the latest until `wait` is over; then it is time to ask for the snapshot."""
    return _json(wire.ACTIONS, wire.Actions(number=await serving.feed.wait(after, wait)))


@router.get("/alerts", tags=["look"], response_model=tuple[AlertView, ...])
def alerts(
    _: Viewing,
    serving: Serving,
    state: Annotated[
        list[AlertState] | None,
        Query(description="Only these states, newest first; without it open ones, worst first."),
    ] = None,
    since: Annotated[datetime | None, Query(description="With `state`: open at any time since.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> Response:
    """Alerts as they are now."""
    moment = None if since is None else _aware(since)
    return _json(wire.ALERTS, serving.operations.alerts(state, since=moment, limit=limit))


@router.get("/alerts/{alert_id}", tags=["look"], response_model=AlertDetail, responses=_MISSING)
def alert(_: Viewing, serving: Serving, alert_id: AlertId) -> Response:
    """One alert with everything that happened to it."""
    return _json(wire.ALERT_DETAIL, serving.operations.alert(alert_id))


@router.post("/alerts/{alert_id}/acknowledge", tags=["act"], response_model=AlertView, responses=_CONFLICT)
def acknowledge(acting: Acting, alert_id: AlertId, body: Annotated[AcknowledgeBody, Body()]) -> Response:
    """Take an alert: everybody sees that the caller has it. Needs the role operator."""
    return _json(wire.ALERT, acting.acknowledge(alert_id, note=body.note, expected_version=body.expected_version))


@router.post("/alerts/{alert_id}/unacknowledge", tags=["act"], response_model=AlertView, responses=_CONFLICT)
def unacknowledge(acting: Acting, alert_id: AlertId, body: Annotated[UnacknowledgeBody, Body()]) -> Response:
    """Give an alert back: nobody has it any more. Needs the role operator."""
    return _json(wire.ALERT, acting.unacknowledge(alert_id, expected_version=body.expected_version))


@router.get("/service", tags=["look"], response_model=ServiceDetail, responses=_MISSING)
def service(
    _: Viewing,
    serving: Serving,
    name: Annotated[str, Query(max_length=200, description="As the snapshot has it.")],
    hours: Annotated[float, Query(gt=0, le=24 * 400, description="How far back.")] = 24,
) -> Response:
    """One service with its history: response times, uptime, single probes, changes of state, alerts."""
    return _json(wire.SERVICE_DETAIL, serving.operations.service(name, hours=hours))


@router.post("/probe", tags=["act"], status_code=202, responses=_MISSING)
def probe(
    acting: Acting,
    service: Annotated[str | None, Query(max_length=200, description="One service; without it, all.")] = None,
) -> Response:
    """Probe at once, beside the schedule. Needs the role operator."""
    acting.probe_now(service)
    return Response(status_code=202)


@router.delete("/session", tags=["session"], status_code=204)
async def goodbye(request: Request, _: Viewing, serving: Serving) -> Response:
    """The console of the header `amt-console-session` looks no longer."""
    serving.presence.left(safe_text(request.headers.get(wire.SESSION_HEADER, ""), MAX_SESSION_CHARS))
    return Response(status_code=204)


@router.put("/viewers", tags=["session"], status_code=204)
async def viewers(found: Viewing, serving: Serving, body: Annotated[wire.Relayed, Body()]) -> Response:
    """Who looks through the calling process; to be told every few seconds. Only for the monitor's own user and root."""
    if not found.own:
        raise NotPermittedError(f"{found.actor.name} may not say who looks: that is for the monitor's own user")
    told = (
        replace(viewer, name=safe_text(viewer.name, 64), place=safe_text(viewer.place, 64), may_monitor=False)
        for viewer in body.viewers
    )
    serving.presence.relayed(found.place, tuple(told))
    return Response(status_code=204)


@health.get(
    "/healthz",
    tags=["health"],
    responses={503: {"description": "No monitor runs, or it is silent, or the database does not answer"}},
)
async def healthz(serving: Serving) -> Response:
    """200 only while the monitor works; needs no token."""
    try:
        picture = await _picture(serving)
        state = picture.monitor.value
    except (OperationError, StoreError):
        state = "unavailable"
    working = state == MonitorState.RUNNING.value
    return JSONResponse({"status": "ok" if working else state}, status_code=200 if working else 503)


async def _picture(serving: Served) -> EncodedSnapshot:
    recent = serving.pictures.recent()
    return recent if recent is not None else await asyncio.to_thread(serving.pictures.current)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise OperationError("a moment needs an offset, such as 2026-03-01T21:00:00Z")
    return moment


def _json(adapter: TypeAdapter[Any], value: object) -> Response:
    return Response(adapter.dump_json(value), media_type="application/json")
