"""Actions as requests: the path names the action and its object, the body holds the other fields."""

from __future__ import annotations

from dataclasses import fields
from string import Formatter
from typing import Any
from urllib.parse import quote

from amt_console.model import Action
from amt_console.model.actions import wire_name


def path_of(kind: type[Action[Any]]) -> str:
    """The path of an action, with placeholders for its fields."""
    return kind.path.replace("{name}", kind.name)


def in_path(kind: type[Action[Any]]) -> frozenset[str]:
    """The fields of an action in its path."""
    return frozenset(name for _, name, _, _ in Formatter().parse(path_of(kind)) if name)


def request_of(action: Action[Any]) -> tuple[str, dict[str, Any]]:
    """Path and body of the request for an action."""
    kind = type(action)
    placed = {name: quote(str(getattr(action, name)), safe="") for name in in_path(kind)}
    body = {wire_name(field): getattr(action, field.name) for field in fields(action) if field.name not in placed}
    return path_of(kind).format(**placed), body
