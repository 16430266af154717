"""The wire format between a monitor and its consoles: values of the model as JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar
from unicodedata import is_normalized
from zoneinfo import ZoneInfo

import msgspec

from amt_console.model import MAX_NOTE_CHARS, PresentPerson, Snapshot
from amt_console.operations.protocol import InvalidError
from amt_console.text import safe_text

PROTOCOL = 2
"""Increased with every incompatible change of the format."""
PROGRAM: Literal["amt-console"] = "amt-console"
MAX_TEXT_CHARS = MAX_NOTE_CHARS


def _name_of_zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(f"no form for {type(value)}")


def _zone_of_name(kind: type, value: Any) -> Any:
    if kind is not ZoneInfo:
        raise NotImplementedError(f"no form for {kind}")
    try:
        return ZoneInfo(value)
    except (TypeError, ValueError, OSError, KeyError):
        raise ValueError("there is no such time zone here") from None


_ENCODER = msgspec.json.Encoder(enc_hook=_name_of_zone)

Answer = TypeVar("Answer")
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Hello:
    """The monitor's greeting: who answers, and who the caller is."""

    program: Literal["amt-console"]
    version: str
    protocol: int
    """Must be equal on both sides."""
    name: str
    """The caller's name for actions."""
    role: str
    """``viewer``, ``operator`` or ``admin``."""
    database: str
    """The served database, without secrets."""
    host: str
    pid: int
    """The process that answers."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """People who are present through the calling process."""

    people: tuple[PresentPerson, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionCount:
    """The number of people's actions so far."""

    number: int
    """To be sent back as ``after``."""
    process: str = ""
    """Of the process that counts; another one has taken its place if this differs from the answer before."""


class Form(Generic[Answer]):
    """One kind of message."""

    def __init__(self, kind: Any) -> None:
        """``kind`` is the type ``Answer``."""
        self._kind = kind

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Answer]:
        return msgspec.json.Decoder(self._kind, dec_hook=_zone_of_name)

    def decode(self, body: bytes) -> Answer:
        """Decode a body and make its texts safe. Raises ValueError."""
        try:
            if not _perhaps_unsafe(body):
                return self._decoder.decode(body)
            harmless: Answer = msgspec.convert(_harmless(msgspec.json.decode(body)), self._kind, dec_hook=_zone_of_name)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(str(error)) from None
        return harmless


HELLO: Form[Hello] = Form(Hello)
ACTION_COUNT: Form[ActionCount] = Form(ActionCount)
SNAPSHOT: Form[Snapshot] = Form(Snapshot)
_ANSWERS: dict[type[Any], Form[Any]] = {}

SESSION_HEADER = "amt-console-session"
"""Header with an opaque name of the calling console, for presence."""
NEVER_MONITOR_HEADER = "amt-console-never-monitor"
"""Header of a console that never becomes the monitor."""
BEHALF_HEADER = "amt-on-behalf"
"""Header in which a process of the monitor's own user names the acting person."""
BEHALF_VIA_HEADER = "amt-on-behalf-via"
BEHALF_ROLE_HEADER = "amt-on-behalf-role"

_ESCAPED = re.compile(rb'\\[^"\\/]')
"""What stands for a control character in JSON, among others."""


def etag(version: int) -> str:
    """The entity tag of a version; weak, because ``generated_at`` may differ."""
    return f'W/"{version}"'


def names_tag(if_none_match: str | None, tag: str) -> bool:
    """Whether ``If-None-Match`` names an entity tag; compared weakly."""
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def answer_form(kind: type[Answer]) -> Form[Answer]:
    """The form of an action's answer."""
    return _ANSWERS.setdefault(kind, Form(kind))


def query_of(kind: type[Asked], body: bytes) -> Asked:
    """The question in a request. Raises InvalidError."""
    try:
        return answer_form(kind).decode(body)
    except ValueError as error:
        raise InvalidError(safe_text(error)) from None


def encode(value: object) -> bytes:
    """Encode a value as JSON."""
    return _ENCODER.encode(value)


def _perhaps_unsafe(body: bytes) -> bool:
    """Whether some text of a body has to be looked at: most bodies have none.

    A snapshot of a thousand services has a megabyte, and no other thread runs while it is looked through.
    """
    if b"\x7f" in body or _ESCAPED.search(body) is not None:
        return True
    if body.isascii():
        return False
    text = body.decode()
    return not (text.isprintable() and is_normalized("NFC", text))


def _harmless(value: Any, *, keep_newlines: bool = False) -> Any:
    if isinstance(value, str):
        return safe_text(value, MAX_TEXT_CHARS, keep_newlines=keep_newlines)
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    if isinstance(value, dict):
        # Of all that is sent, only a kept answer has lines.
        return {
            safe_text(name, MAX_TEXT_CHARS): _harmless(item, keep_newlines=name == "text")
            for name, item in value.items()
        }
    return value
