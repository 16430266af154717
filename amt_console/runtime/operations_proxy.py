"""The use cases of whoever can be asked at the moment: callers keep one object while the monitor changes behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from amt_console.operations.actor import Actor
from amt_console.operations.protocol import (
    EVERY_ALERT,
    ONCALL_DAYS,
    SERVICE_BUCKETS,
    AlertFilter,
    Answer,
    Operations,
    Result,
    ServiceDetail,
    UnavailableError,
)

if TYPE_CHECKING:
    from amt_console.model import Action, AlertDetail, AlertState, AlertView, Snapshot
    from amt_console.model.oncall import OncallPlan
    from amt_console.model.policy import MaintenanceWindow, Silence
    from amt_console.model.queries import Query
    from amt_console.model.why import AlertWhy


@dataclass(slots=True)
class _Source:
    operations: Operations
    dispose: Callable[[], None]
    calls: int = 0
    left: bool = False


class OperationsProxy:
    """Implements ``Operations`` by handing on; what was left behind is disposed of when its last call has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: _Source | None = None

    def use(self, operations: Operations | None, dispose: Callable[[], None] = lambda: None) -> None:
        """Ask these from now on.

        Args:
            operations: ``None`` for nobody.
            dispose: Called when they are asked no more.
        """
        source = _Source(operations, dispose) if operations is not None else None
        with self._lock:
            before, self._source = self._source, source
            idle = before is not None and before.calls == 0
            if before is not None:
                before.left = True
        if before is not None and idle:
            before.dispose()

    @contextmanager
    def _asked(self) -> Iterator[Operations]:
        with self._lock:
            source = self._source
            if source is None:
                raise UnavailableError("the session is closed")
            source.calls += 1
        try:
            yield source.operations
        finally:
            with self._lock:
                source.calls -= 1
                over = source.left and source.calls == 0
            if over:
                source.dispose()

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The live snapshot, or the snapshot of a past moment."""
        with self._asked() as operations:
            return operations.snapshot(at)

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """An episode with its events, now or as of a past moment."""
        with self._asked() as operations:
            return operations.alert(alert_id, at=at)

    def alerts(
        self,
        states: Sequence[AlertState] | None = None,
        *,
        since: datetime | None = None,
        limit: int = 200,
        after: int | None = None,
        only: AlertFilter = EVERY_ALERT,
    ) -> tuple[AlertView, ...]:
        """Open episodes worst first, or the episodes in ``states``, newest first."""
        with self._asked() as operations:
            return operations.alerts(states, since=since, limit=limit, after=after, only=only)

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """One service with its history up to now or up to a past moment."""
        with self._asked() as operations:
            return operations.service(name, hours=hours, at=at, most_buckets=most_buckets)

    def ask(self, query: Query[Answer], *, actor: Actor | None = None) -> Answer:
        """Answer a question of a screen."""
        with self._asked() as operations:
            return operations.ask(query, actor=actor)

    def why(self, alert_id: int) -> AlertWhy:
        """Why an alert was told to somebody, or not."""
        with self._asked() as operations:
            return operations.why(alert_id)

    def oncall(self, at: datetime | None = None, *, days: float = ONCALL_DAYS, days_before: float = 0) -> OncallPlan:
        """Who is on call at a moment, by default now, and in the days around it."""
        with self._asked() as operations:
            return operations.oncall(at, days=days, days_before=days_before)

    def silences(self, *, ended: bool = False) -> tuple[Silence, ...]:
        """Silences of the configuration and of people."""
        with self._asked() as operations:
            return operations.silences(ended=ended)

    def maintenance(self, *, ended: bool = False) -> tuple[MaintenanceWindow, ...]:
        """Planned work of the configuration and of people."""
        with self._asked() as operations:
            return operations.maintenance(ended=ended)

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Do what a person wants."""
        with self._asked() as operations:
            return operations.act(action, actor=actor)
