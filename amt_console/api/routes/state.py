"""The routes of the snapshot and the services."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from amt_console.api import wire
from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.routes.values import Page, PastMoment, json_page, json_response, moment
from amt_console.model import Role
from amt_console.operations.json_views import service_json, snapshot_json

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["state"])


@router.get(
    "/snapshot",
    response_model=dict[str, Any],
    **needs(Role.VIEWER, {304: {"description": "`If-None-Match` names the newest snapshot"}}),
)
async def snapshot(
    serving: Serving,
    at: PastMoment = None,
    if_none_match: Annotated[str | None, Header(description="The ETag of the previous answer.")] = None,
) -> Response:
    """The document of `amt-console status --json`: services, open alerts, the host, who is present."""
    if at is not None:
        when = moment(at)
        past = await asyncio.to_thread(lambda: snapshot_json(serving.operations.snapshot(when)))
        return json_response(past)
    found = await serving.snapshots.newest()
    headers = {"etag": wire.etag(found.version)}
    if wire.matches(if_none_match, found.version):
        return Response(status_code=304, headers=headers)
    return Response(await found.document(), media_type="application/json", headers=headers)


@router.get("/services", response_model=Page, **needs(Role.VIEWER))
def services(serving: Serving, at: PastMoment = None) -> Response:
    """The services now or at a past moment, in the order of the configuration; always one page."""
    found = serving.operations.snapshot(None if at is None else moment(at))
    return json_page([service_json(service) for service in found.services])
