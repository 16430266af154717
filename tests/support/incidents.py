"""A planted incident in a store: a database slows down, the API goes down, a service that needs it follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    AuditEntry,
    BusinessFigures,
    Episode,
    EpisodeChange,
    Figure,
    FigureKind,
    HostSample,
    ProbeResult,
    Resolution,
    Service,
    ServiceState,
    Severity,
)
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.store import DeliveryMark, Store, Writes, mark_messages, record

DOWN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
BACK = DOWN + timedelta(minutes=10)
NOW = DOWN + timedelta(hours=1)
ERROR = "connection refused"
TARGETS = (
    Service("api", "http://api.example/"),
    Service("web", "http://web.example/", depends_on=("api",)),
    Service("billing", "http://billing.example/"),
    Service("quiet", "http://quiet.example/"),
)


def after(minutes: float) -> datetime:
    """Some minutes after the incident began."""
    return DOWN + timedelta(minutes=minutes)


def plant(store: Store, *, until: datetime = NOW, hours_before: float = 8) -> dict[str, int]:
    """Store the history up to a moment; returns the ids of the alerts by subject."""
    with store.transaction(durable=True) as writes:
        _measure(writes, until, hours_before)
        ids = {name: _alert(writes, name, late, until) for name, late in (("api", 0.0), ("web", 0.5))}
        writes.add_audit(AuditEntry("ben", "add_silence", "services web", after(4), {"reason": "known"}))
        writes.add_audit(AuditEntry("ben", "export", "reports", after(5)))
    return ids


def _measure(writes: Writes, until: datetime, hours_before: float) -> None:
    at, number = DOWN - timedelta(hours=hours_before), 0
    results: list[ProbeResult] = []
    while at <= until:
        bad = DOWN <= at < BACK
        wave = number % 7
        for name, usual in (("api", 40.0), ("web", 80.0), ("billing", 60.0), ("quiet", 50.0)):
            down = bad and name in ("api", "web")
            ms = 900.0 + wave if bad and name == "billing" else usual + wave
            state = ServiceState.DOWN if down else ServiceState.UP
            results.append(ProbeResult(name, at, state, 60, None if down else ms, error=ERROR if down else None))
        if DOWN <= at < after(1):
            results.append(ProbeResult("api", at + timedelta(seconds=1), ServiceState.DOWN, 60, error=ERROR, attempt=2))
        busy = 96.0 if DOWN <= at < BACK else 30.0 + wave
        writes.add_host_sample(HostSample(at, busy, 50.0, 70.0, active_connections=12 + wave))
        if number % 5 == 0:
            users = 40.0 if DOWN <= at < BACK else 200.0 + wave
            writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, at, {"concurrent_users": Figure(users)}))
        at, number = at + timedelta(minutes=1), number + 1
    writes.add_results(results)


def _alert(writes: Writes, subject: str, late: float, until: datetime) -> int:
    message = f"{subject} is down: {ERROR} (3 of 3)"
    begin = after(late)
    episode = Episode(
        "service_down", subject, AlertType.SERVICE_DOWN, Severity.CRITICAL, message, AlertState.PENDING, begin
    )

    def happened(kind: str, minutes: float, state: AlertState, changes: dict[str, Any], **more: Any) -> None:
        nonlocal episode
        at = after(minutes + late)
        if at > until:
            return
        event = AlertEvent(kind, at, state, Severity.CRITICAL, message, **more)
        outbox = [_page(at)] if kind == "fired" and subject == "api" else []
        episode = record(
            writes, EpisodeChange(replace(episode, state=state, **changes), (event,), outbox=tuple(outbox))
        )

    happened("opened", 0, AlertState.PENDING, {})
    happened("fired", 0.05, AlertState.FIRING, {"fired_at": after(0.05 + late)})
    assert episode.id is not None
    if subject == "api":
        _delivered(writes)
        taken = {"acknowledged_by": "mira", "acknowledged_at": after(3), "note": "on it"}
        happened("acknowledged", 3, AlertState.FIRING, taken, actor="mira", note="on it")
        given = {"acknowledged_by": "ben", "acknowledged_at": after(6)}
        happened("acknowledged", 6, AlertState.FIRING, given, actor="mira", detail={"owner": "ben", "from": "mira"})
    ended = {"resolved_at": after(11 + late), "resolution": Resolution.RECOVERED, "duration_seconds": 660.0}
    happened("resolved", 11, AlertState.RESOLVED, ended)
    return episode.id


def _page(at: datetime) -> OutboxEntry:
    return OutboxEntry("pager", "Mira", NoticeKind.FIRED, "it fired", at, text="down")


def _delivered(writes: Writes) -> None:
    writes_at = after(0.1)
    mark_messages(writes, DeliveryMark((1,), DeliveryState.DELIVERED, writes_at, "delivered"))
