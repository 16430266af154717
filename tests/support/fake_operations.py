"""Operations, reports and a session that hold a sample snapshot in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from support.answers import sample_answer
from support.pictures import NOW, all_fine, wave

from amt_console.alerts import AlertConflict, Outcome, Scene, handle
from amt_console.clock import FakeClock
from amt_console.model import (
    Action,
    AlertAction,
    AlertDetail,
    AlertEvent,
    AlertState,
    AlertView,
    Episode,
    Phases,
    Role,
    ServiceState,
    Snapshot,
    StateSpan,
)
from amt_console.model.notifications import (
    Decision,
    DecisionOutcome,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    NoticeKind,
    Stage,
)
from amt_console.model.oncall import OncallPlan
from amt_console.model.policy import MaintenanceWindow, Policies, Silence
from amt_console.model.queries import Query, StatesQuery
from amt_console.model.why import AlertWhy, Observed
from amt_console.operations.actor import Actor
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.cancellation import Cancellation
from amt_console.operations.protocol import (
    EVERY_ALERT,
    SERVICE_BUCKETS,
    AlertFilter,
    ConflictError,
    InvalidError,
    NotFoundError,
    OperationError,
    Progress,
    RecentProbe,
    ServiceDetail,
    StateChange,
)

HANDLED = (
    *("state", "acknowledged_by", "acknowledged_at", "acknowledged_until", "snoozed_by", "snoozed_until"),
    *("rating", "note", "resolved_at"),
)
"""What actions change of an alert."""


def _phases(mean: float) -> Phases:
    """A mean response time in its parts."""
    return Phases(mean * 0.02, mean * 0.08, mean * 0.2, mean * 0.6, mean * 0.1)


def _episode(view: AlertView) -> Episode:
    return Episode(
        rule_id="service-down",
        subject=view.subject,
        alert_type=view.alert_type,
        severity=view.severity,
        message=view.message,
        state=view.state,
        opened_at=view.opened_at,
        id=view.id,
        version=view.version,
        fired_at=view.fired_at,
        resolved_at=view.resolved_at,
        acknowledged_by=view.acknowledged_by,
        acknowledged_at=view.acknowledged_at,
        acknowledged_until=view.acknowledged_until,
        snoozed_by=view.snoozed_by,
        snoozed_until=view.snoozed_until,
        rating=view.rating,
        note=view.note,
        runbook=view.runbook,
    )


@dataclass
class FakeOperations:
    """Operations over one snapshot in memory; every call is noted in ``calls``."""

    picture: Snapshot = field(default_factory=all_fine)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    failure: Exception | None = None
    conflicts: int = 0
    """Actions that fail before one works, because the monitor stored a new value."""
    refusal: OperationError | None = None
    """Why no action works."""
    exports: list[tuple[tuple[str, ...], float, str | None]] = field(default_factory=list)
    """Parts, hours and service of each export."""
    answers: dict[type[Query[Any]], Callable[[Any], Any]] = field(default_factory=dict)
    """What answers a kind of question, instead of the samples."""
    during_export: Callable[[], None] = lambda: None
    before_snapshot: Callable[[], None] | None = None
    policies: Policies = field(default_factory=Policies)
    """Silences and planned work."""
    happened: dict[int, list[AlertEvent]] = field(default_factory=dict)
    """The events of what was done to each alert."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, picture: Snapshot) -> None:
        """Put another picture in place, with a version of its own."""
        self.picture = replace(picture, version=self.picture.version + 1)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The picture."""
        if self.before_snapshot is not None:
            self.before_snapshot()
        if self.failure is not None:
            raise self.failure
        return replace(self.picture, at=at)

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """The alert with three events and its cause."""
        self.calls.append(("alert", alert_id, at))
        view = self._alert(alert_id)
        service = next((each for each in self.picture.services if each.name == view.subject), None)
        episode = replace(_episode(view), error_class=None if service is None else service.error_class)
        kinds = ("opened", "fired") + (("acknowledged",) if view.acknowledged_by else ())
        events = tuple(
            AlertEvent(
                kind=kind,
                at=view.opened_at + timedelta(seconds=5 * seq),
                state=AlertState.PENDING if kind == "opened" else view.state,
                severity=view.severity,
                message=view.message,
                actor=view.acknowledged_by if kind == "acknowledged" else None,
                note=view.note if kind == "acknowledged" else None,
                seq=seq,
                alert_id=view.id,
            )
            for seq, kind in enumerate(kinds, 1)
        )
        cause = None if view.follows_from is None else _episode(self._alert(view.follows_from))
        return AlertDetail(episode, view, events, cause)

    def alerts(
        self,
        states: Sequence[AlertState] | None = None,
        *,
        since: datetime | None = None,
        limit: int = 200,
        after: int | None = None,
        only: AlertFilter = EVERY_ALERT,
    ) -> tuple[AlertView, ...]:
        """The open ones."""
        return tuple(filter(only.matches, self.picture.alerts))[:limit]

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """A service with a history that has a gap and an outage."""
        self.calls.append(("service", name, hours, at))
        view = next((view for view in self.picture.services if view.name == name), None)
        if view is None:
            raise NotFoundError(f"no service is called {name}")
        mean = list(wave(120, 40, 144))
        uptime: list[float | None] = [100.0] * 144
        mean[40:52] = [None] * 12
        uptime[40:52] = [None] * 12
        uptime[100:104] = [99.0, 20.0, 0.0, 60.0]
        probes = tuple(
            RecentProbe(
                timestamp=NOW - timedelta(seconds=15 * at),
                state=view.state if at < 3 else ServiceState.UP,
                response_time_ms=None if at < 3 and view.state is ServiceState.DOWN else 118.0 + at,
                phases=Phases(1.2) if at < 3 and view.state is ServiceState.DOWN else Phases(1.2, 8.4, 21.0, 84.1, 3.3),
                status_code=None if at < 3 and view.state is ServiceState.DOWN else 200,
                error=view.error if at < 3 else None,
                location=view.locations[at % len(view.locations)].name if view.locations else None,
            )
            for at in range(30)
        )
        return ServiceDetail(
            service=view,
            start=NOW - timedelta(hours=hours),
            end=NOW,
            bucket_seconds=hours * 25,
            mean_ms=tuple(mean),
            p95_ms=tuple(None if value is None else value * 1.7 for value in mean),
            uptime=tuple(uptime),
            uptime_percent=97.88,
            coverage_percent=91.7,
            probes=probes,
            changes=(
                StateChange(NOW - timedelta(minutes=3), view.state, view.error),
                StateChange(NOW - timedelta(days=4, hours=3), ServiceState.UP),
            ),
            alerts=tuple(alert for alert in self.picture.alerts if alert.subject == name),
            p50_ms=tuple(None if value is None else value * 0.9 for value in mean),
            p99_ms=tuple(None if value is None else value * 2.3 for value in mean),
            phases=() if hours > 1 else tuple(None if value is None else _phases(value) for value in mean),
            states=self._spans(name, hours, at),
            figures=(("address", "127.0.0.1 (IPv4)"), ("HTTP", "1.1"), ("certificate", "ends in 41 days")),
        )

    def _spans(self, name: str, hours: float, at: datetime | None) -> tuple[StateSpan, ...]:
        """The states that the question for them tells of."""
        query = StatesQuery(hours=hours, services=(name,), at=at)
        history = self.answers.get(StatesQuery, sample_answer)(query)
        return tuple(history.spans.get(name, ()))

    def ask(self, query: Query[Any], *, actor: Actor | None = None) -> Any:
        """The answer that was put in place for this kind of question, else an empty one."""
        self.calls.append(("ask", query))
        given = self.answers.get(type(query))
        return given(query) if given is not None else sample_answer(query)

    def why(self, alert_id: int) -> AlertWhy:
        """What was decided about an alert's messages."""
        return why_of(_episode(self._alert(alert_id)))

    def oncall(self, at: datetime | None = None, *, days: float = 30, days_before: float = 0) -> OncallPlan:
        """Nobody is on call."""
        return OncallPlan(NOW, NOW - timedelta(days=days_before), NOW + timedelta(days=days))

    def act(self, action: Action[Any], *, actor: Actor | None = None) -> Any:
        """What the real handlers make of it."""
        self.calls.append(("act", action))
        with self.lock:
            if self.conflicts and isinstance(action, AlertAction):
                self.conflicts -= 1
                self._replace(action.alert_id, version=self._alert(action.alert_id).version + 1)
                raise ConflictError("the alert changed meanwhile")
            if self.refusal is not None:
                raise self.refusal
            try:
                outcome = handle(action, self._scene(action))
            except AlertConflict as error:
                raise ConflictError(str(error)) from error
            except LookupError as error:
                raise NotFoundError(str(error)) from error
            except ValueError as error:
                raise InvalidError(str(error)) from error
            if outcome.step is None:
                return self._mute(outcome)
            assert outcome.step.episode is not None
            changed = AlertViews((), ()).of(outcome.step.episode)
            known = self.happened.setdefault(changed.id, [])
            known += (replace(event, seq=len(known) + at) for at, event in enumerate(outcome.step.events, 1))
            return self._replace(changed.id, **{name: getattr(changed, name) for name in HANDLED})

    def _scene(self, action: Action[Any]) -> Scene:
        view = self._alert(action.alert_id) if isinstance(action, AlertAction) else None
        return Scene(
            "me",
            FakeClock(NOW).instant(),
            None if view is None else _episode(view),
            [service.name for service in self.picture.services],
            () if view is None else tuple(self.happened.get(view.id, ())),
            replace(self.policies, groups={service.name: service.group for service in self.picture.services}),
        )

    def _mute(self, outcome: Outcome) -> Silence | MaintenanceWindow | None:
        silences, maintenance = self.policies.silences, self.policies.maintenance
        match outcome.added or outcome.ended:
            case Silence() as silence:
                new = silence if silence.id else replace(silence, id=str(len(silences) + 1))
                kept = tuple(each for each in silences if each.id != new.id)
                self.policies = replace(self.policies, silences=kept if outcome.ended else (*kept, new))
                return new
            case MaintenanceWindow() as window:
                others = tuple(each for each in maintenance if each.name != window.name)
                self.policies = replace(self.policies, maintenance=others if outcome.ended else (*others, window))
                return window
        return None

    def silences(self, *, ended: bool = False) -> tuple[Silence, ...]:
        """Those that have not ended."""
        return self.policies.silences

    def maintenance(self, *, ended: bool = False) -> tuple[MaintenanceWindow, ...]:
        """What has not ended."""
        return self.policies.maintenance

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
        """Write one file."""
        self.calls.append(("export", out, end))
        self.exports.append((tuple(parts), hours, service))
        if progress is not None:
            progress("overview_dashboard.html", 0, 1)
            self.during_export()
            progress("overview_dashboard.html", 1, 1)
        if cancellation is not None:
            cancellation.check()
        out.mkdir(parents=True, exist_ok=True)
        path = out / "overview_dashboard.html"
        path.write_text("<p>ok</p>", encoding="utf-8")
        return (path,)

    def export_incident(
        self,
        alert_id: int,
        out: Path,
        *,
        progress: Progress | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[Path, ...]:
        """Write one file."""
        self.calls.append(("incident", alert_id, out))
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"incident_{alert_id}.md"
        path.write_text("ok", encoding="utf-8")
        return (path,)

    def _alert(self, alert_id: int) -> AlertView:
        for view in (*self.picture.alerts, *self.picture.recently_resolved):
            if view.id == alert_id:
                return view
        raise NotFoundError(f"no alert has the number {alert_id}")

    def _replace(self, alert_id: int, **changes: object) -> AlertView:
        view = self._alert(alert_id)
        changed = replace(view, **{"version": view.version + 1, **changes})  # type: ignore[arg-type]
        alerts = tuple(changed if old.id == alert_id else old for old in self.picture.alerts)
        self.picture = replace(self.picture, alerts=alerts, version=self.picture.version + 1)
        return changed


@dataclass
class FakeSession:
    """A session over ``FakeOperations``."""

    operations: FakeOperations = field(default_factory=FakeOperations)
    attached_to: str | None = None
    is_monitor: bool = True
    has_reports: bool = True
    role: Role = Role.ADMIN
    closed: int = 0
    taking_over: bool = False
    """Whether it has the lease already, and no engine yet."""

    @property
    def holds_lease(self) -> bool:
        """A monitor has it."""
        return self.is_monitor or self.taking_over

    @property
    def reports(self) -> FakeOperations | None:
        """The operations write them, too."""
        return self.operations if self.has_reports else None

    def notices(self) -> tuple[str, ...]:
        """None."""
        return ()

    def close(self) -> None:
        """Note it."""
        self.closed += 1


def why_of(episode: Episode) -> AlertWhy:
    """Decisions and deliveries of an alert that was escalated to a pager that answered late."""
    begin = episode.opened_at
    fired = begin + timedelta(seconds=3)
    sent, escalated = DecisionOutcome.SENT, DecisionOutcome.ESCALATED
    return AlertWhy(
        episode,
        observations=(
            Observed(begin, "probe", "down", "connection refused", None, {"attempt": "2"}),
            Observed(begin, "opened", "pending", episode.message, None, {"count": "1 of 3"}),
            Observed(fired, "fired", "firing", episode.message, None, {"count": "3 of 3"}),
        ),
        decisions=(
            Decision(fired, Stage.SETTLE, DecisionOutcome.HELD, "monitoring-db, which it needs, is being re-checked"),
            Decision(fired + timedelta(seconds=5), Stage.ESCALATION, sent, "it fired", "ops-slack"),
            Decision(
                fired + timedelta(seconds=125),
                Stage.ESCALATION,
                escalated,
                "level 2: nobody acknowledged within 2m",
                "Ada by pager",
            ),
        ),
        deliveries=(
            Delivery(
                1,
                episode.id,
                "ops-slack",
                "ops-slack",
                NoticeKind.FIRED,
                DeliveryState.DELIVERED,
                "it fired",
                fired,
                delivered_at=fired + timedelta(seconds=1),
                attempts=(DeliveryAttempt(fired + timedelta(seconds=1), "delivered"),),
            ),
            Delivery(
                2,
                episode.id,
                "pager",
                "Ada",
                NoticeKind.ESCALATED,
                DeliveryState.QUEUED,
                "level 2",
                fired + timedelta(seconds=125),
                next_at=fired + timedelta(seconds=160),
                attempts=(DeliveryAttempt(fired + timedelta(seconds=126), "serverError", "got 503"),),
            ),
        ),
    )
