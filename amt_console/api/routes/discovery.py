"""Service discovery: what is watched, in the form of Prometheus' ``http_sd_configs``."""

# No postponed annotations here: FastAPI reads them.

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.routes.values import json_response
from amt_console.model import Role, ServiceView

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["prometheus"])


@router.get("/sd", response_model=list[dict[str, Any]], **needs(Role.VIEWER, probes=True))
def service_discovery(
    serving: Serving,
    kind: Annotated[str | None, Query(max_length=20, description="Only targets of this kind, such as `http`.")] = None,
) -> Response:
    """A target group per service, with its address and the labels `__meta_amt_service`, `_group`, `_criticality` and
    `_kind`. Addresses have no user name, password or secret query value."""
    services = serving.operations.snapshot().services
    return json_response([_group(service) for service in services if kind is None or service.kind == kind])


def _group(service: ServiceView) -> dict[str, Any]:
    labels = {
        "service": service.name,
        "group": service.group,
        "criticality": service.criticality.value,
        "kind": service.kind,
    }
    return {"targets": [service.url], "labels": {f"__meta_amt_{name}": value for name, value in labels.items()}}
