"""Execute people's actions within a transaction: what changes, its audit row, and the messages that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from amt_console.alerts import AlertConflict, Outcome, Planner, RoleTooLow, Scene, handle
from amt_console.clock import Clock
from amt_console.model import (
    Action,
    AlertAction,
    AlertEvent,
    AuditEntry,
    Episode,
    EpisodeChange,
    Target,
    Undo,
    UndoLast,
)
from amt_console.model.actions import wire_name
from amt_console.model.policy import Added, Policies
from amt_console.operations.actor import Actor
from amt_console.operations.audit_rows import changes, values
from amt_console.operations.json_views import iso
from amt_console.operations.protocol import ConflictError, InvalidError, NotFoundError, NotPermittedError
from amt_console.store import Reads, Writes, record

UNDO_LAST_WITHIN = timedelta(hours=24)
_OF_THE_MACHINE = frozenset(
    (
        *("version", "began", "duration_seconds", "value", "paging"),
        *("bad_since", "ok_since", "bad_count", "ok_count", "critical_count", "warning_count"),
        *("stale", "stale_since"),
    )
)
"""Fields of an alert that no person changes."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What an action has changed."""

    probes: tuple[str, ...] = ()
    """Services to probe at once."""
    episode: Episode | None = None
    """The alert as it is stored."""
    muted: Added | None = None
    """What was added or ended, as it is stored."""


class ActionHandling:
    """Executes actions.

    Args:
        targets: The watched targets.
        clock: The time.
    """

    def __init__(self, targets: Sequence[Target], clock: Clock) -> None:
        self._services = tuple(target.name for target in targets)
        self._clock = clock

    def execute(self, writes: Writes, action: Action[Any], person: Actor, configured: Policies) -> Executed:
        """Execute an action and add its audit row.

        Args:
            writes: The transaction.
            action: What the person wants.
            person: Who acts.
            configured: The policies of the configuration.

        Raises:
            OperationError: As ``Operations.act``.
            VersionConflict: Somebody changed the alert at the same time.
        """
        scene = self._scene(writes, action, person, configured)
        outcome = _handled(action, scene)
        audit = AuditEntry(
            actor=person.name,
            action=action.name,
            subject=outcome.subject,
            at=self._clock.now(),
            detail={**_said(action), **person.facts()},
        )
        if outcome.step is not None and outcome.step.episode is not None:
            episode, events = outcome.step.episode, outcome.step.events
            if scene.episode is not None:
                audit = _with(audit, changes(scene.episode, episode, without=_OF_THE_MACHINE))
            plan = Planner(scene.policies, writes.alerts.open(), scene.now).plan(episode, events)
            change = EpisodeChange(
                plan.episode, events + plan.events, audit, outbox=plan.outbox, decisions=plan.decisions
            )
            return Executed(episode=record(writes, change))
        muted = _mute(writes, outcome, scene)
        if outcome.ended is not None:
            ends = {"before": {"ends_at": iso(outcome.planned_end)}, "after": {"ends_at": iso(scene.now.wall)}}
            audit = _with(audit, ends)
        elif muted is not None:
            audit = _with(audit, {"before": None, "after": values(muted)})
        writes.add_audit(audit)
        return Executed(outcome.probes, muted=muted)

    def _scene(self, reads: Reads, action: Action[Any], person: Actor, configured: Policies) -> Scene:
        alert_id = self._alert_id(reads, action, person)
        episode = None if alert_id is None else reads.alerts.episode(alert_id)
        events: tuple[AlertEvent, ...] = ()
        if alert_id is not None:
            if episode is None:
                raise NotFoundError(no_alert(alert_id))
            if isinstance(action, Undo | UndoLast):
                events = tuple(reads.alerts.events(alert_id))
        return Scene(
            actor=person.name,
            now=self._clock.instant(),
            episode=episode,
            services=self._services,
            events=events,
            policies=reads.policies.added_to(configured, self._clock.now()),
            role=person.role,
        )

    def _alert_id(self, reads: Reads, action: Action[Any], person: Actor) -> int | None:
        """The alert that an action is about, if it is about one."""
        if isinstance(action, AlertAction):
            return action.alert_id
        if not isinstance(action, UndoLast):
            return None
        found = reads.alerts.last_handled_by(person.name, self._clock.now() - UNDO_LAST_WITHIN)
        if found is None:
            hours = UNDO_LAST_WITHIN.total_seconds() / 3600
            raise NotFoundError(f"{person.name} has done nothing to any alert in the last {hours:.0f} hours")
        return found


def _with(entry: AuditEntry, detail: dict[str, Any]) -> AuditEntry:
    return replace(entry, detail={**entry.detail, **detail})


def no_alert(alert_id: int) -> str:
    """The message that there is no alert of a number."""
    return f"there is no alert {alert_id} (amt-console alerts list --all shows them)"


def _handled(action: Action[Any], scene: Scene) -> Outcome:
    """The outcome of the action; a refusal becomes an ``OperationError``."""
    try:
        return handle(action, scene)
    except AlertConflict as error:
        raise ConflictError(str(error)) from error
    except RoleTooLow as error:
        raise NotPermittedError(str(error)) from error
    except LookupError as error:
        raise NotFoundError(str(error)) from error
    except ValueError as error:
        raise InvalidError(str(error)) from error


def _mute(writes: Writes, outcome: Outcome, scene: Scene) -> Added | None:
    """Store what was added or ended, if anything was."""
    now, ended = scene.now.wall, outcome.ended
    if outcome.added is not None:
        return writes.policies.add(outcome.added, at=now)
    if ended is not None and not writes.policies.end(ended, at=now, by=scene.actor):
        raise ConflictError(f"the {outcome.subject} has ended meanwhile")
    return ended


def _said(action: Action[Any]) -> dict[str, Any]:
    """The person's own words of the request, beside the alert."""
    known = {field.name for field in fields(AlertAction)}
    said = {wire_name(field): getattr(action, field.name) for field in fields(action) if field.name not in known}
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in said.items()}
