"""The use cases on a database that this process can open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from amt_console.alerts import as_of
from amt_console.alerts.policy.timetable import oncall_plan
from amt_console.clock import MICROSECOND, Clock
from amt_console.config.heartbeats import heartbeats_of
from amt_console.config.policies import policies_of
from amt_console.model import (
    Action,
    AlertDetail,
    AlertState,
    AlertView,
    Commits,
    Episode,
    HostSample,
    PresentPerson,
    Snapshot,
    Target,
)
from amt_console.model.oncall import OncallPlan
from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.model.queries import Query
from amt_console.model.why import AlertWhy
from amt_console.operations.actor import Actor, current_actor
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.answering import Asked, SettledAnswers, answer
from amt_console.operations.handling import ActionHandling, Executed, no_alert
from amt_console.operations.history.grid import check_hours
from amt_console.operations.protocol import (
    EVERY_ALERT,
    ONCALL_DAYS,
    SERVICE_BUCKETS,
    AlertFilter,
    Answer,
    ConflictError,
    InvalidError,
    NotFoundError,
    Result,
    ServiceDetail,
    UnavailableError,
)
from amt_console.operations.service_detail import past_service, service_detail
from amt_console.operations.snapshot_builder import SnapshotBuilder
from amt_console.operations.why import why
from amt_console.store import Reads, Store, VersionConflict, Writes, lease_holder, lease_is_free
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.config import Settings

_CURSOR_GONE = "the alert that this cursor names is not in the list any more: begin again without a cursor"
FOR_GOOD = datetime.max.replace(tzinfo=UTC)
OPEN_STATES = (AlertState.PENDING, AlertState.FIRING, AlertState.RECOVERING)
ONLY_RECEIVER = "No notification channel is configured: this console is the only receiver."
MOST_SNAPSHOTS = 4
"""Snapshots of the past that are kept: a console reads one before it shows it. Those of many services are large."""
OVERRIDES_BEFORE = timedelta(days=31)
"""How long ago an override may have ended that still says when a shift began."""


class LocalOperations:
    """Implements ``Operations`` on a store. Safe to call from several threads."""

    def __init__(
        self,
        *,
        store: Store,
        store_url: str,
        settings: Settings,
        targets: Sequence[Target],
        clock: Clock,
        actor: Actor | None = None,
        read_only: bool = False,
        request_probe: Callable[[Sequence[str]], None] | None = None,
        engine_notices: Callable[[], tuple[str, ...]] = tuple,
        engine_faults: Callable[[], tuple[str, ...]] = tuple,
        commits: Callable[[], Commits | None] = lambda: None,
        remarks: Callable[[], tuple[str, ...]] = tuple,
        people: Callable[[], tuple[PresentPerson, ...]] = tuple,
        live_host: Callable[[], HostSample | None] = lambda: None,
        on_action: Callable[[], None] = lambda: None,
    ) -> None:
        """Args:
        store: The database.
        store_url: Its URL.
        settings: The configuration.
        targets: The watched targets.
        clock: The time.
        actor: The acting person; by default that of this process.
        read_only: Refuse to change anything.
        request_probe: Makes this process's monitor probe services; without it another process is the monitor.
        engine_notices: Notices of the monitor beside its faults, most important first.
        engine_faults: Current faults of the monitor.
        commits: Whether the monitor of this process stores what it measures.
        remarks: Other notices, e.g. that a demo runs.
        people: Who is present.
        live_host: The newest sample of the host, if it may be newer than the stored one.
        on_action: Called after each action of a person.
        """
        self.store = store
        self.targets = tuple(targets)
        self._store_url = store_url
        self._settings = settings
        self._policies = policies_of(settings, self.targets)
        self._clock = clock
        self._handling = ActionHandling(self.targets, clock)
        self._actor = actor or current_actor()
        self._read_only = read_only
        self._request_probe = request_probe
        self._engine_notices = engine_notices
        self._engine_faults = engine_faults
        self._commits = commits
        self._remarks = remarks
        self._people = people
        self._live_host = live_host
        self._on_action = on_action
        self._lock = threading.Lock()
        self._settled = SettledAnswers(clock)
        self._snapshots = SettledAnswers(clock, MOST_SNAPSHOTS)
        """By their moments."""
        self._zone = ZoneInfo(settings.console.time_zone) if settings.console.time_zone else None
        heartbeats = heartbeats_of(settings)
        self._builder = SnapshotBuilder(
            targets=self.targets,
            clock=clock,
            monitor_alive=self._monitor_alive,
            zone=self._zone,
            policies=self._policies,
            heartbeats=heartbeats,
        )
        self._past = SnapshotBuilder(
            targets=self.targets,
            clock=clock,
            monitor_alive=self._monitor_alive,
            zone=self._zone,
            policies=self._policies,
            heartbeats=heartbeats,
        )

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The live snapshot, or the snapshot of a past moment. A recent one is reused."""
        with self._lock:
            if at is not None:
                return self._snapshots.answer(at, at, partial(self._past_snapshot, at))
            faults = self._engine_faults()
            return self._builder.build_live(
                self.store,
                self._notices(faults),
                self._people(),
                self._live_host(),
                faults=faults,
                commits=self._commits(),
            )

    def _past_snapshot(self, at: datetime) -> Snapshot:
        with self.store.read() as reads:
            return self._past.build(reads, at)

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """An episode with its events, now or as of a past moment. Raises NotFoundError."""
        with self.store.read() as reads:
            episode = reads.alerts.episode(alert_id)
            if episode is None:
                raise NotFoundError(no_alert(alert_id))
            if at is not None and episode.opened_at > at:
                raise NotFoundError(f"alert {alert_id} opened after {at:%Y-%m-%d %H:%M:%S} UTC")
            events = tuple(event for event in reads.alerts.events(alert_id) if at is None or event.at <= at)
            then = episode if at is None else as_of(episode, events, at)
            views = self._views(reads, at, also=[then])
            return AlertDetail(
                episode=then,
                alert=views.of(then),
                events=events,
                cause=views.cause_of(alert_id),
                evidence=reads.alerts.evidence(alert_id),
            )

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
        with self.store.read() as reads:
            if states is None:
                opened = _after(self._views(reads).worst_first(), after)
                return tuple(view for view in opened if only.matches(view))[:limit]
            if after is not None and reads.alerts.episode(after) is None:
                raise InvalidError(_CURSOR_GONE)
            now = self._clock.now()
            end = now + MICROSECOND
            found = reads.alerts.episodes(
                start=since or now - timedelta(days=3660),
                end=end if only.until is None else min(end, only.until),
                states=list(states),
                subjects=self._subjects(only),
                severities=only.severities or None,
                limit=limit,
                after=after,
            )
            return tuple(map(self._views(reads, also=found).of, found))

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """One service with its history up to now or up to a past moment. Raises NotFoundError, InvalidError."""
        check_hours(hours)
        live = () if at is not None else self.snapshot().services
        with self.store.read() as reads:
            alerts = self._views(reads, at)
            if at is None:
                view = next((service for service in live if service.name == name), None)
            else:
                kept: Snapshot | None = self._snapshots.kept(at)
                known = () if kept is None else kept.services
                view = next((service for service in known if service.name == name), None)
                view = view or past_service(reads, self.targets, name, at, alerts)
            if view is None:
                raise NotFoundError(f"no service is called '{safe_text(name, 100)}'")
            return service_detail(reads, view, self._clock.now(), hours, alerts, at=at, most_buckets=most_buckets)

    def ask(self, query: Query[Answer], *, actor: Actor | None = None) -> Answer:
        """Answer a question of a screen, in one read transaction."""
        with self.store.read() as reads:
            asked = Asked(
                reads=reads,
                now=self._clock.now(),
                targets=self.targets,
                settings=self._settings,
                policies=self._policies,
                zone=self._zone,
                actor=actor or self._actor,
                views=self._views,
                settled=self._settled,
            )
            return answer(query, asked)

    def why(self, alert_id: int) -> AlertWhy:
        """Why an alert was told to somebody, or not, as stored when it was decided. Raises NotFoundError."""
        with self.store.read() as reads:
            found = why(reads, alert_id)
        if found is None:
            raise NotFoundError(no_alert(alert_id))
        return found

    def oncall(self, at: datetime | None = None, *, days: float = ONCALL_DAYS, days_before: float = 0) -> OncallPlan:
        """Who is on call at a moment, by default now, and in the days around it."""
        moment = at or self._clock.now()
        start, end = moment - timedelta(days=days_before), moment + timedelta(days=days)
        with self.store.read() as reads:
            policies = reads.policies.added_to(self._policies, start - OVERRIDES_BEFORE)
        return oncall_plan(policies, moment, start, end)

    def silences(self, *, ended: bool = False) -> tuple[Silence, ...]:
        """Silences of the configuration and of people, those that end first first; also ``ended`` ones."""
        now = self._clock.now()
        with self.store.read() as reads:
            stored = reads.policies.silences(None if ended else now)
        found = (each for each in (*self._policies.silences, *stored) if ended or each.ends_at > now)
        return tuple(sorted(found, key=lambda silence: silence.ends_at))

    def maintenance(self, *, ended: bool = False) -> tuple[MaintenanceWindow, ...]:
        """Planned work of the configuration and of people, what ends first first, recurring last; also ``ended``."""
        now = self._clock.now()
        with self.store.read() as reads:
            stored = reads.policies.maintenance(None if ended else now)
        ends = [(each.ends_at or FOR_GOOD, each) for each in (*self._policies.maintenance, *stored)]
        return tuple(each for end, each in sorted(ends, key=itemgetter(0)) if ended or end > now)

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Execute a person's action: the change, its events and its audit row in one durable transaction."""
        if self._read_only:
            raise UnavailableError("this console is read-only")
        person = actor or self._actor
        try:
            with self.store.transaction(durable=True) as writes:
                done, answer = self._act_in(writes, action, person)
        except VersionConflict as error:
            raise ConflictError(str(error)) from error
        if done.probes and self._request_probe is not None:
            self._request_probe(done.probes)
        self._on_action()
        return cast("Result", answer)

    def _act_in(self, writes: Writes, action: Action[Any], person: Actor) -> tuple[Executed, Any]:
        done = self._handling.execute(writes, action, person, self._policies)
        if done.probes and self._request_probe is None:
            raise UnavailableError("probing is done by another process; it probes at its own intervals")
        episode = done.episode
        return done, done.muted if episode is None else self._views(writes, also=[episode]).of(episode)

    def _subjects(self, only: AlertFilter) -> frozenset[str] | None:
        """The subjects that a filter names, also by their groups; ``None`` if it names none."""
        named = None if not only.services else frozenset(only.services)
        if not only.groups:
            return named
        members = frozenset(target.name for target in self.targets if target.group in only.groups)
        return members if named is None else named & members

    def _views(self, reads: Reads, at: datetime | None = None, also: Iterable[Episode] = ()) -> AlertViews:
        return AlertViews.read(
            reads, self.targets, self._clock.now(), at=at, zone=self._zone, policies=self._policies, also=also
        )

    def _monitor_alive(self) -> bool:
        if self._request_probe is not None:
            return True
        if not self.store.is_server:
            return lease_holder(self._store_url) is not None
        return not lease_is_free(self.store)

    def _notices(self, faults: tuple[str, ...]) -> tuple[str, ...]:
        alone = () if self._settings.has_channels else (ONLY_RECEIVER,)
        return (*faults, *self._engine_notices(), *self.store.keys.problems, *self._remarks(), *alone)


def _after(views: tuple[AlertView, ...], alert_id: int | None) -> tuple[AlertView, ...]:
    if alert_id is None:
        return views
    at = next((index for index, view in enumerate(views) if view.id == alert_id), None)
    if at is None:
        raise InvalidError(_CURSOR_GONE)
    return views[at + 1 :]
