"""Histories with everything that reports tell of, drawn from a seed and written through the real store."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    BusinessFigures,
    Episode,
    EpisodeChange,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    Resolution,
    Service,
    ServiceState,
    Severity,
)
from amt_console.store import Store, record

END = datetime(2026, 1, 5, 11, 5, 30, tzinfo=UTC)
"""The end of the windows that are reported."""
TARGETS = (
    Service(name="backend-api", url="http://127.0.0.1:5000/api/health", interval=60, degraded_above_ms=400.0),
    Service(name="web-app", url="http://127.0.0.1:5173/", interval=60, degraded_above_ms=300.0),
    Service(name="slow-job", url="http://127.0.0.1:5174/", interval=150),
)
PHASES = ("up", "up", "up", "slow", "down", "unalerted", "blip", "maintenance", "unknown", "silent")
FIGURES: dict[FigureKind, dict[str, float]] = {
    FigureKind.OVERVIEW: {"total_users": 1000.0, "daily_active_users": 120.0, "bounce_rate": 40.0, "sessions": 300.0},
    FigureKind.CHATBOT: {"conversations": 50.0, "satisfaction": 4.2, "resolution_rate": 80.0},
    FigureKind.REVENUE: {"mrr": 5000.0, "churn_rate": 2.5, "arpu": 25.0},
}


@dataclass(slots=True)
class Alert:
    """An alert as it goes on: kind of event, moment, state, person."""

    subject: str
    alert_type: AlertType
    severity: Severity
    value: float
    steps: list[tuple[str, datetime, AlertState, str | None]] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """What is written, in order of time."""

    results: list[ProbeResult] = field(default_factory=list)
    hosts: list[HostSample] = field(default_factory=list)
    figures: list[BusinessFigures] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


def history(seed: int, *, hours: float, after: float = 1.0) -> History:
    """A history of ``hours`` before ``END`` and ``after`` hours behind it."""
    dice = random.Random(seed)
    start, stop = END - timedelta(hours=hours), END + timedelta(hours=after)
    found = History()
    for minutes in sorted(dice.sample(range(10, int(60 * (hours + after)) - 10), 2)):
        begin = start + timedelta(minutes=minutes)
        if not found.gaps or begin > found.gaps[-1].ended_at:
            found.gaps.append(Gap(begin, begin + timedelta(seconds=dice.randrange(60, 1500)), GapReason.STOPPED))
    for target in TARGETS:
        _service(dice, found, target, start, stop)
    _host(dice, found, start, stop)
    _figures(dice, found, start, stop)
    _busy(dice, found, start, stop)
    # Numbered in the order in which they begin, as by a monitor.
    found.alerts.sort(key=lambda alert: alert.steps[0][1])
    found.results.sort(key=lambda result: (result.timestamp, result.service))
    return found


def write(store: Store, told: History, *, until: datetime | None = None, order: random.Random | None = None) -> None:
    """Store a history up to a moment; in another order of the results, if one is given."""

    def then(at: datetime) -> bool:
        return until is None or at <= until

    results = [result for result in told.results if then(result.timestamp)]
    if order is not None:
        order.shuffle(results)
    with store.transaction(durable=True) as writes:
        size = 97 if order is not None else len(results) or 1
        for first in range(0, len(results), size):
            writes.add_results(results[first : first + size])
        for sample in told.hosts:
            if then(sample.timestamp):
                writes.add_host_sample(sample)
        for figures in told.figures:
            if then(figures.timestamp):
                writes.add_figures(figures)
        for gap in told.gaps:
            if then(gap.ended_at):
                writes.add_gap(gap)
        for number, alert in enumerate(told.alerts):
            _record(writes, number, alert, [step for step in alert.steps if then(step[1])])


def _record(
    writes: Any, number: int, alert: Alert, steps: Sequence[tuple[str, datetime, AlertState, str | None]]
) -> None:
    episode: Episode | None = None
    for kind, at, state, actor in steps:
        before = episode or Episode(
            rule_id=f"{alert.alert_type}/{number}",
            subject=alert.subject,
            alert_type=alert.alert_type,
            severity=alert.severity,
            message=f"{alert.subject} is not well",
            state=state,
            opened_at=at,
            value=alert.value,
            threshold=80.0,
        )
        changes: dict[str, Any] = {"state": state}
        if kind == "fired":
            changes["fired_at"] = at
        elif kind == "acknowledged":
            changes |= {"acknowledged_by": actor, "acknowledged_at": at}
        elif state is AlertState.RESOLVED:
            changes |= {"resolved_at": at, "resolution": Resolution.RECOVERED}
        now = replace(before, **changes)
        event = AlertEvent(kind, at, state, alert.severity, now.message, actor=actor, value=alert.value)
        episode = record(writes, EpisodeChange(now, (event,)))


def _service(dice: random.Random, found: History, target: Service, start: datetime, stop: datetime) -> None:
    at = start + timedelta(seconds=dice.uniform(0, target.interval))
    while at < stop:
        phase = dice.choice(PHASES)
        length = timedelta(minutes=dice.uniform(2, 60 if phase == "up" else 15))
        end = at + length
        if phase == "silent":
            at = end
            continue
        begin = at
        if phase == "blip":
            _add(found, target, at, ServiceState.DOWN, dice)
            _add(found, target, at + timedelta(seconds=3), ServiceState.UP, dice, attempt=2)
            _alert(dice, found, target.name, at, at + timedelta(seconds=3), fires=False)
            at += timedelta(seconds=target.interval)
            continue
        state = {
            "up": ServiceState.UP,
            "slow": ServiceState.DEGRADED,
            "down": ServiceState.DOWN,
            "unalerted": ServiceState.DOWN,
            "maintenance": ServiceState.MAINTENANCE,
            "unknown": ServiceState.UNKNOWN,
        }[phase]
        while at < min(end, stop):
            _add(found, target, at, state, dice)
            if at == begin and state is ServiceState.DOWN:
                for attempt in (2, 3):
                    _add(found, target, at + timedelta(seconds=4 * (attempt - 1)), state, dice, attempt=attempt)
            at += timedelta(seconds=target.interval + dice.uniform(-0.5, 0.5))
        if phase == "down":
            _alert(dice, found, target.name, begin, at, fires=True)
        if state is ServiceState.DOWN:
            # What follows tells a new failure from this one.
            _add(found, target, at, ServiceState.UP, dice)
            at += timedelta(seconds=target.interval)


def _add(
    found: History, target: Service, at: datetime, state: ServiceState, dice: random.Random, *, attempt: int = 1
) -> None:
    if any(gap.started_at <= at < gap.ended_at for gap in found.gaps):
        return
    answered = state in (ServiceState.UP, ServiceState.DEGRADED)
    factor = 6 if state is ServiceState.DEGRADED else 1
    found.results.append(
        ProbeResult(
            target.name,
            at,
            state,
            target.interval,
            round(dice.lognormvariate(4.5, 0.4) * factor, 3) if answered and dice.random() < 0.98 else None,
            error=None if answered else f"{state} for a reason",
            attempt=attempt,
        )
    )


def _alert(dice: random.Random, found: History, subject: str, begin: datetime, end: datetime, *, fires: bool) -> None:
    alert = Alert(subject, AlertType.SERVICE_DOWN, Severity.CRITICAL, 0.0)
    alert.steps.append(("opened", begin, AlertState.PENDING, None))
    if fires:
        fired = begin + timedelta(seconds=8)
        alert.steps.append(("fired", fired, AlertState.FIRING, None))
        taken = fired + timedelta(seconds=dice.uniform(20, 2000))
        if dice.random() < 0.7 and taken < end:
            alert.steps.append(("acknowledged", taken, AlertState.FIRING, "mira"))
    alert.steps.append(("resolved" if fires else "cleared", max(end, alert.steps[-1][1]), AlertState.RESOLVED, None))
    found.alerts.append(alert)


def _busy(dice: random.Random, found: History, start: datetime, stop: datetime) -> None:
    """Warnings of the host, some of them short and some never taken; information as well."""
    at = start
    while True:
        at += timedelta(minutes=dice.uniform(20, 200))
        if at >= stop:
            return
        severity = dice.choice((Severity.WARNING, Severity.INFO))
        alert = Alert("cpu", AlertType.CPU_USAGE, severity, round(dice.uniform(80, 99), 2))
        alert.steps += [
            ("opened", at, AlertState.PENDING, None),
            ("fired", at + timedelta(seconds=30), AlertState.FIRING, None),
        ]
        end = at + timedelta(minutes=dice.uniform(1, 90))
        if dice.random() < 0.5:
            alert.steps.append(("acknowledged", at + (end - at) * 0.8, AlertState.FIRING, "noor"))
        alert.steps.append(("resolved", max(end, alert.steps[-1][1]), AlertState.RESOLVED, None))
        found.alerts.append(alert)
        at = alert.steps[-1][1]


def _host(dice: random.Random, found: History, start: datetime, stop: datetime) -> None:
    at, disk = start, 60.0
    while at < stop:
        disk = min(99.0, disk + dice.uniform(0, 0.02))
        if not any(gap.started_at <= at < gap.ended_at for gap in found.gaps):
            found.hosts.append(
                HostSample(
                    at,
                    round(dice.uniform(5, 95), 1),
                    round(dice.uniform(40, 60), 1),
                    round(disk, 2),
                    active_connections=dice.randrange(0, 300),
                )
            )
        at += timedelta(seconds=dice.choice((30, 30, 30, 400)))


def _figures(dice: random.Random, found: History, start: datetime, stop: datetime) -> None:
    for kind, usual in FIGURES.items():
        at = start + timedelta(seconds=dice.uniform(0, 900))
        while at < stop:
            values = {name: Figure(round(value * dice.uniform(0.8, 1.2), 3)) for name, value in usual.items()}
            if dice.random() < 0.1:
                values[next(iter(values))] = Figure(None, "no number")
            if kind is FigureKind.CHATBOT:
                values["topics"] = Figure(
                    (("billing", float(dice.randrange(50))), ("login", float(dice.randrange(50))))
                )
            found.figures.append(BusinessFigures(kind, at, values))
            at += timedelta(seconds=dice.choice((300, 900, 900, 4000)))
