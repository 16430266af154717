"""What the front doors (console, command line, API) may ask for; the same answers whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from amt_console.model import (
    Action,
    AlertDetail,
    AlertState,
    AlertView,
    Phases,
    Series,
    ServiceState,
    ServiceView,
    Snapshot,
)
from amt_console.operations.actor import Actor

Result = TypeVar("Result")
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


class OperationError(Exception):
    """An operation could not be done; the text says what and how to mend it."""


class NotFoundError(OperationError):
    """No such alert or service."""


class ConflictError(OperationError):
    """Somebody or something else changed it first, or it has ended."""


class InvalidError(OperationError):
    """What was asked for makes no sense."""


class UnavailableError(OperationError):
    """Cannot be done here and now, e.g. no monitor runs in this process, the session is read-only, or the database is
    busy.
    """


class NotPermittedError(OperationError):
    """This person may not do that."""


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
    """From where, if more than one location watches the service."""


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
    """Over the whole window, by time; ``None`` if nothing was measured."""
    coverage_percent: float = 0.0
    """Which part of the window was measured."""
    probes: tuple[RecentProbe, ...] = ()
    """Newest first, at most 50."""
    changes: tuple[StateChange, ...] = ()
    """Newest first, at most 50."""
    alerts: tuple[AlertView, ...] = ()
    """Its episodes in the window and all open ones, newest first."""
    figures: tuple[tuple[str, str], ...] = field(default=())
    """Further facts as label and value: address, HTTP version, certificate, ..."""


class Operations(Protocol):
    """The use cases. All calls may block on the database: never call them on a screen's loop."""

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The live snapshot, or the snapshot of a past moment."""
        ...

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """An episode with its events, now or as of a past moment. Raises NotFoundError."""
        ...

    def alerts(
        self, states: Sequence[AlertState] | None = None, *, since: datetime | None = None, limit: int = 200
    ) -> tuple[AlertView, ...]:
        """Episodes: open ones worst first by default, else those in ``states``, newest first."""
        ...

    def service(self, name: str, *, hours: float = 24, at: datetime | None = None) -> ServiceDetail:
        """One service with its history up to now or up to a past moment. Raises NotFoundError."""
        ...

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Do what a person wants, and leave an audit row.

        Args:
            action: What.
            actor: In whose name; by default the person behind this process.

        Raises:
            NotFoundError: No such alert or service.
            ConflictError: Somebody or something else was quicker, or the alert has ended.
            InvalidError: It makes no sense.
            UnavailableError: Not here and now.
            NotPermittedError: Not for this person.
        """
        ...


class Reports(Protocol):
    """Writes reports from the database; a session whose database is elsewhere has none."""

    def export(
        self,
        out: Path,
        *,
        parts: Sequence[str] = ("all",),
        hours: float = 24,
        end: datetime | None = None,
        progress: Progress | None = None,
    ) -> tuple[Path, ...]:
        """Write reports on the ``hours`` up to ``end``, by default up to now, into ``out`` and return the files.

        Raises OperationError.
        """
        ...
