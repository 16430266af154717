"""The interface of the use cases for console, command line and API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from amt_console.model import (
    AlertState,
    AlertView,
    Phases,
    Series,
    ServiceState,
    ServiceView,
    Severity,
    Snapshot,
    StateSpan,
    Value,
)
from amt_console.operations.actor import Actor
from amt_console.operations.cancellation import Cancellation

if TYPE_CHECKING:
    from amt_console.model import Action, AlertDetail
    from amt_console.model.oncall import OncallPlan
    from amt_console.model.policy import MaintenanceWindow, Silence
    from amt_console.model.queries.base import Query
    from amt_console.model.why import AlertWhy

SERVICE_BUCKETS = 300
"""Most buckets of a service's detail by default."""
ONCALL_DAYS = 30.0
"""How far ahead rotas are looked at by default."""
CALENDAR_DAYS, CALENDAR_DAYS_BEFORE = 365.0, 30.0
"""What a calendar of the rotas contains."""
Result = TypeVar("Result")
Answer = TypeVar("Answer")
Progress = Callable[[str, int, int], None]
"""Called with the step, the amount done, and the total."""


class OperationError(Exception):
    """An operation failed; the text gives the reason and the remedy."""


class NotFoundError(OperationError):
    """No such alert or service."""


class ConflictError(OperationError):
    """It was changed meanwhile, or has ended."""


class InvalidError(OperationError):
    """The request is not valid."""


class UnavailableError(OperationError):
    """Not available here and now, e.g. without a monitor, in a read-only session, or with a busy database."""


class OutcomeUnknownError(UnavailableError):
    """The answer to an action did not come: perhaps it was done."""


class NotPermittedError(OperationError):
    """The person's role does not allow it."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A service entered a state."""

    at: datetime
    state: ServiceState
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RecentProbe:
    """One stored probe, as the detail screen lists it."""

    timestamp: datetime
    state: ServiceState
    response_time_ms: float | None
    phases: Phases
    status_code: int | None = None
    error: str | None = None
    attempt: int = 1
    location: str | None = None
    """The location, if more than one watches the service."""


@dataclass(frozen=True, slots=True)
class ValueHistory:
    """One value of a check over a window."""

    name: str
    means: Series
    """Equally spaced buckets."""
    least: float
    most: float
    unit: str | None = None
    now: Value | None = None
    """Of the newest result, if it has it."""


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    """One service with its history over a window."""

    service: ServiceView
    start: datetime
    end: datetime
    bucket_seconds: float
    mean_ms: Series = ()
    """Equally spaced buckets from ``start`` to ``end``."""
    p95_ms: Series = ()
    uptime: Series = ()
    """Percent up per bucket, 0-100."""
    uptime_percent: float | None = None
    """Over the whole window, by time; ``None`` without measured time."""
    coverage_percent: float = 0.0
    """Measured part of the window."""
    probes: tuple[RecentProbe, ...] = ()
    """Newest first, at most 50."""
    changes: tuple[StateChange, ...] = ()
    """Newest first, at most 50."""
    alerts: tuple[AlertView, ...] = ()
    """Its episodes in the window and all open ones, newest first."""
    figures: tuple[tuple[str, str], ...] = field(default=())
    """Further facts as label and value: address, HTTP version, certificate, ..."""
    values: tuple[ValueHistory, ...] = ()
    """What it measures besides its time, the main value first."""
    p50_ms: Series = ()
    p99_ms: Series = ()
    phases: tuple[Phases | None, ...] = ()
    """Means per bucket, of single results: for windows up to an hour, else empty."""
    states: tuple[StateSpan, ...] = ()
    """Oldest first; what lies between two is not known."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts of a list are wanted. Of each kind, those that match any of the values; none means all."""

    severities: tuple[Severity, ...] = ()
    services: tuple[str, ...] = ()
    """Subjects: names of services, databases or host parts."""
    groups: tuple[str, ...] = ()
    until: datetime | None = None
    """Only those that opened before."""

    def matches(self, alert: AlertView) -> bool:
        """Whether an alert is wanted."""
        return (
            (not self.severities or alert.severity in self.severities)
            and (not self.services or alert.subject in self.services)
            and (not self.groups or alert.group in self.groups)
            and (self.until is None or alert.opened_at < self.until)
        )


EVERY_ALERT = AlertFilter()


class Operations(Protocol):
    """The use cases. All calls may block on the database: never call them on a screen's loop."""

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The live snapshot, or the snapshot of a past moment."""
        ...

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """An episode with its events, now or as of a past moment. Raises NotFoundError."""
        ...

    def alerts(
        self,
        states: Sequence[AlertState] | None = None,
        *,
        since: datetime | None = None,
        limit: int = 200,
        after: int | None = None,
        only: AlertFilter = EVERY_ALERT,
    ) -> tuple[AlertView, ...]:
        """Episodes: open ones worst first by default, else those in ``states``, newest first.

        Args:
            states: The states.
            since: Only those that were open at any time since.
            limit: At most this many.
            after: Only those that follow this alert in the list.
            only: Leaves out others.

        Raises:
            InvalidError: The alert ``after`` is not in the list.
        """
        ...

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """One service with its history.

        Args:
            name: As in the snapshot.
            hours: How far back.
            at: Up to this past moment instead of now.
            most_buckets: Its series are as fine as fits; few buckets are there sooner.

        Raises:
            NotFoundError: No such service.
            InvalidError: ``hours`` is no usable length.
        """
        ...

    def ask(self, query: Query[Answer], *, actor: Actor | None = None) -> Answer:
        """Answer a question of a screen.

        Args:
            query: The question.
            actor: Who asks; by default the person of this process.

        Raises:
            NotFoundError: No such alert or service.
            InvalidError: The question is not valid.
            UnavailableError: Not available here and now.
        """
        ...

    def why(self, alert_id: int) -> AlertWhy:
        """Why an alert was told to somebody, or not, as stored when it was decided. Raises NotFoundError."""
        ...

    def oncall(self, at: datetime | None = None, *, days: float = ONCALL_DAYS, days_before: float = 0) -> OncallPlan:
        """Who is on call at a moment, by default now, and in the days around it."""
        ...

    def silences(self, *, ended: bool = False) -> tuple[Silence, ...]:
        """Silences of the configuration and of people, those that end first first; also ``ended`` ones."""
        ...

    def maintenance(self, *, ended: bool = False) -> tuple[MaintenanceWindow, ...]:
        """Planned work of the configuration and of people, what ends first first, recurring last; also ``ended``."""
        ...

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Execute a person's action, and add an audit row.

        Args:
            action: The action.
            actor: The acting person; by default that of this process.

        Raises:
            NotFoundError: No such alert or service.
            ConflictError: The alert was changed meanwhile, or has ended.
            InvalidError: The action is not valid.
            UnavailableError: Not available here and now.
            NotPermittedError: The person's role does not allow it.
        """
        ...


class Reports(Protocol):
    """Writes reports from the database; a session without its own database has none."""

    def export(
        self,
        out: Path,
        *,
        parts: Sequence[str] = ("all",),
        hours: float = 24,
        end: datetime | None = None,
        service: str | None = None,
        progress: Progress | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[Path, ...]:
        """Write reports on the ``hours`` up to ``end``, by default up to now, into ``out`` and return the files.

        With ``service`` they are limited to it and its alerts. Raises OperationError, CancelledError.
        """
        ...

    def export_incident(
        self,
        alert_id: int,
        out: Path,
        *,
        progress: Progress | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[Path, ...]:
        """Write the draft of a post-mortem of an alert into ``out`` and return the files.

        Raises OperationError, CancelledError.
        """
        ...
