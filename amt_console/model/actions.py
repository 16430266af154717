"""What people do, as values: the console, the command line and the API make them, ``Operations.act`` carries them out.

A new action is one dataclass here, one handler in ``alerts.handling``, one key and one command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar, get_args

from amt_console.model.snapshot import AlertView

MAX_NOTE_CHARS = 4000
"""Longest note."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Action(Generic[Result]):
    """Something that a person does to the platform. ``Result`` is what is answered."""

    name: ClassVar[str]
    """On the wire, in paths of the API and in the audit."""


def _described(text: str) -> Mapping[str, str]:
    """What a field means, for the description of the API."""
    return {"description": text}


@dataclass(frozen=True, slots=True)
class AlertAction(Action[AlertView]):
    """Something that a person does to one alert. The answer is the alert afterwards."""

    alert_id: int
    expected_version: int | None = field(
        default=None,
        kw_only=True,
        metadata=_described("Refuse with a conflict when the alert is no longer at this version."),
    )


@dataclass(frozen=True, slots=True)
class Acknowledge(AlertAction):
    """Take an alert: everybody sees who has it."""

    name: ClassVar[str] = "acknowledge"
    note: str | None = field(default=None, metadata=_described("What you know or do about it."))


@dataclass(frozen=True, slots=True)
class Unacknowledge(AlertAction):
    """End an acknowledgement: nobody has the alert any more."""

    name: ClassVar[str] = "unacknowledge"


@dataclass(frozen=True, slots=True)
class Note(AlertAction):
    """Write a note on an alert, at any time. It is shown; the earlier ones stay in the alert's events."""

    name: ClassVar[str] = "note"
    note: str = field(metadata=_described("What others should know."))


@dataclass(frozen=True, slots=True)
class Close(AlertAction):
    """End an open alert by hand. What is still bad starts a new alert."""

    name: ClassVar[str] = "close"
    note: str | None = field(default=None, metadata=_described("Why it is over."))


@dataclass(frozen=True, slots=True)
class ProbeNow(Action[None]):
    """Probe at once, beside the schedule."""

    name: ClassVar[str] = "probe"
    service: str | None = field(default=None, metadata=_described("One service; without it, all."))


AnyAction = Acknowledge | Unacknowledge | Note | Close | ProbeNow
ACTIONS: Mapping[str, type[AnyAction]] = {kind.name: kind for kind in get_args(AnyAction)}
"""Every action by its name."""
