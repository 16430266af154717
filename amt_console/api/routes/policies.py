"""The routes of silences and planned work for programs."""

# No postponed annotations here: FastAPI reads them.

from fastapi import APIRouter, Response

from amt_console.api.routes.access import BEARER, GuardedRoute, Serving, needs
from amt_console.api.routes.values import Every, Page, json_page
from amt_console.model import Role
from amt_console.operations.json_views import maintenance_json, silence_json

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["silences and maintenance"])


@router.get("/silences", response_model=Page, **needs(Role.VIEWER))
def silences(serving: Serving, every: Every = False) -> Response:
    """Silences of the configuration and of people, those that end first first."""
    return json_page([silence_json(each) for each in serving.operations.silences(ended=every)])


@router.get("/maintenance", response_model=Page, **needs(Role.VIEWER))
def maintenance(serving: Serving, every: Every = False) -> Response:
    """Planned work of the configuration and of people, what ends first first."""
    return json_page([maintenance_json(each) for each in serving.operations.maintenance(ended=every)])
