"""The health of the monitor and of this process, without a token."""

# No postponed annotations here: FastAPI reads them.

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from amt_console.api.routes.access import OPEN, Serving
from amt_console.model import MonitorStatus
from amt_console.operations.protocol import OperationError
from amt_console.store import StoreError

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    openapi_extra=OPEN,
    responses={503: {"description": "No monitor runs, or it is silent, or it cannot store what it measures"}},
)
async def healthz(serving: Serving) -> JSONResponse:
    """200 only while the monitor probes and stores."""
    monitor = await _monitor(serving)
    if monitor is None:
        return JSONResponse({"status": "unavailable"}, status_code=503)
    if monitor.works:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "fault" if monitor.fault else monitor.state.value}, status_code=503)


@router.get(
    "/readyz", openapi_extra=OPEN, responses={503: {"description": "Neither a monitor nor the database answers"}}
)
async def readyz(serving: Serving) -> JSONResponse:
    """200 while this process can answer questions, whatever the monitor does."""
    if await _monitor(serving) is None:
        return JSONResponse({"status": "unavailable"}, status_code=503)
    return JSONResponse({"status": "ok"})


async def _monitor(serving: Serving) -> MonitorStatus | None:
    """The monitor's status in the newest snapshot; ``None`` without a snapshot."""
    try:
        return (await serving.snapshots.newest()).monitor
    except (OperationError, StoreError):
        return None
