"""Converts validation errors of the model to faults for people: place, value, what is allowed, nearest known key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from amt_console.config.faults import Fault, Refused
from amt_console.config.files.reading import has_part, join
from amt_console.config.secrets.secret import Secret
from amt_console.config.secrets.urls import MASK, mask_url, sounds_secret
from amt_console.text import safe_text

_PLAIN = {
    "missing": "is missing and must be given",
    "extra_forbidden": "is no known key",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list: [ ... ]",
    "dict_type": "must be a table of keys and values",
    "model_type": "must be a table of keys and values",
    "model_attributes_type": "must be a table of keys and values",
    "union_tag_not_found": "must say its `type`",
}
_LIMITS = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "greater_than": ("gt", "must be above {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "less_than": ("lt", "must be below {}"),
    "string_too_short": ("min_length", "must have at least {} characters"),
    "string_too_long": ("max_length", "must have at most {} characters"),
    "too_short": ("min_length", "must be a list of at least {}"),
    "too_long": ("max_length", "must be a list of at most {}"),
    "string_pattern_mismatch": ("pattern", "must match {}"),
}


def explain(error: ValidationError, model: type[BaseModel], document: Any) -> tuple[Fault, ...]:
    """All faults of a document that ``model`` refused, in the order of the document's keys as far as known."""
    errors = error.errors(include_url=False)
    below = {tuple(details["loc"][:length]) for details in errors for length in range(len(details["loc"]))}
    return tuple(
        _fault(details, model, document)
        for details in errors
        if not (details["type"] == "too_short" and tuple(details["loc"]) in below)
    )


def _fault(details: ErrorDetails, model: type[BaseModel], document: Any) -> Fault:
    kind, parts = details["type"], _real_parts(details["loc"], document)
    path = ""
    for part in parts:
        path = join(path, part)
    context: Mapping[str, Any] = details.get("ctx") or {}
    suggestion: str | None = None
    if kind == "value_error":
        cause = context.get("error")
        message = str(cause) if cause is not None else details["msg"]
        suggestion = cause.suggestion if isinstance(cause, Refused) else None
    elif kind in ("enum", "literal_error", "union_tag_invalid"):
        allowed = _allowed(details["loc"], model, kind)
        message = "must be one of: " + ", ".join(allowed) if allowed else safe_text(details["msg"])
        if kind == "union_tag_invalid":
            path = join(path, "type")
        suggestion = _nearest(str(context.get("tag", details["input"])), allowed)
    elif kind in _LIMITS:
        name, text = _LIMITS[kind]
        limit = context.get(name)
        text = "must not be empty" if kind == "string_too_short" and limit == 1 else text
        message = text.format(f"{limit:g}" if isinstance(limit, float) else limit)
    else:
        message = _PLAIN.get(kind) or safe_text(details["msg"])
    if kind == "extra_forbidden":
        suggestion = _nearest(str(details["loc"][-1]), sorted(_known_keys(details["loc"][:-1], model)))
    return Fault(path, message, _shown(details, parts, model), suggestion)


def _real_parts(loc: Sequence[str | int], document: Any) -> list[str | int]:
    """The error's place, without union members and other markers that are not in the document."""
    parts: list[str | int] = []
    here = document
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if has_part(here, part):
            here = here[part]
        elif str(part).startswith("[") or not last or (isinstance(here, dict) and here.get("type") == part):
            continue
        parts.append(part)
    return parts


def _members(annotation: Any) -> Iterator[Any]:
    """Every type inside an annotation, without descending into models."""
    yield annotation
    for argument in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from _members(argument)


def _at(loc: Sequence[str | int], model: type[BaseModel]) -> list[Any]:
    """The types that the model allows at a place."""
    found: list[Any] = [model]
    for part in loc:
        models = [item for item in found if isinstance(item, type) and issubclass(item, BaseModel)]
        tagged = [
            item
            for item in models
            if "type" in item.model_fields and part in get_args(item.model_fields["type"].annotation)
        ]
        fields = [
            field.annotation
            for item in models
            for name, field in item.model_fields.items()
            if part in (field.alias or name, name)
        ]
        if tagged:
            found = list(tagged)
        elif fields:
            found = [kind for annotation in fields for kind in _members(annotation)]
        elif models and not isinstance(part, int) and not _inside_container(found):
            return []
    return found


def _inside_container(found: Sequence[Any]) -> bool:
    return any(get_origin(item) in (tuple, dict) for item in found)


def _known_keys(loc: Sequence[str | int], model: type[BaseModel]) -> set[str]:
    models = [item for item in _at(loc, model) if isinstance(item, type) and issubclass(item, BaseModel)]
    return {field.alias or name for item in models for name, field in item.model_fields.items()}


def _allowed(loc: Sequence[str | int], model: type[BaseModel], kind: str) -> list[str]:
    allowed: list[str] = []
    for item in _at([part for part in loc if part != "[key]"], model):
        if kind == "union_tag_invalid" and isinstance(item, type) and issubclass(item, BaseModel):
            allowed.extend(str(tag) for tag in get_args(item.model_fields["type"].annotation))
        elif kind != "union_tag_invalid" and get_origin(item) is Literal:
            allowed.extend(str(value) for value in get_args(item))
        elif kind != "union_tag_invalid" and isinstance(item, type) and issubclass(item, Enum):
            allowed.extend(str(member.value) for member in item)
    return list(dict.fromkeys(allowed))


def _nearest(word: str, known: Sequence[str]) -> str | None:
    near = get_close_matches(word.lower(), known, 1, 0.6) or [item for item in known if len(word) > 2 and word in item]
    return f"did you mean `{near[0]}`?" if near else None


def _shown(details: ErrorDetails, parts: Sequence[str | int], model: type[BaseModel]) -> str | None:
    """The refused value, unless it is absent or a whole table; stars if it may be secret."""
    value = details["input"]
    if details["type"] in ("missing", "extra_forbidden") or isinstance(value, dict | list | tuple):
        return None
    if details["loc"] and details["loc"][-1] == "[key]":
        return None
    if any(_is_secret(item) for item in _at(details["loc"], model)):
        return MASK
    cause = (details.get("ctx") or {}).get("error")
    return show_value(value, parts, is_url=cause.is_url if isinstance(cause, Refused) else True)


def _is_secret(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, Secret)


def show_value(value: Any, parts: Sequence[str | int], *, is_url: bool = True) -> str:
    """A value for a message or table: text in quotes, stars for a secret, URLs without their secrets.

    Args:
        value: The value.
        parts: Its place in the document; a name that sounds secret masks it.
        is_url: Text with ``@`` may be a URL with a password; not so in a JMESPath expression.
    """
    if any(isinstance(part, str) and sounds_secret(part) for part in parts):
        return MASK
    if isinstance(value, str):
        masked = mask_url(value) if "://" in value or (is_url and "@" in value) else value
        return repr(safe_text(masked, 80))
    if isinstance(value, bool):
        return str(value).lower()
    return safe_text(value, 80)
