"""The health of the monitor and of this process, without a token."""

# No postponed annotations here: FastAPI reads them.

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from amt_console.api.documents.records import HealthDocument, ReadinessDocument
from amt_console.api.routes.access import OPEN, Serving
from amt_console.api.served import Served
from amt_console.model import MonitorStatus
from amt_console.operations.protocol import OperationError
from amt_console.store import StoreError

router = APIRouter(tags=["health"])


_UNABLE = {
    "model": ReadinessDocument,
    "description": "Neither a monitor nor the database answers, or nothing is stored",
}


@router.get(
    "/healthz",
    openapi_extra=OPEN,
    response_model=HealthDocument,
    responses={
        503: {
            "model": HealthDocument,
            "description": "No monitor runs, or it is silent, or it cannot store what it measures",
        }
    },
)
async def healthz(serving: Serving) -> JSONResponse:
    """200 only while the monitor probes and stores."""
    monitor = await _monitor(serving)
    if monitor is None:
        return JSONResponse({"status": "unavailable"}, status_code=503)
    if monitor.works:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "fault" if monitor.fault else monitor.state.value}, status_code=503)


@router.get("/readyz", openapi_extra=OPEN, response_model=ReadinessDocument, responses={503: _UNABLE})
async def readyz(serving: Serving) -> JSONResponse:
    """200 while this process can answer questions; of the monitor itself, only while it stores what it measures."""
    reasons = await _reasons(serving)
    document = {"status": "unavailable" if reasons else "ok", "reasons": reasons}
    return JSONResponse(document, status_code=503 if reasons else 200)


async def _reasons(serving: Served) -> list[str]:
    """Why this process cannot answer, without anything that only callers may know."""
    monitor = await _monitor(serving)
    if monitor is None:
        return ["neither a monitor nor the database answers"]
    if (monitor.host, monitor.pid) == (serving.host, serving.pid):
        return ["the monitor stores nothing"] if monitor.fault else []
    if serving.archive is not None:
        try:
            await asyncio.to_thread(serving.archive.check)
        except StoreError:
            return ["the database cannot be read"]
    return []


async def _monitor(serving: Served) -> MonitorStatus | None:
    """The monitor's status in the newest snapshot; ``None`` without a snapshot."""
    try:
        return (await serving.snapshots.newest()).monitor
    except (OperationError, StoreError):
        return None
