"""The wire format between a monitor and its consoles: the vocabulary as JSON, both ways."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from amt_console.model import MAX_NOTE_CHARS, AlertDetail, AlertView, Snapshot, Viewer
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import safe_text

PROTOCOL = 1
"""Grows when older programs can no longer read what newer ones send."""
PROGRAM: Literal["amt-console"] = "amt-console"
MAX_TEXT_CHARS = MAX_NOTE_CHARS

Answer = TypeVar("Answer")


class Hello(BaseModel):
    """Who answers, and who the caller is there."""

    program: Literal["amt-console"]
    version: str
    protocol: int
    """Both sides must speak the same."""
    name: str
    """Under which name the caller acts."""
    role: str
    """``viewer``, ``operator`` or ``admin``."""
    database: str
    """Which database it serves, without secrets."""
    host: str
    pid: int
    """The process that answers."""


class Relayed(BaseModel):
    """Who is present through the calling process."""

    model_config = ConfigDict(extra="forbid")
    viewers: Annotated[tuple[Viewer, ...], Field(max_length=200)] = ()


class Changes(BaseModel):
    """How often people have acted."""

    number: int
    """To be sent back as ``after``."""


HELLO: TypeAdapter[Hello] = TypeAdapter(Hello)
RELAYED: TypeAdapter[Relayed] = TypeAdapter(Relayed)
CHANGES: TypeAdapter[Changes] = TypeAdapter(Changes)
SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
ALERT: TypeAdapter[AlertView] = TypeAdapter(AlertView)
ALERTS: TypeAdapter[tuple[AlertView, ...]] = TypeAdapter(tuple[AlertView, ...])
ALERT_DETAIL: TypeAdapter[AlertDetail] = TypeAdapter(AlertDetail)
SERVICE_DETAIL: TypeAdapter[ServiceDetail] = TypeAdapter(ServiceDetail)

SESSION_HEADER = "amt-console-session"
"""Carries an opaque name of the calling console, so that everybody sees who is present."""
NEVER_MONITOR_HEADER = "amt-console-never-monitor"
"""The calling console never becomes the monitor."""
BEHALF_HEADER = "amt-on-behalf"
"""A process of the monitor's own user names the person for whom it calls."""
BEHALF_VIA_HEADER = "amt-on-behalf-via"

_PERHAPS_UNSAFE = re.compile(rb'[\x7f-\xff]|\\[^"\\/]')


def etag(version: int) -> str:
    """The entity tag of a version; weak, because ``generated_at`` may differ."""
    return f'W/"{version}"'


def matches(if_none_match: str | None, version: int) -> bool:
    """Whether a header ``If-None-Match`` names the version."""
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in known or f'"{version}"' in known


def read(adapter: TypeAdapter[Answer], body: bytes) -> Answer:
    """What a body says; all its texts are harmless afterwards. Raises ValueError."""
    if _PERHAPS_UNSAFE.search(body) is None:
        return adapter.validate_json(body)
    return adapter.validate_python(_harmless(json.loads(body)), strict=False)


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value, MAX_TEXT_CHARS)
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    if isinstance(value, dict):
        return {safe_text(name, MAX_TEXT_CHARS): _harmless(item) for name, item in value.items()}
    return value
