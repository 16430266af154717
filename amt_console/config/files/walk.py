"""Walks over a model: every leaf with its dotted path, every secret with its place."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from amt_console.config.files.reading import has_part, join
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.scalars import DurationRange, Seconds

Parts = tuple[str | int, ...]


def dotted(parts: Parts) -> str:
    """``("services", 0, "url")`` as ``services[0].url``."""
    path = ""
    for part in parts:
        path = join(path, part)
    return path


def leaves(value: Any, parts: Parts = (), *, enabled_only: bool = False) -> Iterator[tuple[Parts, Any]]:
    """Every value except tables and lists of tables, with its place. Empty tables and lists are leaves.

    With ``enabled_only``, disabled tables are skipped.
    """
    if enabled_only and getattr(value, "enabled", True) is False:
        return
    children = list(_children(value))
    if not children or (isinstance(value, tuple) and not any(isinstance(item, BaseModel) for item in value)):
        yield parts, value
        return
    for part, child in children:
        yield from leaves(child, (*parts, part), enabled_only=enabled_only)


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            child = getattr(value, name)
            yield field.alias or name, Seconds(child) if isinstance(child, float) and _is_duration(field) else child
    elif isinstance(value, dict):
        for key, child in value.items():
            yield str(key.value if isinstance(key, Enum) else key), child
    elif isinstance(value, tuple):
        yield from enumerate(value)


def _is_duration(field: FieldInfo) -> bool:
    metadata = [*field.metadata, *(item for kind in get_args(field.annotation) for item in get_args(kind)[1:])]
    return any(isinstance(item, BeforeValidator) and isinstance(item.func, DurationRange) for item in metadata)


def secrets_of(settings: BaseModel, *, enabled_only: bool = False) -> Iterator[tuple[Parts, Secret]]:
    """Every secret of a model, with its place; also those of lists."""
    for parts, value in leaves(settings, enabled_only=enabled_only):
        found = (
            (((*parts, place), each) for place, each in enumerate(value))
            if isinstance(value, tuple)
            else [(parts, value)]
        )
        yield from ((place, each) for place, each in found if isinstance(each, Secret))


def value_at(document: Any, parts: Parts) -> tuple[bool, Any]:
    """Whether a document has a value at a place, and the value."""
    here = document
    for part in parts:
        if has_part(here, part):
            here = here[part]
        else:
            return False, None
    return True, here
