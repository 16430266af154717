"""Actions on the wire: the path names the action and the alert, the body holds the rest."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from amt_console.model import Action, AlertAction


def path_of(kind: type[Action[Any]]) -> str:
    """The path of an action, with a place for the alert's number."""
    return f"/alerts/{{alert_id}}/{kind.name}" if issubclass(kind, AlertAction) else f"/{kind.name}"


def request_of(action: Action[Any]) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that asks for an action."""
    body = {field.name: getattr(action, field.name) for field in fields(action)}
    return path_of(type(action)).format(alert_id=body.pop("alert_id", None)), body
