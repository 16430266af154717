"""The routes of the live state: snapshot, services, host, figures."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from amt_console.api import wire
from amt_console.api.content_coding import prefers_gzip
from amt_console.api.documents.base import Page
from amt_console.api.documents.state import (
    FiguresDocument,
    HeartbeatDocument,
    HostDocument,
    ServiceDetailDocument,
    ServiceDocument,
    SnapshotDocument,
)
from amt_console.api.routes.access import BEARER, ExactRoute, Serving, answers, needs
from amt_console.api.routes.values import Paged, TextMoment, json_response, text_moment
from amt_console.api.served import Served
from amt_console.model import Role
from amt_console.model import Snapshot as LiveSnapshot
from amt_console.operations.json_views import figures_json, heartbeat_json, host_json, service_json, snapshot_json
from amt_console.operations.record_json import service_detail_json

router = APIRouter(route_class=ExactRoute, dependencies=[BEARER], tags=["state"])
ServiceName = Annotated[str, Path(min_length=1, max_length=200, description="As in the snapshot.")]
NO_SERVICE = answers(s404="No such service")


@router.get(
    "/snapshot",
    response_model=SnapshotDocument,
    **needs(Role.VIEWER, {304: {"description": "`If-None-Match` names the newest snapshot"}}),
)
async def snapshot(
    request: Request,
    serving: Serving,
    at: TextMoment = None,
    if_none_match: Annotated[str | None, Header(description="The ETag of the previous answer.")] = None,
) -> Response:
    """The document of `amt-console status --json`: services, open alerts, the host, who is present."""
    when = text_moment(at, serving.clock.now())
    if when is not None:
        past = await asyncio.to_thread(lambda: snapshot_json(serving.operations.snapshot(when)))
        return json_response(past)
    found = await serving.snapshots.newest()
    headers = {"etag": wire.etag(found.version), "vary": "accept-encoding"}
    if wire.names_tag(if_none_match, wire.etag(found.version)):
        return Response(status_code=304, headers=headers)
    if prefers_gzip(request.headers.get("accept-encoding", "")):
        headers["content-encoding"] = "gzip"
        return Response(await found.packed_document(), media_type="application/json", headers=headers)
    return Response(await found.document(), media_type="application/json", headers=headers)


@router.get("/services", response_model=Page[ServiceDocument], **needs(Role.VIEWER))
def services(serving: Serving, paging: Paged, at: TextMoment = None) -> Response:
    """The services now or at a past moment, in the order of the configuration."""
    found = _snapshot(serving, text_moment(at, serving.clock.now()))
    return json_response(paging.cut(found.services, service_json, lambda each: each.name))


@router.get("/services/{name:path}", response_model=ServiceDetailDocument, **needs(Role.VIEWER, NO_SERVICE))
def service(
    serving: Serving,
    name: ServiceName,
    hours: Annotated[float, Query(gt=0, le=24 * 400, description="Length of the window.")] = 24,
    at: TextMoment = None,
) -> Response:
    """One service with the last hours: response times, uptime, single probes, changes of state, alerts."""
    when = text_moment(at, serving.clock.now())
    return json_response(service_detail_json(serving.operations.service(name, hours=hours, at=when)))


@router.get("/heartbeats", response_model=Page[HeartbeatDocument], **needs(Role.VIEWER))
def heartbeats(serving: Serving, paging: Paged, at: TextMoment = None) -> Response:
    """The jobs that must report, now or at a past moment."""
    found = _snapshot(serving, text_moment(at, serving.clock.now()))
    return json_response(paging.cut(found.heartbeats, heartbeat_json, lambda each: each.name))


@router.get("/host", response_model=HostDocument | None, **needs(Role.VIEWER))
def host(serving: Serving, at: TextMoment = None) -> Response:
    """The monitor's host at its last sample; null where none was taken."""
    return json_response(host_json(_snapshot(serving, text_moment(at, serving.clock.now())).resources.sample))


@router.get("/figures", response_model=FiguresDocument, **needs(Role.VIEWER))
def figures(serving: Serving, at: TextMoment = None) -> Response:
    """The newest business figures of the platform, and those that cannot be read."""
    return json_response(figures_json(_snapshot(serving, text_moment(at, serving.clock.now()))))


def _snapshot(serving: Served, at: datetime | None) -> LiveSnapshot:
    return serving.operations.snapshot(at)
