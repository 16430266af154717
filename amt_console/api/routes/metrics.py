"""The metrics of the monitor, for Prometheus."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.routing import APIRoute

from amt_console.api.exposition import Exposition
from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.served import Served
from amt_console.model import Role

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _MetricsRoute(GuardedRoute):
    """Needs no token where the configuration says so."""

    def get_route_handler(self) -> Handler:
        """Called once for each route."""
        guarded, unguarded = super().get_route_handler(), APIRoute.get_route_handler(self)

        async def handle(request: Request) -> Response:
            served: Served = request.app.state.served
            if not served.open_metrics:
                return await guarded(request)
            request.app.state.callers.charge(request)
            return await unguarded(request)

        return handle


router = APIRouter(route_class=_MetricsRoute, dependencies=[BEARER], tags=["prometheus"])


@router.get(
    "/metrics",
    response_class=Response,
    **needs(
        Role.VIEWER,
        {
            200: {
                "content": {"text/plain": {}, "application/openmetrics-text": {}},
                "description": "OpenMetrics 1 for who asks for it, else the text format 0.0.4",
            }
        },
        probes=True,
    ),
)
async def metrics(
    serving: Serving, accept: Annotated[str, Header(description="`application/openmetrics-text` or others.")] = ""
) -> Response:
    """Services, heartbeats, alerts, the host, figures and the monitor itself.

    Needs no token if `metrics_without_token` is set.
    """
    newest = await serving.snapshots.newest()

    def exposed() -> Exposition:
        from amt_console.api.metrics import expose

        if serving.counts is not None:
            return expose(newest.snapshot, serving.counts(), accept)
        forwarded = None if serving.monitor_metrics is None else serving.monitor_metrics(accept)
        return forwarded or expose(newest.snapshot, None, accept)

    found = await asyncio.to_thread(exposed)
    return Response(found.body, headers={"content-type": found.media_type})
