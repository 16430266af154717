"""Sample answers to the questions of screens: of a quiet platform, of one in trouble, and with hostile text.

``quiet_answer`` and ``incident_answer`` go with ``pictures.all_fine`` and ``pictures.incident``: the same services,
alerts and people. They honour ``hours``, ``most_buckets`` and ``at``. ``FakeOperations(answers=INCIDENT)`` answers with
those of the incident.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from support.pictures import HOSTILE, NOW, alert, all_fine, incident

from amt_console.model import (
    RESOLUTIONS,
    AlertState,
    AlertType,
    AlertView,
    FigureKind,
    FigureUnit,
    Gap,
    GapReason,
    Rating,
    Series,
    ServiceState,
    Severity,
    StateSpan,
)
from amt_console.model.notifications import Delivery, DeliveryAttempt, DeliveryState, NoticeKind
from amt_console.model.policy import Silence
from amt_console.model.queries import (
    QUERIES,
    ActivityQuery,
    AlertHistoryQuery,
    AwayQuery,
    BusinessQuery,
    ChangeQuery,
    HostQuery,
    IncidentsQuery,
    MovedQuery,
    Query,
    StatesQuery,
)
from amt_console.model.queries.activity import Activity, AuditLine, Coverage, MonitorHealth
from amt_console.model.queries.alerts import AlertHistory
from amt_console.model.queries.away import Away
from amt_console.model.queries.business import BusinessHistory, FigureCourse, ProjectedPoint, Projection
from amt_console.model.queries.change import Change
from amt_console.model.queries.host import DiskRoom, HostHistory, MetricCourse
from amt_console.model.queries.incidents import IncidentHistory, IncidentRow
from amt_console.model.queries.moved import MovedSignal, MovedTogether
from amt_console.model.queries.states import StateHistory

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_REFUSED = "connection refused by 127.0.0.1:5000"
_DOWN_SINCE = 3.0
"""Minutes before ``NOW``: when the incident began."""
_FIGURES: tuple[tuple[FigureKind, str, FigureUnit, float, float], ...] = (
    (FigureKind.REVENUE, "mrr", FigureUnit.MONEY, 48_250.0, 0.06),
    (FigureKind.REVENUE, "arr", FigureUnit.MONEY, 579_000.0, 0.06),
    (FigureKind.REVENUE, "arpu", FigureUnit.MONEY, 31.4, 0.01),
    (FigureKind.REVENUE, "churn_rate", FigureUnit.PERCENT, 2.4, -0.08),
    (FigureKind.REVENUE, "paying_users", FigureUnit.COUNT, 1_537.0, 0.05),
    (FigureKind.CHATBOT, "conversations", FigureUnit.COUNT, 12_840.0, 0.12),
    (FigureKind.CHATBOT, "satisfaction", FigureUnit.SCORE, 4.4, 0.0),
    (FigureKind.CHATBOT, "resolution_rate", FigureUnit.PERCENT, 87.5, 0.01),
    (FigureKind.CHATBOT, "response_time", FigureUnit.SECONDS, 1.24, 0.02),
    (FigureKind.OVERVIEW, "total_users", FigureUnit.COUNT, 25_431.0, 0.09),
    (FigureKind.OVERVIEW, "daily_active_users", FigureUnit.COUNT, 3_204.0, 0.04),
    (FigureKind.OVERVIEW, "monthly_active_users", FigureUnit.COUNT, 14_820.0, 0.04),
    (FigureKind.OVERVIEW, "conversion_rate", FigureUnit.PERCENT, 6.1, 0.0),
    (FigureKind.OVERVIEW, "page_views", FigureUnit.COUNT, 41_208.0, 0.03),
)
"""Kind, name, unit, value now, and growth over the window."""
_PROJECTED = ("mrr", "paying_users", "conversations", "total_users", "daily_active_users")


def quiet_answer(query: Query[Any]) -> Any:
    """The answer of a platform where nothing happened."""
    return _answer(query, trouble=False)


def incident_answer(query: Query[Any]) -> Any:
    """The answer of ``pictures.incident``: the API is down for three minutes, and there was an outage before."""
    return _answer(query, trouble=True)


def hostile_answer(query: Query[Any]) -> Any:
    """The answer of the incident with hostile text wherever text comes from outside."""
    return with_hostile_text(incident_answer(query))


sample_answer = quiet_answer
INCIDENT: dict[type[Query[Any]], Callable[[Any], Any]] = dict.fromkeys(QUERIES, incident_answer)
HOSTILE_ANSWERS: dict[type[Query[Any]], Callable[[Any], Any]] = dict.fromkeys(QUERIES, hostile_answer)
_QUESTIONS: tuple[Query[Any], ...] = (
    ActivityQuery(),
    AlertHistoryQuery(),
    AwayQuery(),
    BusinessQuery(projections=True),
    ChangeQuery(),
    HostQuery(disks=True),
    IncidentsQuery(),
    MovedQuery(alert_id=7),
    StatesQuery(),
)


def quiet_answers() -> dict[str, Any]:
    """By the name of the question."""
    return {query.name: quiet_answer(query) for query in _QUESTIONS}


def incident_answers() -> dict[str, Any]:
    """By the name of the question."""
    return {query.name: incident_answer(query) for query in _QUESTIONS}


def hostile_answers() -> dict[str, Any]:
    """By the name of the question."""
    return {query.name: hostile_answer(query) for query in _QUESTIONS}


def with_hostile_text(value: Any) -> Any:
    """The same value with hostile text behind every text in it."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return f"{value} {HOSTILE}"
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: with_hostile_text(getattr(value, each.name)) for each in fields(value)})
    if isinstance(value, Mapping):
        return {with_hostile_text(name): with_hostile_text(each) for name, each in value.items()}
    return tuple(map(with_hostile_text, value)) if isinstance(value, tuple) else value


def _answer(query: Query[Any], *, trouble: bool) -> Any:
    end = query.at or NOW
    match query:
        case ActivityQuery():
            return _activity(end, query.hours, trouble)
        case AlertHistoryQuery():
            found = tuple(each for each in _alerts(trouble) if query.subject in (None, each.subject))
            return AlertHistory(found[: query.limit], more=len(found) > query.limit)
        case AwayQuery():
            return _away(query.since or end - 9 * _HOUR, end, trouble)
        case BusinessQuery():
            return _business(end, query, trouble)
        case ChangeQuery():
            return _change(end, later=query.later, trouble=trouble)
        case HostQuery():
            return _host(end, query, trouble)
        case IncidentsQuery():
            return _incidents(end, query.hours, trouble)
        case MovedQuery():
            return _moved() if trouble else MovedTogether()
        case StatesQuery():
            return _states(end, query, trouble)
    raise AssertionError(query)


def _states(end: datetime, query: StatesQuery, trouble: bool) -> StateHistory:
    start = end - timedelta(hours=query.hours)
    names = query.services or tuple(view.name for view in all_fine().services)
    return StateHistory(start, end, {name: _spans(name, start, end, trouble) for name in names})


def _spans(name: str, start: datetime, end: datetime, trouble: bool) -> tuple[StateSpan, ...]:
    """The present state since the incident, and in every window an earlier outage, a slow time and a gap."""
    if not trouble:
        return (StateSpan(start, end, ServiceState.UP),)
    view = next((each for each in incident().services if each.name == name), None)
    length = end - start
    cuts: list[tuple[float, ServiceState, str | None]] = [(0.0, ServiceState.UP, None)]
    if name in ("backend-api", "api-plans", "web-app"):
        cuts += [(0.40, ServiceState.DOWN, "HTTP 502 from /api/health"), (0.46, ServiceState.UP, None)]
    if name == "mobile-app":
        cuts += [(0.20, ServiceState.UNKNOWN, None), (0.30, ServiceState.UP, None)]
    if name == "api-chat-analytics":
        cuts += [(0.60, ServiceState.DEGRADED, None), (0.65, ServiceState.UP, None)]
    if view is not None and view.state is not ServiceState.UP:
        lasts = NOW - view.since if view.state is not ServiceState.UNKNOWN and view.since is not None else 12 * _MINUTE
        cuts.append((max(0.7, 1 - lasts / length), view.state, view.error))
    ends = [*(part for part, _, _ in cuts[1:]), 1.0]
    return tuple(
        StateSpan(start + part * length, start + until * length, state, error)
        for (part, state, error), until in zip(cuts, ends, strict=True)
        # A gap is not known at all.
        if not (name == "mobile-app" and part == 0.20)
    )


def _change(end: datetime, *, later: bool, trouble: bool) -> Change:
    if not trouble:
        return Change()
    if later:
        return Change(end + 2 * _MINUTE, "alert #7 backend-api acknowledged by ann")
    return Change(end - _DOWN_SINCE * _MINUTE, f"backend-api is down: {_REFUSED}")


def _course(base: float, swing: float, buckets: int, *, blow: float = 0.0, gap: bool = False) -> MetricCourse:
    """A lively metric, with a blow at its end and a gap."""
    means: list[float | None] = []
    for index in range(buckets):
        value = base + swing * math.sin(index / 5) + swing * 0.3 * math.sin(index * 1.7)
        means.append(value + (blow if index >= 0.95 * buckets else 0.0))
    if gap:
        for index in range(buckets // 3, buckets // 3 + max(1, buckets // 20)):
            means[index] = None
    highs: Series = tuple(None if mean is None else mean + swing * 0.6 for mean in means)
    known = [mean for mean in means if mean is not None]
    return MetricCourse(tuple(means), highs, sum(known) / len(known), max(high for high in highs if high is not None))


def _buckets(hours: float, most: int) -> tuple[int, int]:
    """Seconds and number of the buckets."""
    seconds = next((each for each in RESOLUTIONS if hours * 3600 / each <= most), RESOLUTIONS[-1])
    return seconds, max(1, round(hours * 3600 / seconds))


def _host(end: datetime, query: HostQuery, trouble: bool) -> HostHistory:
    seconds, count = _buckets(query.hours, query.most_buckets)
    blow = 48.0 if trouble else 0.0
    disks = (
        DiskRoom(
            "/var/lib",
            91.4 if trouble else 61.0,
            500_000_000_000,
            43_000_000_000 if trouble else 195_000_000_000,
            end + 7 * _HOUR if trouble else None,
            "91.4 % used, growing 1.10 to 1.32 points an hour over the last 6 and 24 h"
            if trouble
            else "61.0 % used: a full disk is foretold from 70 % on",
        ),
        DiskRoom("/", 42.0, 100 << 30, 58 << 30, None, "only the fullest disk has a forecast"),
    )
    return HostHistory(
        start=end - timedelta(seconds=seconds * count),
        end=end,
        bucket_seconds=float(seconds),
        metrics={
            "cpu_usage": _course(35.0, 12.0, count, blow=blow, gap=trouble),
            "memory_usage": _course(77.0, 2.0, count, gap=trouble),
            "disk_usage": _course(88.0 if trouble else 61.0, 0.4, count),
            "sent_bytes": _course(312_000.0, 90_000.0, count, gap=trouble),
            "received_bytes": _course(1_240_000.0, 400_000.0, count, gap=trouble),
            "active_connections": _course(134.0, 30.0, count, blow=300.0 if trouble else 0.0, gap=trouble),
        },
        disks=disks if query.disks else (),
    )


def _business(end: datetime, query: BusinessQuery, trouble: bool) -> BusinessHistory:
    seconds, count = _buckets(query.hours, query.most_buckets)
    start = end - timedelta(seconds=seconds * count)
    kinds: dict[FigureKind, dict[str, FigureCourse]] = {}
    for kind, name, unit, value, growth in _FIGURES:
        projected = _projection(name, end, value, trouble) if query.projections and name in _PROJECTED else None
        kinds.setdefault(kind, {})[name] = _figure(unit, value, growth, count, projected, trouble)
    length = end - start
    outages = (
        StateSpan(start + 0.4 * length, start + 0.46 * length, ServiceState.DOWN, "api-plans, backend-api, web-app"),
        StateSpan(max(start, end - _DOWN_SINCE * _MINUTE), end, ServiceState.DOWN, "api-plans, backend-api"),
    )
    return BusinessHistory(start, end, float(seconds), kinds, outages if trouble else ())


def _figure(
    unit: FigureUnit, value: float, growth: float, count: int, projection: Projection | None, trouble: bool
) -> FigureCourse:
    values: list[float | None] = [
        value * (1 - growth * (1 - (index + 1) / count)) * (1 + 0.01 * math.sin(index / 3)) for index in range(count)
    ]
    values[-1] = value
    if trouble and count > 20:
        values[int(0.40 * count) : int(0.46 * count)] = [None] * (int(0.46 * count) - int(0.40 * count))
    known = [each for each in values if each is not None]
    currency = "EUR" if unit is FigureUnit.MONEY else None
    return FigureCourse(tuple(values), unit, currency, known[0], known[-1], projection)


def _projection(name: str, end: datetime, value: float, trouble: bool) -> Projection:
    if trouble and name == "conversations":
        return Projection(reason="no method beats the value of the same weekday before")
    points = tuple(
        ProjectedPoint(end + timedelta(days=day), grown, grown * (1 - 0.004 * day), grown * (1 + 0.004 * day))
        for day in range(1, 31)
        for grown in (value * (1 + 0.002 * day),)
    )
    return Projection(points, "theta is better than seasonal-naive: MASE 0.61", 91.0)


def _alerts(trouble: bool) -> tuple[AlertView, ...]:
    """Newest first."""
    ended = (
        _ended(6, "web-app", 5, 26, "HTTP 502 from /", by="ben", note="deploy rolled back", rating=Rating.ACTIONABLE),
        _ended(5, "api-analytics-revenue", 9, 4, "no answer within 10 s"),
        _ended(
            4,
            "host",
            0.6,
            16,
            "CPU 91 % is above 80 %",
            alert_type=AlertType.CPU_USAGE,
            severity=Severity.WARNING,
            rating=Rating.NOISE,
        ),
        _ended(3, "backend-api", 26, 41, _REFUSED, by="ann", note="restarted the worker", rating=Rating.ACTIONABLE),
        _ended(
            2,
            "monitoring-db",
            50,
            1,
            "query took 2.40 s, above 2.00 s",
            alert_type=AlertType.RESPONSE_TIME,
            severity=Severity.WARNING,
        ),
    )
    if not trouble:
        return ended[3:]
    found = (*incident().alerts, *ended)
    return tuple(sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True))


def _ended(
    number: int, subject: str, hours: float, minutes: float, message: str, *, by: str | None = None, **more: Any
) -> AlertView:
    opened = NOW - hours * _HOUR
    values: dict[str, Any] = {
        "opened_at": opened,
        "fired_at": opened + timedelta(seconds=5),
        "resolved_at": opened + minutes * _MINUTE,
        "duration_seconds": 60 * minutes,
        "state": AlertState.RESOLVED,
        "message": message,
        "acknowledged_by": by,
        "acknowledged_at": None if by is None else opened + min(4.0, minutes / 2) * _MINUTE,
        **more,
    }
    return alert(number, subject, **values)


def _incidents(end: datetime, hours: float, trouble: bool) -> IncidentHistory:
    rows = tuple(
        IncidentRow(
            alert=each,
            lasted_seconds=((each.resolved_at or end) - each.opened_at).total_seconds(),
            acknowledged_after_seconds=None
            if each.acknowledged_at is None or each.fired_at is None
            else max(0.0, (each.acknowledged_at - each.fired_at).total_seconds()),
            people=() if each.acknowledged_by is None else (each.acknowledged_by, "chris"),
            followers=1 if each.id in (7, 3) else 0,
            notes=0 if each.note is None else 2,
            last_note=each.note,
        )
        for each in _alerts(trouble)
        # The plans follow from the API.
        if each.id != 8
    )
    ended = [row for row in rows if row.alert.resolved_at is not None]
    taken = [row.acknowledged_after_seconds for row in rows if row.acknowledged_after_seconds is not None]
    return IncidentHistory(
        start=end - timedelta(hours=hours),
        end=end,
        incidents=rows,
        mtta_seconds=sum(taken) / len(taken) if taken else None,
        mttr_seconds=sum(row.lasted_seconds for row in ended) / len(ended) if ended else None,
        unacknowledged=sum(row.acknowledged_after_seconds is None for row in ended),
    )


def _moved() -> MovedTogether:
    begin = NOW - _DOWN_SINCE * _MINUTE
    return MovedTogether(
        signals=(
            MovedSignal(
                "api-chat-analytics", "p95", 41.2, begin - 9 * _MINUTE, 2890.0, 720.0, "api-chat-analytics p95 4 x"
            ),
            MovedSignal("revenue", "mrr", 12.6, begin, 29_915.0, 48_250.0, "revenue mrr -38 %"),
            MovedSignal("host", "active_connections", 9.1, begin - _MINUTE, 434.0, 134.0, "host connections 3.2 x"),
            MovedSignal("host", "cpu_usage", 6.4, begin, 96.0, 35.0, "host CPU 96 %, usually 35 %"),
            MovedSignal("overview", "concurrent_users", 5.0, begin + _MINUTE, 61.0, 218.0, "concurrent users -72 %"),
            MovedSignal("web-app", "mean", 3.4, begin + _MINUTE, 240.0, 88.0, "web-app mean 2.7 x"),
        ),
        weeks=True,
    )


def _activity(end: datetime, hours: float, trouble: bool) -> Activity:
    start = end - timedelta(hours=hours)
    if not trouble:
        opened = AuditLine(101, end - 2 * _HOUR, "ann", "opened", "console", "pid 4711")
        health = MonitorHealth(4_180, 4_200, 186_000_000, measured=_coverage(start, hours, trouble))
        return Activity(start, end, audit=(opened,), messages=(), health=health)
    health = MonitorHealth(
        results_last_hour=3_604,
        expected_last_hour=4_200,
        database_bytes=186_000_000,
        waiting_messages=2,
        dead_messages=1,
        gaps=(Gap(end - 7 * _HOUR, end - 6.9 * _HOUR, GapReason.SUSPENDED),),
        measured=_coverage(start, hours, trouble),
    )
    return Activity(start, end, _audit(end), None, _messages(end), health)


def _coverage(start: datetime, hours: float, trouble: bool) -> Coverage:
    """Of 48 parts; in trouble with a gap at the same place of every window, and fewer results at the end."""
    percent = [99.0 + at % 2 for at in range(48)]
    if trouble:
        percent[34] = 88.0
        percent[-1] = 86.0
    return Coverage(start, hours * 3600 / 48, tuple(percent))


def _audit(end: datetime) -> tuple[AuditLine, ...]:
    rows = (
        (2.0, "ann", "probe", "backend-api", "", "ssh from 192.0.2.7"),
        (5.0, "ann", "acknowledge", "alert 9 api-chat-analytics", "looking at the query plan", "ssh from 192.0.2.7"),
        (21.0, "ben", "add_silence", "services mobile-app", "store review, until 18:00", None),
        (64.0, "token:grafana", "opened", "token grafana (t-7f3a)", "viewer", "203.0.113.9"),
        (271.0, "ben", "acknowledge", "alert 6 web-app", "deploy rolled back", "this host"),
        (300.0, "chris", "export", "reports", "4 files in exports", None),
        (388.0, "ben", "opened", "console", "pid 1804", None),
    )
    return tuple(
        AuditLine(120 - number, end - minutes * _MINUTE, actor, action, subject, detail, via)
        for number, (minutes, actor, action, subject, detail, via) in enumerate(rows)
    )


def _messages(end: datetime) -> tuple[Delivery, ...]:
    def message(
        number: int, minutes: float, channel: str, receiver: str, state: DeliveryState, reason: str, **more: Any
    ) -> Delivery:
        values: dict[str, Any] = {
            "alert_id": 7,
            "kind": NoticeKind.FIRED,
            "alert_type": AlertType.SERVICE_DOWN,
            "severity": Severity.CRITICAL,
            "subject": "backend-api",
            "created_at": end - minutes * _MINUTE,
            **more,
        }
        return Delivery(id=number, channel=channel, receiver=receiver, state=state, reason=reason, **values)

    sent, dead = DeliveryState.DELIVERED, DeliveryState.DEAD
    soon = end + _MINUTE
    tried = (DeliveryAttempt(end - 2 * _MINUTE, "timeout", "no answer from hooks.example within 10 s"),)
    given_up = (DeliveryAttempt(end - 4 * _HOUR, "auth", "401 from hooks.example: token revoked"),)
    ok = (DeliveryAttempt(end - 2.9 * _MINUTE, "delivered"),)
    return (
        message(34, 2.9, "slack", "#ops", DeliveryState.QUEUED, "it fired", next_at=soon, attempts=tried),
        message(33, 2.9, "ops-mail", "ann", DeliveryState.QUEUED, "held: 30 s group wait", next_at=soon),
        message(32, 2.9, "pager", "ann", sent, "it fired", delivered_at=end - 2.9 * _MINUTE, attempts=ok),
        message(31, 240.0, "teams", "Platform", dead, "it fired", alert_id=6, subject="web-app", attempts=given_up),
        message(
            30, 274.0, "pager", "ben", sent, "it fired", alert_id=6, subject="web-app", delivered_at=end - 4.5 * _HOUR
        ),
        message(29, 300.0, "ops-mail", "team", DeliveryState.SUPPRESSED, "hourly cap", kind=NoticeKind.REMINDER),
        message(28, 310.0, "slack", "#ops", DeliveryState.CANCELLED, "it ended before it was told", alert_id=5),
    )


def _away(since: datetime, end: datetime, trouble: bool) -> Away:
    if not trouble:
        return Away(since=since, until=end, shift_ends=end + 6 * _HOUR)
    alerts = _alerts(trouble)
    opened = tuple(incident().alerts)
    acted = tuple(line for line in _audit(end) if line.actor != "ann" and line.action != "opened")
    late = tuple(each for each in _messages(end) if each.state is DeliveryState.DEAD or each.id == 34)
    return Away(
        since=since,
        until=end,
        shift_ends=end + 6 * _HOUR,
        fired=tuple(each for each in alerts if each.fired_at is not None and each.fired_at >= since),
        acted=acted,
        still_open=opened,
        silences_ending=(
            Silence(
                "store review",
                end + 6 * _HOUR,
                id="3",
                created_by="ben",
                created_at=end - 21 * _MINUTE,
                services=("mobile-app",),
            ),
        ),
        undelivered=late,
        gaps=(Gap(end - 7 * _HOUR, end - 6.9 * _HOUR, GapReason.SUSPENDED),),
    )
