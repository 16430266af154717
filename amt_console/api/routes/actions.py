"""The routes of what people do: one for each action."""

# No postponed annotations here: FastAPI reads them.

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from amt_console.api.actions import path_of
from amt_console.api.auth.identity import Role
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import BEARER, Acting, GuardedRoute, answers, needs
from amt_console.api.routes.values import json_response
from amt_console.model import ACTIONS, Action, AlertAction, AlertView
from amt_console.operations.json_views import alert_json

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["actions"])
AlertId = Annotated[int, Path(ge=1, le=2**62, description="The alert's number.")]
Answer = Callable[[AlertView], Response]
_CONFLICT = answers(s404="No such alert", s409="Somebody was quicker, or the alert has changed or ended")
_MISSING = answers(s404="No such service")


def add_action_routes(to: APIRouter, answer: Answer, *, prefix: str = "") -> None:
    """Add a route for each action.

    Args:
        to: Gets them.
        answer: How the alert is sent that an action has changed.
        prefix: Of the operations' ids.
    """
    for kind in ACTIONS.values():
        on_alert = issubclass(kind, AlertAction)
        to.add_api_route(
            path_of(kind),
            _endpoint(kind, answer),
            methods=["POST"],
            name=f"{prefix}{kind.name}",
            description=kind.__doc__,
            status_code=200 if on_alert else 202,
            response_model=dict[str, Any] if on_alert else None,
            **needs(Role.OPERATOR, _CONFLICT if on_alert else _MISSING),
        )


def _endpoint(kind: type[Any], answer: Answer) -> Callable[..., Response]:
    form: Any = _form(kind)
    whole: Any = Body(... if any(field.is_required() for field in form.model_fields.values()) else form())

    def act_on_alert(request: Request, act: Acting, alert_id: AlertId, body: form = whole) -> Response:
        _must_be_without_query(request)
        return answer(act(kind(alert_id=alert_id, **body.model_dump())))

    def act_on_platform(request: Request, act: Acting, body: form = whole) -> Response:
        _must_be_without_query(request)
        act(kind(**body.model_dump()))
        return Response(status_code=202)

    return act_on_alert if issubclass(kind, AlertAction) else act_on_platform


def _must_be_without_query(request: Request) -> None:
    """An action whose values are overlooked would be another action."""
    if request.query_params:
        raise RequestError("invalid", "an action takes its values from the body, not from the query")


def _form(kind: type[Action[Any]]) -> type[BaseModel]:
    """What the body of the action's request holds: the fields of the action, less the alert, which the path names."""
    types = get_type_hints(kind)
    parts: dict[str, Any] = {
        field.name: (
            types[field.name],
            Field(default=... if field.default is MISSING else field.default, **field.metadata),
        )
        for field in fields(kind)
        if field.name != "alert_id"
    }
    return create_model(f"{kind.__name__}Body", __config__=ConfigDict(extra="forbid"), **parts)


add_action_routes(router, lambda alert: json_response(alert_json(alert)))
