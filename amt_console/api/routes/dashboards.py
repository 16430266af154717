"""The dashboards as pages for browsers."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from amt_console.api.auth.callers import Caller
from amt_console.api.content_coding import prefers_gzip
from amt_console.api.dashboards import DashboardRequest, Dashboards, KeptPage
from amt_console.api.plain_page import FRAMES, SECURITY_HEADERS, plain_document
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import BEARER, Calling, GuardedRoute, Responses, Serving, answers, needs
from amt_console.api.served import Served
from amt_console.api.wire import names_tag
from amt_console.model import Role
from amt_console.operations.protocol import NotFoundError
from amt_console.reports.dashboards.job import DASHBOARDS
from amt_console.reports.times import MAX_HOURS

PATH = "/dashboards"
WINDOWS = (("24 hours", "hours=24"), ("7 days", "hours=168"), ("30 days", "hours=720"))
router = APIRouter(prefix=PATH, route_class=GuardedRoute, dependencies=[BEARER], tags=["dashboards"])
AcceptEncoding = Annotated[str, Header(description="`gzip` for a third of the bytes.")]
IfNoneMatch = Annotated[str | None, Header(description="The ETag of the previous answer.")]


async def _window(
    hours: Annotated[
        float | None, Query(gt=0, le=MAX_HOURS, description="Length of the window; 24 without `since`.")
    ] = None,
    since: Annotated[
        str | None, Query(max_length=64, description="Start of the window: ISO 8601, `7d`, `yesterday 09:00`, `14:00`.")
    ] = None,
    until: Annotated[str | None, Query(max_length=64, description="Its end, written like its start; now.")] = None,
    zone: Annotated[str | None, Query(max_length=64, description="IANA name of the zone of all times.")] = None,
    compare: Annotated[
        Literal["previous", "none"], Query(description="Whether to compare with the window before.")
    ] = "previous",
) -> DashboardRequest:
    return DashboardRequest("", hours, since, until, zone, compare == "previous")


AskedWindow = Annotated[DashboardRequest, Depends(_window)]
"""A request without a name."""


async def _asked(
    name: Annotated[str, Path(json_schema_extra={"enum": list(DASHBOARDS)})], window: AskedWindow
) -> DashboardRequest:
    if name not in DASHBOARDS:
        raise NotFoundError(f"there is no such dashboard; there are {', '.join(DASHBOARDS)}")
    return replace(window, name=name)


Asked = Annotated[DashboardRequest, Depends(_asked)]
_PAGE: Responses = {
    200: {"content": {"text/html": {}}, "description": "The page, with the policy of its own meta element as header"},
    304: {"description": "`If-None-Match` names the page"},
}
_DASHBOARD = {**_PAGE, **answers(s404="No such dashboard")}


@router.get("", include_in_schema=False, **needs(Role.VIEWER))
async def dashboards_without_slash() -> Response:
    """The index has a slash at its end, so that its links are relative."""
    return Response(status_code=308, headers={"location": f"{PATH}/"})


@router.get("/", response_class=Response, **needs(Role.VIEWER, _PAGE))
async def dashboards(found: Calling, if_none_match: IfNoneMatch = None) -> Response:
    """The index of the dashboards."""
    leave = "" if found.session is None else f'<p>{escape(found.actor.name)}: <a href="/logout">log out</a></p>'
    html = plain_document("Dashboards", _index() + leave).encode()
    headers = {**SECURITY_HEADERS, "etag": f'W/"{sha256(html).hexdigest()[:32]}"'}
    if names_tag(if_none_match, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(html, media_type="text/html", headers=headers)


@router.get("/{name}", response_class=Response, **needs(Role.VIEWER, _DASHBOARD))
async def dashboard(
    request: Request,
    asked: Asked,
    found: Calling,
    serving: Serving,
    if_none_match: IfNoneMatch = None,
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """A dashboard as one HTML page: made on demand, kept until the data changes."""
    kept = await dashboards_served(serving).page(asked)
    headers = {**SECURITY_HEADERS, "content-security-policy": f"{kept.policy}; {FRAMES}"}
    return await opened(request, serving, asked, found, kept, headers, "text/html")


async def opened(
    request: Request,
    serving: Served,
    asked: DashboardRequest,
    found: Caller,
    kept: KeptPage,
    headers: Mapping[str, str],
    media_type: str,
) -> Response:
    """The answer with a page or document: 304 where the client has it, else with its row in the audit trail."""
    all_headers = {**headers, "etag": kept.etag, "vary": "accept-encoding"}
    if names_tag(request.headers.get("if-none-match"), kept.etag):
        return Response(status_code=304, headers=all_headers)
    if request.method == "GET":
        await asyncio.to_thread(dashboards_served(serving).note_opened, asked, found.actor)
    if prefers_gzip(request.headers.get("accept-encoding", "")):
        return Response(kept.packed, media_type=media_type, headers={**all_headers, "content-encoding": "gzip"})
    return Response(kept.content(), media_type=media_type, headers=all_headers)


for _path, _route in (("/", dashboards), ("/{name}", dashboard)):
    router.add_api_route(_path, _route, methods=["HEAD"], include_in_schema=False, **needs(Role.VIEWER))


def dashboards_served(serving: Served) -> Dashboards:
    """What makes and keeps them. Raises RequestError where this process has none."""
    if serving.dashboards is None:
        raise RequestError("not_found", "this process serves no dashboards")
    return serving.dashboards


def _index() -> str:
    entries = (
        f'<li><a href="{name}">{escape(title)}</a><span>{escape(what)}.</span><nav aria-label="{escape(title)}">'
        + "".join(f'<a href="{name}?{query}">{words}</a>' for words, query in WINDOWS)
        + "</nav></li>"
        for name, (title, what) in DASHBOARDS.items()
    )
    return f"<ul>{''.join(entries)}</ul>"
