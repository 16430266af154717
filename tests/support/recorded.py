"""A platform that is recorded minute by minute into a store, and asked on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from support.stores import START

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    BusinessFigures,
    Criticality,
    DiskUsage,
    Episode,
    EpisodeChange,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    NetworkRates,
    Phases,
    ProbeResult,
    Resolution,
    Role,
    Service,
    ServiceState,
    Severity,
)
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.operations.actor import Actor
from amt_console.operations.local import LocalOperations
from amt_console.store import DeliveryMark, Store, deliveries, mark_messages, record

API = Service("api", "http://api.example/health", criticality=Criticality.CRITICAL, interval=60)
WEB = Service("web", "http://web.example/", interval=60, depends_on=("api",))
CHAT = Service("chat", "http://chat.example/", interval=60)
TARGETS = (API, WEB, CHAT)
REFUSED = "connection refused by 10.0.0.7:80"
ANN, BEN = Actor("ann", uid=1000), Actor("ben", uid=1001, via="socket", role=Role.OPERATOR)


class Recorded:
    """Records what a monitor would. Each minute has a result of each service, a sample of the host, and figures."""

    def __init__(self, store: Store, store_url: str, clock: FakeClock, settings: Settings | None = None) -> None:
        self.store = store
        self.clock = clock
        self.operations = LocalOperations(
            store=store,
            store_url=store_url,
            settings=settings or Settings(),
            targets=TARGETS,
            clock=clock,
            actor=ANN,
            request_probe=lambda _: None,
        )
        self.open: dict[str, Episode] = {}
        """Alerts that have not ended, by subject."""

    @property
    def now(self) -> datetime:
        """The present."""
        return self.clock.now()

    def go_on(self, minutes: int, *, busy: float = 1.0, **states: ServiceState) -> None:
        """Record some minutes; services are up unless they are named."""
        for _ in range(minutes):
            self.clock.advance(60)
            self._minute(busy, states)

    def _minute(self, busy: float, states: Mapping[str, ServiceState]) -> None:
        now = self.now
        number = round((now - START).total_seconds() / 60)
        with self.store.transaction() as writes:
            writes.add_results([self._result(each, number, states.get(each.name, ServiceState.UP)) for each in TARGETS])
            writes.add_host_sample(_sample(now, number, busy))
            if number % 5 == 0:
                writes.add_figures(_revenue(now, number))
            writes.sign_of_life(host="here", pid=1, started_at=START, at=now)

    def _result(self, service: Service, number: int, state: ServiceState) -> ProbeResult:
        down = state is ServiceState.DOWN
        taken = 40.0 + number % 7 + (3000 if state is ServiceState.DEGRADED else 0)
        return ProbeResult(
            service.name,
            self.now,
            state,
            service.interval,
            None if down else taken,
            error=REFUSED if down else None,
            phases=Phases(1.0, 2.0, 3.0, None if down else taken - 7, None if down else 1.0),
            status_code=None if down else 200,
        )

    def gap(self, minutes: float) -> None:
        """The monitor stands still for some minutes."""
        began = self.now
        self.clock.advance(60 * minutes)
        with self.store.transaction() as writes:
            writes.add_gap(Gap(began, self.now, GapReason.SUSPENDED))

    def alert(self, subject: str = "api", severity: Severity = Severity.CRITICAL, *, page: bool = True) -> int:
        """An alert opens now and fires three seconds later."""
        message = f"{subject} is down: {REFUSED}"
        new = Episode(
            f"service_down/{subject}",
            subject,
            AlertType.SERVICE_DOWN,
            severity,
            message,
            AlertState.PENDING,
            self.now,
            value=1.0,
        )
        self._record(subject, new, "opened")
        self.clock.advance(3)
        outbox = (OutboxEntry("pager", "Ann", NoticeKind.FIRED, "it fired", self.now, text="down"),) if page else ()
        fired = replace(self.open[subject], state=AlertState.FIRING, fired_at=self.now)
        return self._record(subject, fired, "fired", outbox=outbox)

    def end(self, subject: str = "api") -> None:
        """The alert of a subject recovers."""
        episode = self.open[subject]
        ended = replace(
            episode,
            state=AlertState.RESOLVED,
            resolved_at=self.now,
            resolution=Resolution.RECOVERED,
            duration_seconds=(self.now - episode.opened_at).total_seconds(),
        )
        self._record(subject, ended, "resolved")
        del self.open[subject]

    def steady(self, subject: str, message: str, value: float) -> None:
        """A firing alert stores a new message and value without an event."""
        self._record(subject, replace(self.open[subject], message=message, value=value), None)

    def _record(self, subject: str, episode: Episode, kind: str | None, **more: Any) -> int:
        events = (
            ()
            if kind is None
            else (AlertEvent(kind, self.now, episode.state, episode.severity, episode.message, value=episode.value),)
        )
        with self.store.transaction(durable=True) as writes:
            saved = record(writes, EpisodeChange(episode, events, **more))
        assert saved.id is not None
        self.open[subject] = saved
        return saved.id

    def act(self, action: Any, actor: Actor = ANN) -> Any:
        """A person's action."""
        done = self.operations.act(action, actor=actor)
        with self.store.read() as reads:
            for subject, episode in self.open.items():
                assert episode.id is not None
                stored = reads.alerts.episode(episode.id)
                assert stored is not None
                self.open[subject] = stored
        return done

    def delivered(self, *messages: int) -> None:
        """Messages arrive."""
        if not messages:
            return
        with self.store.transaction() as writes:
            mark_messages(writes, DeliveryMark(messages, DeliveryState.DELIVERED, self.now, "delivered"))

    def undelivered(self) -> list[int]:
        """Messages that wait."""
        with self.store.read() as reads:
            return [each.id for each in deliveries(reads, states=(DeliveryState.QUEUED,))]

    def given_up(self, *messages: int) -> None:
        """Messages are given up."""
        with self.store.transaction() as writes:
            mark_messages(writes, DeliveryMark(messages, DeliveryState.DEAD, self.now, "auth", "401: token revoked"))

    def ask(self, query: Any, actor: Actor | None = None) -> Any:
        """The answer to a question."""
        return self.operations.ask(query, actor=actor)


def _sample(now: datetime, number: int, busy: float) -> HostSample:
    used = 60.0 + number / 1000
    return HostSample(
        now,
        min(100.0, (20 + number % 9) * busy),
        50.0,
        used,
        disks=(
            DiskUsage("/data", "/dev/sdb1", "ext4", 1000, round(10 * used), used),
            DiskUsage("/", "/dev/sda1", "ext4", 2000, 500, 25.0),
        ),
        network=NetworkRates(1000.0 + number, 5000.0, 0, 0),
        active_connections=30 + number % 5,
    )


def _revenue(now: datetime, number: int) -> BusinessFigures:
    mrr = 48_000 + 10 * number + 100 * math.sin(number)
    return BusinessFigures(
        FigureKind.REVENUE,
        now,
        {
            "mrr": Figure(mrr, unit="EUR"),
            "churn_rate": Figure(2.5, unit="percent"),
            "paying_users": Figure(1500.0 + number // 60, unit="count"),
            "arpu": Figure(None, "negative in the answer"),
            "plan_distribution": Figure((("Starter", 3.0), ("Pro", 4.0))),
        },
    )


def minutes(number: float) -> timedelta:
    """A length."""
    return timedelta(minutes=number)
