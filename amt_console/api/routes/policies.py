"""The routes of silences and planned work for programs."""

# No postponed annotations here: FastAPI reads them.

from fastapi import APIRouter, Response

from amt_console.api.documents.base import Page
from amt_console.api.documents.policies import MaintenanceDocument, SilenceDocument
from amt_console.api.routes.access import BEARER, ExactRoute, Serving, needs
from amt_console.api.routes.values import Every, Paged, json_response
from amt_console.model import Role
from amt_console.model.policy import MaintenanceWindow
from amt_console.operations.json_views import iso, maintenance_json, silence_json

router = APIRouter(route_class=ExactRoute, dependencies=[BEARER], tags=["silences and maintenance"])


@router.get("/silences", response_model=Page[SilenceDocument], **needs(Role.VIEWER))
def silences(serving: Serving, paging: Paged, every: Every = False) -> Response:
    """Silences of the configuration and of people, those that end first first."""
    found = serving.operations.silences(ended=every)
    return json_response(paging.cut(found, silence_json, lambda each: each.id))


@router.get("/maintenance", response_model=Page[MaintenanceDocument], **needs(Role.VIEWER))
def maintenance(serving: Serving, paging: Paged, every: Every = False) -> Response:
    """Planned work of the configuration and of people, what ends first first."""
    return json_response(paging.cut(serving.operations.maintenance(ended=every), maintenance_json, _key))


def _key(window: MaintenanceWindow) -> str:
    # A name is free again when its work has ended.
    return f"{window.name}\n{iso(window.created_at) or ''}"
