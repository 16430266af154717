"""The routes by which other programs open and resolve alerts here."""

# No postponed annotations here: FastAPI reads them.

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from amt_console.api.auth.errors import SignatureRefusedError
from amt_console.api.hooks.bodies import MAX_HOOK_BYTES, AlertmanagerBody, GenericBody, generic_alert, hook_alerts
from amt_console.api.hooks.signatures import verified_id
from amt_console.api.routes.access import BEARER, OPEN, GuardedRoute, OpenRoute, Serving, answers, needs, note_refusal
from amt_console.model import Role
from amt_console.operations.inbox import Inbox
from amt_console.operations.protocol import UnavailableError


class _GuardedHook(GuardedRoute):
    max_body = MAX_HOOK_BYTES


class _SignedHook(OpenRoute):
    max_body = MAX_HOOK_BYTES


class Taken(BaseModel):
    """What became of a message."""

    taken: int
    """Alerts of the message that were stored; 0 for a repeated message."""


router = APIRouter(route_class=_GuardedHook, tags=["hooks"])
_TOO_LARGE = answers(s413="The body is larger than 1 MiB")


def _options(**description: Any) -> dict[str, Any]:
    """The options of a route that reads its body itself: parsing a large one takes a thread."""
    extra = {**description.pop("openapi_extra"), "requestBody": _body(description.pop("body"))}
    return {**description, "openapi_extra": extra}


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs", {})
    return {"required": True, "content": {"application/json": {"schema": _inlined(schema, inner)}}}


def _inlined(schema: Any, inner: dict[str, Any]) -> Any:
    """The schema without references: FastAPI does not know the models of bodies that it does not read."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(inner[schema["$ref"].rpartition("/")[2]], inner)
        return {key: _inlined(value, inner) for key, value in schema.items()}
    return [_inlined(each, inner) for each in schema] if isinstance(schema, list) else schema


@router.post(
    "/hooks/alertmanager", dependencies=[BEARER], **_options(**needs(Role.OPERATOR, _TOO_LARGE), body=AlertmanagerBody)
)
async def alertmanager_hook(request: Request, serving: Serving) -> Taken:
    """Alertmanager's webhook (version 4): each alert opens or resolves one here, by its own status."""
    return await _take_hook("alertmanager", request, _inbox(serving.inbox))


@router.post(
    "/hooks/grafana", dependencies=[BEARER], **_options(**needs(Role.OPERATOR, _TOO_LARGE), body=AlertmanagerBody)
)
async def grafana_hook(request: Request, serving: Serving) -> Taken:
    """Grafana's webhook contact point: each alert opens or resolves one here, by its own status."""
    return await _take_hook("grafana", request, _inbox(serving.inbox))


async def generic_hook(request: Request, serving: Serving) -> Taken:
    """An alert in a message that is signed as Standard Webhooks says; a repeated one has no effect."""
    inbox, body = _inbox(serving.inbox), await request.body()
    headers = {name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    try:
        message_id = verified_id(headers, body, inbox.secrets, inbox.now())
    except SignatureRefusedError as error:
        note_refusal(request, error)
        raise
    alert = generic_alert(body, inbox.now())
    new = await asyncio.to_thread(inbox.take_alerts, [alert], message_id)
    return Taken(taken=int(new))


router.add_api_route(
    "/hooks/generic",
    generic_hook,
    methods=["POST"],
    route_class_override=_SignedHook,
    **_options(
        openapi_extra=OPEN,
        responses={
            **_TOO_LARGE,
            **answers(
                s401="No valid signature, or older or newer than 5 minutes; the answer is the same for every cause",
                s422="A value is not valid",
                s429="Too many requests",
                s503="The database cannot be written now",
            ),
        },
        body=GenericBody,
    ),
)


async def _take_hook(source: str, request: Request, inbox: Inbox) -> Taken:
    body = await request.body()

    def take() -> int:
        alerts, cut_off = hook_alerts(source, body, inbox.now())
        if alerts or cut_off:
            inbox.take_alerts([*alerts, *cut_off])
        return len(alerts)

    return Taken(taken=await asyncio.to_thread(take))


def _inbox(inbox: Inbox | None) -> Inbox:
    if inbox is None:
        raise UnavailableError("this process takes nothing from outside")
    return inbox
