"""Act on an alert as a person saw it, even if the monitor stores a new value at the same moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amt_console.operations.actor import Actor
from amt_console.operations.protocol import ConflictError, Operations

if TYPE_CHECKING:
    from amt_console.model import AlertAction, AlertView, Episode, Severity

TRIES = 3


def act_as_seen(
    operations: Operations, action: AlertAction, seen: AlertView, *, actor: Actor | None = None
) -> AlertView:
    """Act on ``seen``, at its current version.

    The monitor raises an alert's version with every observation that it stores. While owner, snooze and severity
    are unchanged, the action is retried at the new version. If one of them changed or the alert ended, the conflict
    stands.

    Raises:
        ConflictError: The alert is no longer what the person saw.
        OperationError: As ``Operations.act``.
    """
    version = seen.version
    for _ in range(TRIES - 1):
        try:
            return operations.act(replace(action, expected_version=version), actor=actor)
        except ConflictError:
            now = operations.alert(seen.id).episode
            same = now.open and _what_matters(now) == _what_matters(seen)
            if not same or now.version == version:
                raise
            version = now.version
    return operations.act(replace(action, expected_version=version), actor=actor)


def _what_matters(alert: AlertView | Episode) -> tuple[Severity, str | None, str | None]:
    return alert.severity, alert.acknowledged_by, alert.snoozed_by
