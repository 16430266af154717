"""The route of reports as documents: the JSON of ``amt-console export``."""

# No postponed annotations here: FastAPI reads them.

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from amt_console.api.routes.access import BEARER, Calling, ExactRoute, Responses, Serving, answers, needs
from amt_console.api.routes.dashboards import AcceptEncoding, AskedWindow, IfNoneMatch, dashboards_served, opened
from amt_console.model import Role
from amt_console.operations.protocol import NotFoundError
from amt_console.reports.dashboards.job import DOCUMENTS

router = APIRouter(route_class=ExactRoute, dependencies=[BEARER], tags=["reports"])
_DOCUMENT: Responses = {
    200: {
        "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
        "description": "The document. `amt-console export schema NAME` prints its schema",
    },
    304: {"description": "`If-None-Match` names the document"},
    **answers(s404="No such report"),
}


@router.get("/reports/{name}", response_class=Response, **needs(Role.VIEWER, _DOCUMENT))
async def report(
    request: Request,
    name: Annotated[str, Path(json_schema_extra={"enum": list(DOCUMENTS)})],
    window: AskedWindow,
    found: Calling,
    serving: Serving,
    if_none_match: IfNoneMatch = None,
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """A report as `amt-console export NAME --format json` writes it: made on demand, kept until the data changes."""
    if name not in DOCUMENTS:
        raise NotFoundError(f"there is no such report; there are {', '.join(DOCUMENTS)}")
    asked = replace(window, name=name, document=True)
    kept = await dashboards_served(serving).page(asked)
    return await opened(request, serving, asked, found, kept, {}, "application/json")
