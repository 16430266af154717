"""The routes of actions, one for each."""

# No postponed annotations here: FastAPI reads them.

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from datetime import datetime
from inspect import Parameter, Signature
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Body, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, create_model
from pydantic import Field as BodyField

from amt_console.api.actions import in_path, path_of
from amt_console.api.auth.callers import Caller
from amt_console.api.documents import policies as documents
from amt_console.api.documents.alerts import AlertDocument
from amt_console.api.idempotency import HEADER, MAX_CHARS, Answered
from amt_console.api.problems import MEDIA_TYPE, RequestError
from amt_console.api.routes.access import BEARER, Act, Acting, Calling, GuardedRoute, Serving, answers, needs
from amt_console.api.routes.values import json_response
from amt_console.api.served import Served
from amt_console.config.sections.scalars import Moment, duration_schema, parse_duration
from amt_console.model import ACTIONS, Action, AlertView, Role
from amt_console.model.actions import DURATION, wire_name
from amt_console.model.policy import MaintenanceWindow, RotaOverride, Silence
from amt_console.operations.json_views import alert_json, maintenance_json, override_json, silence_json

router = APIRouter(route_class=GuardedRoute, dependencies=[BEARER], tags=["actions"])
AlertId = Annotated[int, Path(ge=1, le=2**62, description="The alert's number.")]
Answer = Callable[[Any], Response]
BODY_REFUSED = answers(
    s400="The body cannot be read", s411="A body needs a Content-Length", s413="The body is too large"
)
"""Of operations that take a body."""
_CONFLICT = answers(s404="No object with this number or name", s409="It was changed meanwhile, or has ended")
_MISSING = answers(s404="No such service", s409="The first request with this `Idempotency-Key` has no answer")
_PLACES: dict[str, Any] = {
    "alert_id": AlertId,
    "silence_id": Annotated[str, Path(max_length=40, description="The silence's id.")],
}
"""The types of fields that stand in a path."""
REPLAYED_HEADER = "idempotency-replayed"
"""Of an answer that was given before."""
_KEY = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=MAX_CHARS,
        pattern=r"^[\x21-\x7e]+$",
        description="A name of this request, unique for a day: sent again, it gets the first answer and acts no more.",
    ),
]
_DURATION = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(duration_schema())]
_DOCUMENTS: dict[type[Any], tuple[type[BaseModel], Callable[[Any], dict[str, Any]]]] = {
    AlertView: (AlertDocument, alert_json),
    Silence: (documents.SilenceDocument, silence_json),
    MaintenanceWindow: (documents.MaintenanceDocument, maintenance_json),
    RotaOverride: (documents.OverrideDocument, override_json),
}
"""Model and encoding of answers for programs, by type."""


def add_action_routes(to: APIRouter, answer: Answer, *, prefix: str = "", described: bool = False) -> None:
    """Add a route for each action.

    Args:
        to: Gets them.
        answer: How the answer of an action is sent.
        prefix: Of the operations' ids.
        described: Whether answers are the documents for programs, and requests may have an idempotency key.
    """
    for kind in ACTIONS.values():
        answered = kind.answer is not None
        to.add_api_route(
            path_of(kind),
            _endpoint(kind, answer, keyed=described),
            methods=["POST"],
            name=f"{prefix}{kind.name}",
            description=kind.__doc__,
            status_code=200 if answered else 202,
            response_class=JSONResponse if answered else Response,
            response_model=_DOCUMENTS[kind.answer][0] if described and kind.answer is not None else None,
            **needs(Role.OPERATOR, {**BODY_REFUSED, **(_CONFLICT if answered else _MISSING)}),
        )


def _endpoint(kind: type[Any], answer: Answer, *, keyed: bool) -> Callable[..., Response]:
    form: Any = _form(kind)
    whole: Any = Body(... if any(field.is_required() for field in form.model_fields.values()) else form())

    def endpoint(
        request: Request,
        act: Act,
        caller: Caller,
        serving: Served,
        body: BaseModel,
        key: str | None = None,
        **placed: Any,
    ) -> Response:
        _must_be_without_query(request)

        def acting() -> Response:
            answered = act(kind(**placed, **dict(body)))
            return Response(status_code=202) if answered is None else answer(answered)

        if key is None:
            return acting()
        if serving.keys is None:
            raise RequestError("invalid", "this process keeps no idempotency keys")

        def once() -> Answered:
            made = acting()
            return Answered(made.status_code, bytes(made.body).decode())

        return _sent(serving.keys.run(caller.actor.name, key, request.url.path, repr(dict(body)), once))

    parameters = {
        "request": Request,
        "act": Acting,
        "caller": Calling,
        "serving": Serving,
        **{name: _PLACES[name] for name in sorted(in_path(kind))},
    }
    taken = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=each) for name, each in parameters.items()]
    if keyed:
        taken.append(Parameter("key", Parameter.KEYWORD_ONLY, annotation=_KEY, default=None))
    taken.append(Parameter("body", Parameter.KEYWORD_ONLY, annotation=form, default=whole))
    # FastAPI reads the parameters from the signature.
    endpoint.__signature__ = Signature(taken)  # type: ignore[attr-defined]
    return endpoint


def _sent(answered: Answered) -> Response:
    """An answer that is kept for an idempotency key."""
    kind = MEDIA_TYPE if answered.status >= 400 else "application/json"
    headers = {REPLAYED_HEADER: "true"} if answered.replayed else {}
    media_type = kind if answered.body else None
    return Response(answered.body, status_code=answered.status, media_type=media_type, headers=headers)


def _must_be_without_query(request: Request) -> None:
    """Refuse query parameters: an action with ignored values would be another action."""
    if request.query_params:
        raise RequestError("invalid", "an action takes its values from the body, not from the query")


def _form(kind: type[Action[Any]]) -> type[BaseModel]:
    """The model of an action's request body: its fields without those in the path."""
    types, placed = get_type_hints(kind), in_path(kind)
    parts = {field.name: _part(field, types[field.name]) for field in fields(kind) if field.name not in placed}
    return create_model(f"{kind.__name__}Body", __config__=ConfigDict(extra="forbid"), **parts)


def _part(field: Field[Any], kind: Any) -> Any:
    if field.metadata.get(DURATION):
        kind = _DURATION | None
    elif kind == datetime | None:
        kind = Moment | None
    elif kind is datetime:
        kind = Moment
    required = field.default is MISSING and field.default_factory is MISSING
    default = ... if required else field.default
    return kind, BodyField(default=default, alias=wire_name(field), description=field.metadata.get("description"))


add_action_routes(router, lambda answer: json_response(_DOCUMENTS[type(answer)][1](answer)), described=True)
