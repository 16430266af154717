"""What expires when: one rule for each kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_

from amt_console.model import RESOLUTIONS, FigureKind
from amt_console.model.notifications import DeliveryState
from amt_console.store.audit import AuditRow, expired_before
from amt_console.store.inbound.tables import ArrivalRow, ExternalAlertRow, HeartbeatPingRow
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.policies.tables import MaintenanceRow, OverrideRow, SilenceRow
from amt_console.store.readable import EARLIEST
from amt_console.store.rollups.tables import HostRollupRow, ServiceRollupRow, StateChangeLog, ValueRollupRow
from amt_console.store.schema import table
from amt_console.store.tables import AlertRow, BusinessFiguresRow, GapRow, MonitoringLog, SystemMetric
from amt_console.store.utc import SECOND, micros

DAY = timedelta(days=1)
_TWO_YEARS = 730 * DAY
_ADDED = {
    "silences": table(SilenceRow),
    "maintenance": table(MaintenanceRow),
    "on-call overrides": table(OverrideRow),
}
"""What people add."""
Keep = timedelta | None
"""How long; ``None`` is for ever."""


def _rollups() -> Mapping[int, Keep]:
    return dict(zip(RESOLUTIONS, (30 * DAY, 90 * DAY, _TWO_YEARS, None), strict=True))


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long each kind of data is kept."""

    monitoring_logs: Keep = 30 * DAY
    system_metrics: Keep = 90 * DAY
    alerts: Keep = 365 * DAY
    """From their end; open ones stay. Messages about them, from when they were queued. Silences, maintenance and
    overrides of rotas from their end."""
    state_changes: Keep = _TWO_YEARS
    """The one that a service is in stays."""
    gaps: Keep = _TWO_YEARS
    figures: Keep = _TWO_YEARS
    """The first of each hour."""
    figures_detail: Keep = 30 * DAY
    audit: Keep = _TWO_YEARS
    rollups: Mapping[int, Keep] = field(default_factory=_rollups)
    """By length of the buckets in seconds; the coarser the longer."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of data."""

    what: str
    """For people; of raw rows the table's name."""
    table: Table
    time: ColumnElement[Any]
    """The oldest go first."""
    keep: Keep
    expired: Callable[[datetime], ColumnElement[bool]]
    """The rows that go when everything before a moment has expired."""
    raw: bool = False
    """Whether sums are made of the rows."""


def day_of(moment: datetime) -> datetime:
    """The start of the day (UTC) that holds a moment."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def due(policy: RetentionPolicy, now: datetime) -> list[tuple[RetentionRule, datetime]]:
    """Each rule by which anything can expire, with the moment before which things have: the start of a day."""
    earliest = datetime(1971, 1, 1, tzinfo=UTC)
    found = []
    for rule in rules(policy):
        if rule.keep is not None and now - earliest > rule.keep:
            found.append((rule, day_of(now - rule.keep)))
    return found


def rules(policy: RetentionPolicy) -> list[RetentionRule]:
    """All of them; raw rows before the sums that are made of them."""
    return [
        _older("monitoring_logs", table(MonitoringLog), policy.monitoring_logs, raw=True),
        _older("system_metrics", table(SystemMetric), policy.system_metrics, raw=True),
        _outbox(policy.alerts),
        _alerts(policy.alerts),
        *(_ended(what, kind, policy.alerts) for what, kind in _ADDED.items()),
        _state_changes(policy.state_changes),
        _gaps(policy.gaps),
        _older("heartbeat_pings", table(HeartbeatPingRow), policy.monitoring_logs),
        _arrivals(policy.monitoring_logs),
        _external(policy.monitoring_logs),
        *(_figures(kind, policy.figures_detail, detail=True) for kind in FigureKind),
        *(_figures(kind, policy.figures, detail=False) for kind in FigureKind),
        RetentionRule("audit", table(AuditRow), table(AuditRow).c.id, policy.audit, expired_before),
        *(
            _of_resolution(kind, resolution, policy.rollups.get(resolution))
            for resolution in RESOLUTIONS
            for kind in (table(ServiceRollupRow), table(HostRollupRow), table(ValueRollupRow))
        ),
    ]


def _older(what: str, kind: Table, keep: Keep, **more: bool) -> RetentionRule:
    # A row without a readable time stays until somebody has mended it.
    return RetentionRule(what, kind, kind.c.timestamp, keep, lambda before: _between(kind.c.timestamp, before), **more)


def _between(time: ColumnElement[Any], before: datetime) -> ColumnElement[bool]:
    return and_(time >= EARLIEST, time < before)


def _alerts(keep: Keep) -> RetentionRule:
    alerts = table(AlertRow)
    # Rows that others wrote may have ended without saying when.
    ended = func.coalesce(alerts.c.resolved_at, alerts.c.timestamp)

    def expired(before: datetime) -> ColumnElement[bool]:
        told = or_(alerts.c.resolved_at < before, alerts.c.resolved_at.is_(None))
        return and_(alerts.c.resolved.is_(True), told, _between(alerts.c.timestamp, before))

    return RetentionRule("alerts", alerts, ended, keep, expired)


def _outbox(keep: Keep) -> RetentionRule:
    outbox, alerts = table(OutboxRow), table(AlertRow)
    # Whether somebody was told of an open alert decides whether they are told of its end.
    still_open = exists().where(alerts.c.id == outbox.c.alert_id, alerts.c.resolved.is_(False))

    def expired(before: datetime) -> ColumnElement[bool]:
        final = outbox.c.state.not_in((DeliveryState.QUEUED.value, DeliveryState.LEASED.value))
        return and_(final, outbox.c.created_at < before, ~still_open)

    return RetentionRule("outbox", outbox, outbox.c.created_at, keep, expired)


def _ended(what: str, kind: Table, keep: Keep) -> RetentionRule:
    return RetentionRule(what, kind, kind.c.ends_at, keep, lambda before: kind.c.ends_at < before)


def _state_changes(keep: Keep) -> RetentionRule:
    changes = table(StateChangeLog)
    later = changes.alias("later")

    def expired(before: datetime) -> ColumnElement[bool]:
        # The state that held at that moment began with a change that is still needed.
        replaced = exists().where(
            later.c.service_name == changes.c.service_name,
            later.c.timestamp > changes.c.timestamp,
            later.c.timestamp <= before,
        )
        return and_(changes.c.timestamp < before, replaced)

    return RetentionRule("state_changes", changes, changes.c.timestamp, keep, expired)


def _gaps(keep: Keep) -> RetentionRule:
    gaps = table(GapRow)
    return RetentionRule("gaps", gaps, gaps.c.ended_at, keep, lambda before: gaps.c.ended_at < before)


def _arrivals(keep: Keep) -> RetentionRule:
    """What nobody could evaluate for so long."""
    arrivals = table(ArrivalRow)
    return RetentionRule(
        "arrivals", arrivals, arrivals.c.received_at, keep, lambda before: arrivals.c.received_at < before
    )


def _external(keep: Keep) -> RetentionRule:
    alerts = table(ExternalAlertRow)

    def expired(before: datetime) -> ColumnElement[bool]:
        return and_(alerts.c.firing.is_(False), alerts.c.seen_at < before)

    return RetentionRule("external_alerts", alerts, alerts.c.seen_at, keep, expired)


def _figures(kind: FigureKind, keep: Keep, *, detail: bool) -> RetentionRule:
    figures = table(BusinessFiguresRow)

    def expired(before: datetime) -> ColumnElement[bool]:
        mine = and_(figures.c.kind == kind.value, figures.c.timestamp < before)
        return and_(mine, figures.c.hourly.is_(False)) if detail else mine

    words = f"business_figures of {kind.value}" + (", beside the hourly ones" if detail else "")
    return RetentionRule(words, figures, figures.c.timestamp, keep, expired)


def _of_resolution(kind: Table, resolution: int, keep: Keep) -> RetentionRule:
    def expired(before: datetime) -> ColumnElement[bool]:
        return and_(kind.c.resolution == resolution, kind.c.start < micros(before) // SECOND)

    return RetentionRule(f"{kind.name} of {resolution} s", kind, kind.c.start, keep, expired)
