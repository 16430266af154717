"""People's actions as values: console, command line and API create them, ``Operations.act`` executes them.

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
    """An action of a person. ``Result`` is the type of the answer."""

    name: ClassVar[str]
    """Its name on the wire, in paths of the API and in the audit."""


def _described(text: str) -> Mapping[str, str]:
    """Metadata of a field for the OpenAPI description."""
    return {"description": text}


@dataclass(frozen=True, slots=True)
class AlertAction(Action[AlertView]):
    """An action on one alert. The answer is the alert after it."""

    alert_id: int
    expected_version: int | None = field(
        default=None,
        kw_only=True,
        metadata=_described("Refuse with a conflict when the alert is no longer at this version."),
    )


@dataclass(frozen=True, slots=True)
class Acknowledge(AlertAction):
    """Acknowledge an alert: its owner is shown to everybody."""

    name: ClassVar[str] = "acknowledge"
    note: str | None = field(default=None, metadata=_described("What you know or do about the alert."))


@dataclass(frozen=True, slots=True)
class Unacknowledge(AlertAction):
    """End an acknowledgement: the alert has no owner."""

    name: ClassVar[str] = "unacknowledge"


@dataclass(frozen=True, slots=True)
class Note(AlertAction):
    """Add a note to an alert, at any time. The newest is shown; earlier ones stay in the alert's events."""

    name: ClassVar[str] = "note"
    note: str = field(metadata=_described("What others should know."))


@dataclass(frozen=True, slots=True)
class Close(AlertAction):
    """End an open alert by hand. If the subject is still bad, a new alert starts."""

    name: ClassVar[str] = "close"
    note: str | None = field(default=None, metadata=_described("Why the alert is over."))


@dataclass(frozen=True, slots=True)
class ProbeNow(Action[None]):
    """Probe at once, outside the schedule."""

    name: ClassVar[str] = "probe"
    service: str | None = field(default=None, metadata=_described("One service; without it, all."))


AnyAction = Acknowledge | Unacknowledge | Note | Close | ProbeNow
ACTIONS: Mapping[str, type[AnyAction]] = {kind.name: kind for kind in get_args(AnyAction)}
"""Every action by its name."""
