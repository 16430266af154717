"""People's actions as values: console, command line and API create them, ``Operations.act`` executes them.

A new action is one dataclass here, one handler in ``alerts.handling``, one key and one command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, get_args

from amt_console.model.policy import ONCALL, MaintenanceWindow, RotaOverride, Silence
from amt_console.model.snapshot import AlertView
from amt_console.model.states import AlertType, Rating, Severity

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Action(Generic[Result]):
    """An action of a person. ``Result`` is the type of the answer."""

    name: ClassVar[str]
    """Its name in the audit and in the API."""
    path: ClassVar[str] = "/{name}"
    """Where the API takes it. Fields in braces are in the path, the others in the body."""
    answer: ClassVar[type[Any] | None] = None
    """``Result`` at run time; ``None`` for no answer."""


DURATION = "duration"
"""In the metadata of a field in seconds: where people write it, ``"15m"`` is taken, too."""


def wire_name(of: Field[Any]) -> str:
    """The name of a field outside Python, where ``for`` is a name like any other: without the line at its end."""
    return of.name.rstrip("_")


def _described(text: str, **more: object) -> Mapping[str, object]:
    """Metadata of a field for the OpenAPI description."""
    return {"description": text, **more}


def _duration(text: str) -> Mapping[str, object]:
    return _described(text, **{DURATION: True})


@dataclass(frozen=True, slots=True)
class AlertAction(Action[AlertView]):
    """An action on one alert. The answer is the alert after it."""

    path: ClassVar[str] = "/alerts/{alert_id}/{name}"
    answer: ClassVar[type[Any] | None] = AlertView
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
    for_: float | None = field(
        default=None, metadata=_duration("How long it holds; by default as `notify.acknowledgement` says.")
    )


@dataclass(frozen=True, slots=True)
class Claim(AlertAction):
    """Take an alert over from whoever has it, who is told. A free one is acknowledged; one's own lasts longer."""

    name: ClassVar[str] = "claim"
    note: str | None = field(default=None, metadata=_described("What you know or do about the alert."))
    for_: float | None = field(default=None, metadata=_duration("As of `acknowledge`."))


@dataclass(frozen=True, slots=True)
class Handoff(AlertAction):
    """Give an alert to somebody else, whoever has it."""

    name: ClassVar[str] = "handoff"
    to: str = field(metadata=_described("The person who has it from now on."))
    note: str | None = field(default=None, metadata=_described("What that person should know."))
    for_: float | None = field(default=None, metadata=_duration("As of `acknowledge`."))


@dataclass(frozen=True, slots=True)
class Unacknowledge(AlertAction):
    """End an acknowledgement and a snooze: the alert has no owner."""

    name: ClassVar[str] = "unacknowledge"


@dataclass(frozen=True, slots=True)
class Snooze(AlertAction):
    """Send no messages on an alert for a while, or until it recovers. It keeps its owner, if it has one."""

    name: ClassVar[str] = "snooze"
    for_: float | None = field(default=None, metadata=_duration("How long; operators at most 24 hours."))
    until_recovery: bool = field(default=False, metadata=_described("Instead of `for`: until the alert recovers."))
    note: str | None = field(default=None, metadata=_described("Why it can wait."))


@dataclass(frozen=True, slots=True)
class Note(AlertAction):
    """Add a note to an alert, at any time. The newest is shown; earlier ones stay in the alert's events."""

    name: ClassVar[str] = "note"
    note: str = field(metadata=_described("What others should know."))


@dataclass(frozen=True, slots=True)
class Close(AlertAction):
    """End an open alert by hand. If the subject is still bad, a new alert starts. An ended alert can be rated."""

    name: ClassVar[str] = "close"
    note: str | None = field(default=None, metadata=_described("Why the alert is over."))
    rating: Rating | None = field(default=None, metadata=_described("Whether it was worth a message."))


@dataclass(frozen=True, slots=True)
class Undo(AlertAction):
    """Take back what you did last to an alert, if nobody did anything to it since."""

    name: ClassVar[str] = "undo"


@dataclass(frozen=True, slots=True)
class UndoLast(Action[AlertView]):
    """Take back what you did last to any alert, if nobody did anything to it since."""

    name: ClassVar[str] = "undo_last"
    path: ClassVar[str] = "/alerts/undo"
    answer: ClassVar[type[Any] | None] = AlertView


@dataclass(frozen=True, slots=True)
class AddSilence(Action[Silence]):
    """Send no messages on matching alerts until an end; an alert must match every value. Checks go on."""

    name: ClassVar[str] = "add_silence"
    path: ClassVar[str] = "/silences"
    answer: ClassVar[type[Any] | None] = Silence
    reason: str = field(metadata=_described("Why; shown with silenced alerts."))
    services: tuple[str, ...] = field(default=(), metadata=_described("Names of services or databases."))
    groups: tuple[str, ...] = field(default=(), metadata=_described("Names of groups."))
    alert_types: tuple[AlertType, ...] = field(default=(), metadata=_described("Kinds of alerts."))
    severity: Severity | None = field(default=None, metadata=_described("Only this severity."))
    match: str | None = field(default=None, metadata=_described("A regular expression that the subject contains."))
    for_: float | None = field(default=None, metadata=_duration("How long; operators at most 24 hours."))
    until: datetime | None = field(default=None, metadata=_described("Instead of `for`: its end."))


@dataclass(frozen=True, slots=True)
class EndSilence(Action[Silence]):
    """End a silence that a person added."""

    name: ClassVar[str] = "end_silence"
    path: ClassVar[str] = "/silences/{silence_id}/end"
    answer: ClassVar[type[Any] | None] = Silence
    silence_id: str


@dataclass(frozen=True, slots=True)
class AddMaintenance(Action[MaintenanceWindow]):
    """Announce planned work: its services count as in maintenance, and no messages are sent on them."""

    name: ClassVar[str] = "add_maintenance"
    path: ClassVar[str] = "/maintenance"
    answer: ClassVar[type[Any] | None] = MaintenanceWindow
    name_: str = field(metadata=_described("The name of the work; unique until it ends."))
    services: tuple[str, ...] = field(default=(), metadata=_described("Names of services or databases."))
    groups: tuple[str, ...] = field(default=(), metadata=_described("Names of groups."))
    for_: float | None = field(default=None, metadata=_duration("How long; operators at most 24 hours."))
    starts_at: datetime | None = field(default=None, metadata=_described("Its begin; by default now."))
    ends_at: datetime | None = field(default=None, metadata=_described("Instead of `for`: its end."))
    note: str | None = field(default=None, metadata=_described("What is done."))


@dataclass(frozen=True, slots=True)
class EndMaintenance(Action[MaintenanceWindow]):
    """End planned work that a person announced, or call it off."""

    name: ClassVar[str] = "end_maintenance"
    path: ClassVar[str] = "/maintenance/end"
    answer: ClassVar[type[Any] | None] = MaintenanceWindow
    name_: str = field(metadata=_described("The name of the work."))


@dataclass(frozen=True, slots=True)
class TakeOncall(Action[RotaOverride]):
    """Take over the shift that runs: from now on you are on call."""

    name: ClassVar[str] = "take_oncall"
    path: ClassVar[str] = "/oncall/take"
    answer: ClassVar[type[Any] | None] = RotaOverride
    until: datetime | None = field(default=None, metadata=_described("Its end; by default that of the shift."))
    rota: str = field(default=ONCALL, metadata=_described("The name of the rota."))


@dataclass(frozen=True, slots=True)
class OverrideOncall(Action[RotaOverride]):
    """Put a person on call for a while, in place of whoever it would be."""

    name: ClassVar[str] = "override_oncall"
    path: ClassVar[str] = "/oncall/override"
    answer: ClassVar[type[Any] | None] = RotaOverride
    person: str = field(metadata=_described("One of the people of the configuration."))
    until: datetime = field(metadata=_described("Its end."))
    from_: datetime | None = field(default=None, metadata=_described("Its begin; by default now."))
    rota: str = field(default=ONCALL, metadata=_described("The name of the rota."))


@dataclass(frozen=True, slots=True)
class UndoOncall(Action[RotaOverride]):
    """Take back the override that you added last and that has not ended: the rota goes on as without it."""

    name: ClassVar[str] = "undo_oncall"
    path: ClassVar[str] = "/oncall/undo"
    answer: ClassVar[type[Any] | None] = RotaOverride
    rota: str | None = field(default=None, metadata=_described("Only of this rota; by default of all."))


@dataclass(frozen=True, slots=True)
class ProbeNow(Action[None]):
    """Probe at once, outside the schedule."""

    name: ClassVar[str] = "probe"
    service: str | None = field(default=None, metadata=_described("One service; without it, all."))


@dataclass(frozen=True, slots=True)
class RanCommand(Action[None]):
    """Record that one of the person's own commands ran on the host of the console. Nothing else happens."""

    name: ClassVar[str] = "ran_command"
    path: ClassVar[str] = "/commands/ran"
    name_: str = field(metadata=_described("The name of the command."))
    command: tuple[str, ...] = field(metadata=_described("Program and arguments as they ran."))
    exit_code: int | None = field(
        default=None, metadata=_described("128 and more for a signal; none if it did not end by itself.")
    )
    ended: str = field(default="", metadata=_described("How it ended, in words."))
    seconds: float | None = field(default=None, metadata=_described("How long it ran."))
    service: str | None = field(default=None, metadata=_described("The service that was selected."))
    alert_id: int | None = field(default=None, metadata=_described("The alert that was selected."))


AnyAction = (
    Acknowledge
    | Claim
    | Handoff
    | Unacknowledge
    | Snooze
    | Note
    | Close
    | Undo
    | UndoLast
    | AddSilence
    | EndSilence
    | AddMaintenance
    | EndMaintenance
    | TakeOncall
    | OverrideOncall
    | UndoOncall
    | ProbeNow
    | RanCommand
)
ACTIONS: Mapping[str, type[AnyAction]] = {kind.name: kind for kind in get_args(AnyAction)}
"""Every action by its name."""
