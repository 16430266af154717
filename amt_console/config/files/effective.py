"""The effective configuration: every key, its value with secrets masked, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import Enum
from itertools import pairwise
from typing import Any

from amt_console.config.files.loading import DEFAULT, LoadedConfig
from amt_console.config.files.walk import Parts, dotted, leaves
from amt_console.config.secrets.secret import Secret
from amt_console.config.secrets.urls import mask_url
from amt_console.config.sections.scalars import Seconds, format_duration
from amt_console.config.settings import Settings
from amt_console.config.targets import database_url
from amt_console.paths import DATABASE_VARIABLE, LOCATION_VARIABLE

JsonValue = str | int | float | bool | None | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """One key."""

    parts: Parts
    value: JsonValue
    """Masked if secret."""
    source: str

    @property
    def key(self) -> str:
        """Dotted."""
        return dotted(self.parts)


def effective_values(
    loaded: LoadedConfig, *, env: Mapping[str, str], database: str | None = None, named_by: str = "option --db"
) -> tuple[EffectiveValue, ...]:
    """Every key in the order of the model. ``database`` comes first; ``named_by`` is its source."""
    values = []
    for parts, value in leaves(loaded.settings):
        source = loaded.sources[dotted(parts)]
        shown = _plain(value)
        if parts == ("database_url",):
            shown, source = _database(loaded, env, database, named_by)
        elif parts == ("location",):
            shown = _plain(env.get(LOCATION_VARIABLE) or value)
        values.append(EffectiveValue(parts, shown, source))
    return tuple(values)


def changed_values(before: Settings, after: Settings) -> dict[str, tuple[JsonValue, JsonValue]]:
    """The keys whose values differ, with both values, masked if secret."""
    old, new = ({dotted(parts): value for parts, value in leaves(each)} for each in (before, after))
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return {key: (_plain(old.get(key)), _plain(new.get(key))) for key in differing}


def effective_document(values: tuple[EffectiveValue, ...]) -> dict[str, Any]:
    """The same values as nested tables, shaped like a configuration file."""
    document: dict[str, Any] = {}
    for item in values:
        _put(document, item.parts, item.value)
    return document


def _database(loaded: LoadedConfig, env: Mapping[str, str], override: str | None, named_by: str) -> tuple[str, str]:
    written = loaded.settings.database_url
    if override:
        return mask_url(override), named_by
    if env.get(DATABASE_VARIABLE):
        return mask_url(env[DATABASE_VARIABLE]), f"environment {DATABASE_VARIABLE}"
    if written is not None:
        return str(written), loaded.sources["database_url"]
    return database_url(loaded.settings, env=env), DEFAULT


def _put(document: dict[str, Any], parts: Parts, value: JsonValue) -> None:
    here: Any = document
    for part, following in pairwise(parts):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(here, list):
            if part == len(here):
                here.append(empty)
            here = here[int(part)]
        else:
            here = here.setdefault(part, empty)
    here[parts[-1]] = value


def _plain(value: Any) -> JsonValue:
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str) and "://" in value:
        return mask_url(value)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def flat_text(values: tuple[EffectiveValue, ...]) -> Iterator[tuple[str, str, str]]:
    """Rows of key, value and source as text, without keys that have no value."""
    for item in values:
        if item.value is not None or item.source != DEFAULT:
            yield item.key, "none" if item.value is None else _as_text(item.value), item.source


def _as_text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Seconds):
        return format_duration(value)
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_as_text(item)}" for key, item in value.items()) or "none"
    return str(value)
