"""The use cases of whoever can be asked at the moment: callers keep one object while the monitor changes behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from amt_console.model import AlertDetail, AlertState, AlertView, Snapshot
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import Operations, Progress, ServiceDetail, UnavailableError

if TYPE_CHECKING:
    from amt_console.api.served import ServedOperations


class Export(Protocol):
    """Writes reports as ``Operations.export`` does."""

    def __call__(
        self,
        out: Path,
        *,
        parts: Sequence[str] = ("all",),
        hours: float = 24,
        end: datetime | None = None,
        progress: Progress | None = None,
    ) -> tuple[Path, ...]:
        """Write reports into ``out`` and return the files."""
        ...


@dataclass(slots=True)
class _Source:
    operations: ServedOperations
    dispose: Callable[[], None]
    export: Export | None
    calls: int = 0
    left: bool = False


class OperationsProxy:
    """Implements ``Operations`` by handing on; what was left behind is disposed of when its last call has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: _Source | None = None

    def use(
        self,
        operations: ServedOperations | None,
        dispose: Callable[[], None] = lambda: None,
        *,
        export: Export | None = None,
    ) -> None:
        """Ask these from now on.

        Args:
            operations: ``None`` for nobody.
            dispose: Called when they are asked no more.
            export: Writes the reports in their place.
        """
        source = _Source(operations, dispose, export) if operations is not None else None
        with self._lock:
            before, self._source = self._source, source
            idle = before is not None and before.calls == 0
            if before is not None:
                before.left = True
        if before is not None and idle:
            before.dispose()

    @contextmanager
    def _asked(self) -> Iterator[ServedOperations]:
        with self._held() as source:
            yield source.operations

    @contextmanager
    def _held(self) -> Iterator[_Source]:
        with self._lock:
            source = self._source
            if source is None:
                raise UnavailableError("the session is closed")
            source.calls += 1
        try:
            yield source
        finally:
            with self._lock:
                source.calls -= 1
                over = source.left and source.calls == 0
            if over:
                source.dispose()

    def as_actor(self, actor: Actor) -> Operations:
        """The same use cases, recorded under another name; for one call."""
        with self._asked() as operations:
            return operations.as_actor(actor)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The live snapshot, or the snapshot of a past moment."""
        with self._asked() as operations:
            return operations.snapshot(at)

    def alert(self, alert_id: int) -> AlertDetail:
        """An episode with its events."""
        with self._asked() as operations:
            return operations.alert(alert_id)

    def alerts(
        self, states: Sequence[AlertState] | None = None, *, since: datetime | None = None, limit: int = 200
    ) -> tuple[AlertView, ...]:
        """Open episodes worst first, or the episodes in ``states``, newest first."""
        with self._asked() as operations:
            return operations.alerts(states, since=since, limit=limit)

    def service(self, name: str, *, hours: float = 24) -> ServiceDetail:
        """One service with history."""
        with self._asked() as operations:
            return operations.service(name, hours=hours)

    def acknowledge(self, alert_id: int, *, note: str | None = None, expected_version: int | None = None) -> AlertView:
        """Take an alert."""
        with self._asked() as operations:
            return operations.acknowledge(alert_id, note=note, expected_version=expected_version)

    def unacknowledge(self, alert_id: int, *, expected_version: int | None = None) -> AlertView:
        """Give an alert back."""
        with self._asked() as operations:
            return operations.unacknowledge(alert_id, expected_version=expected_version)

    def probe_now(self, service: str | None = None) -> None:
        """Ask for a probe at once."""
        with self._asked() as operations:
            operations.probe_now(service)

    def export(
        self,
        out: Path,
        *,
        parts: Sequence[str] = ("all",),
        hours: float = 24,
        end: datetime | None = None,
        progress: Progress | None = None,
    ) -> tuple[Path, ...]:
        """Write reports."""
        with self._held() as source:
            export = source.export or source.operations.export
            return export(out, parts=parts, hours=hours, end=end, progress=progress)
