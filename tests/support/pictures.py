"""Sample snapshots: what the console's tests and its screenshots are drawn from."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amt_console.model import (
    AlertState,
    AlertType,
    AlertView,
    BusinessFigures,
    Criticality,
    DiskUsage,
    ErrorClass,
    Figure,
    FigureKind,
    HostSample,
    LocationView,
    MonitorState,
    MonitorStatus,
    NetworkRates,
    Overall,
    ResourcesView,
    ServiceState,
    ServiceView,
    Severity,
    Snapshot,
)

RATES = NetworkRates(312_000.0, 1_240_000.0, 0.0, 0.0)
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOSTILE = "[/x]\x1b[31mred\x1b]0;owned\x07 \x00 \ud800 \u202eabc\u200b 👩‍👩‍👧 שלום " + "A" * 3000
_NAMES = (
    ("backend-api", "http://localhost:5000/api/health", 41.0),
    ("web-app", "http://localhost:5173/", 88.0),
    ("mobile-app", "http://localhost:19006/", 120.0),
    ("api-chat-analytics", "http://localhost:5000/api/chat/analytics", 210.0),
    ("api-plans", "http://localhost:5000/api/plans", 33.0),
    ("api-dashboard-overview", "http://localhost:5000/api/dashboard/overview", 154.0),
    ("api-analytics-revenue", "http://localhost:5000/api/analytics/revenue", 190.0),
    ("monitoring-db", "sqlite:///monitoring.db", 0.8),
)
_READ = {
    "api-chat-analytics": FigureKind.CHATBOT,
    "api-plans": FigureKind.PLANS,
    "api-dashboard-overview": FigureKind.OVERVIEW,
    "api-analytics-revenue": FigureKind.REVENUE,
}


def wave(base: float, swing: float, count: int = 30, *, phase: float = 0.0) -> tuple[float | None, ...]:
    """A lively series."""
    return tuple(base + swing * math.sin(at / 3 + phase) + swing * 0.4 * math.sin(at * 1.7) for at in range(count))


def service(name: str, url: str, base: float, **changes: object) -> ServiceView:
    """A service that is up."""
    view = ServiceView(
        name=name,
        url=url,
        group="platform",
        criticality=Criticality.CRITICAL if "-app" in name or name == "backend-api" else Criticality.NORMAL,
        state=ServiceState.UP,
        since=NOW - timedelta(days=4, hours=3),
        interval=15.0,
        response_time_ms=base,
        p95_ms=base * 1.9,
        sparkline=wave(base, base / 4, phase=base),
        uptime_percent_24h=99.98,
        coverage_percent_24h=99.0,
        error_rate_percent_1h=0.0,
        last_checked=NOW - timedelta(seconds=7),
        figures=_READ.get(name),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def from_several(**states: ServiceState) -> tuple[LocationView, ...]:
    """How locations see a service, one of them perhaps not for a while."""
    return tuple(
        LocationView(
            name=name,
            state=state,
            since=NOW - timedelta(minutes=4),
            last_checked=NOW - timedelta(seconds=7),
            response_time_ms=41.0 if state is ServiceState.UP else None,
            error="connection refused by 127.0.0.1:5000" if state is ServiceState.DOWN else None,
        )
        for name, state in states.items()
    )


def split() -> Snapshot:
    """One location of three does not reach the API."""
    picture = all_fine()
    views = from_several(fra=ServiceState.DOWN, nyc=ServiceState.UP, sgp=ServiceState.UP)
    first = replace(
        picture.services[0],
        state=ServiceState.DEGRADED,
        error="down from fra (1 of 3): connection refused by 127.0.0.1:5000",
        error_class=ErrorClass.CONNECT_REFUSED,
        locations=views,
    )
    others = tuple(
        replace(view, locations=from_several(fra=view.state, nyc=view.state, sgp=view.state))
        for view in picture.services[1:]
    )
    return replace(picture, overall=Overall.WARNING, services=(first, *others))


def alert(number: int, subject: str, **changes: object) -> AlertView:
    """A critical alert that fires and that nobody has."""
    view = AlertView(
        id=number,
        version=3,
        alert_type=AlertType.SERVICE_DOWN,
        severity=Severity.CRITICAL,
        subject=subject,
        message="connection refused by 127.0.0.1:5000",
        state=AlertState.FIRING,
        opened_at=NOW - timedelta(minutes=3),
        fired_at=NOW - timedelta(minutes=2, seconds=55),
        runbook="https://wiki.example/runbooks/backend",
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def resources() -> ResourcesView:
    """A host with something to do."""
    sample = HostSample(
        timestamp=NOW,
        cpu_usage=37.2,
        memory_usage=78.4,
        disk_usage=61.0,
        disks=(DiskUsage("/", "/dev/vda1", "ext4", 100 << 30, 61 << 30, 61.0),),
        network=RATES,
        active_connections=134,
        load=(0.52, 0.61, 0.48),
    )
    return ResourcesView(sample, wave(35, 20), wave(77, 2), tuple([61.0] * 30))


def figures() -> dict[FigureKind, BusinessFigures]:
    """All four endpoints were read."""

    def read(kind: FigureKind, **values: object) -> BusinessFigures:
        known = {name: Figure(value) for name, value in values.items()}  # type: ignore[arg-type]
        return BusinessFigures(kind, NOW - timedelta(seconds=40), known)

    revenue = read(
        FigureKind.REVENUE,
        mrr=48_250.0,
        arr=579_000.0,
        arpu=31.4,
        paying_users=1_537.0,
        monthly_billing=1_120.0,
        yearly_billing=417.0,
        plan_distribution=(("Starter", 812.0), ("Professional", 548.0), ("Enterprise", 177.0)),
        history=tuple((f"2025-{month:02}", 30_000 + 1_500.0 * month) for month in range(1, 13)),
    )
    with_reason = {**revenue.figures, "churn_rate": Figure(None, "negative in the answer")}
    return {
        FigureKind.REVENUE: replace(revenue, figures=with_reason),
        FigureKind.CHATBOT: read(
            FigureKind.CHATBOT,
            conversations=12_840.0,
            messages=96_100.0,
            satisfaction=4.4,
            resolution_rate=87.5,
            automation_rate=71.2,
            escalation_rate=6.3,
            response_time=1.24,
            topics=(("Pricing", 3120.0), ("Campaigns", 2880.0), ("Billing", 1490.0), ("Login", 960.0)),
            languages=(("en", 7400.0), ("de", 2200.0), ("fr", 1800.0)),
            hourly_distribution=tuple((str(hour), 200 + 180 * math.sin(hour / 4)) for hour in range(24)),
            ratings=(("5", 6100.0), ("4", 3800.0), ("3", 900.0)),
        ),
        FigureKind.OVERVIEW: read(
            FigureKind.OVERVIEW,
            total_users=25_431.0,
            daily_active_users=3_204.0,
            monthly_active_users=14_820.0,
            concurrent_users=218.0,
            conversion_rate=6.1,
            trial_conversion_rate=22.8,
            sessions=8_412.0,
            session_duration=342.0,
            bounce_rate=38.2,
            page_views=41_208.0,
            bug_reports=4.0,
            traffic_sources=(("organic", 4100.0), ("direct", 2300.0), ("social", 1200.0), ("email", 812.0)),
            languages=(("en", 15_000.0), ("de", 5200.0)),
        ),
    }


def all_fine(*, services: int = len(_NAMES)) -> Snapshot:
    """Everything is up."""
    views = tuple(service(*name) for name in _NAMES)
    if services > len(views):
        views += tuple(
            service(f"tenant-{number:03}", f"https://t{number}.example/", 20.0 + number)
            for number in range(services - len(views))
        )
    return Snapshot(
        version=1,
        generated_at=NOW,
        overall=Overall.OK,
        monitor=MonitorStatus(MonitorState.RUNNING, "host", 4711, NOW - timedelta(days=2), NOW - timedelta(seconds=1)),
        services=views,
        resources=resources(),
        figures=figures(),
    )


def incident() -> Snapshot:
    """The API is down, something is slow, somebody already has one of the alerts."""
    base = all_fine()
    down = {
        "backend-api": "connection refused by 127.0.0.1:5000",
        "api-plans": "HTTP 503 from /api/plans",
    }
    views = []
    for view in base.services:
        if view.name in down:
            view = replace(
                view,
                state=ServiceState.DOWN,
                since=NOW - timedelta(minutes=3),
                response_time_ms=None,
                error=down[view.name],
                error_class=ErrorClass.CONNECT_REFUSED,
                uptime_percent_24h=98.71,
                sparkline=(*view.sparkline[:-4], None, None, None, None),
                alert_id=7 if view.name == "backend-api" else 8,
            )
        elif view.name == "api-chat-analytics":
            view = replace(
                view,
                state=ServiceState.DEGRADED,
                response_time_ms=3120.0,
                p95_ms=2890.0,
                since=NOW - timedelta(minutes=12),
                uptime_percent_24h=99.9,
                coverage_percent_24h=81.0,
                alert_id=9,
            )
        elif view.name == "mobile-app":
            view = replace(view, state=ServiceState.UNKNOWN, error="no route to host", coverage_percent_24h=31.0)
        views.append(view)
    return replace(
        base,
        version=2,
        overall=Overall.CRITICAL,
        services=tuple(views),
        alerts=(
            alert(7, "backend-api"),
            alert(8, "api-plans", message="HTTP 503 from /api/plans", opened_at=NOW - timedelta(minutes=2)),
            alert(
                9,
                "api-chat-analytics",
                alert_type=AlertType.RESPONSE_TIME,
                severity=Severity.WARNING,
                message="response time 3.12 s is above 2.00 s",
                acknowledged_by="ann",
                acknowledged_at=NOW - timedelta(minutes=5),
                note="looking at the query plan",
                opened_at=NOW - timedelta(minutes=12),
            ),
        ),
        recently_resolved=(
            alert(
                4,
                "host",
                alert_type=AlertType.CPU_USAGE,
                severity=Severity.WARNING,
                state=AlertState.RESOLVED,
                message="CPU 91 % is above 80 %",
                resolved_at=NOW - timedelta(minutes=20),
            ),
        ),
    )


def empty() -> Snapshot:
    """The first start: nothing was measured yet."""
    views = tuple(
        ServiceView(
            name=name,
            url=url,
            group="platform",
            criticality=Criticality.NORMAL,
            state=ServiceState.UNKNOWN,
            since=None,
            interval=15.0,
        )
        for name, url, _ in _NAMES
    )
    return Snapshot(
        version=1,
        generated_at=NOW,
        overall=Overall.UNKNOWN,
        monitor=MonitorStatus(MonitorState.RUNNING, "host", 4711, NOW, None),
        services=views,
        notices=("no channel is configured: this console is the only receiver",),
    )


def hostile() -> Snapshot:
    """Upstream text in every field tries to break out."""
    base = incident()
    return replace(
        base,
        version=3,
        services=tuple(
            replace(view, name=f"{view.name} {HOSTILE}", url=HOSTILE, error=HOSTILE, group=HOSTILE, runbook=HOSTILE)
            for view in base.services
        ),
        alerts=tuple(
            replace(view, subject=HOSTILE, message=HOSTILE, note=HOSTILE, acknowledged_by=HOSTILE, runbook=HOSTILE)
            for view in base.alerts
        ),
        notices=(HOSTILE,),
        figures={
            FigureKind.REVENUE: BusinessFigures(
                FigureKind.REVENUE,
                NOW,
                {"mrr": Figure(None, HOSTILE), "plan_distribution": Figure(((HOSTILE, 3.0), ("b", 1.0)))},
            )
        },
    )


def many() -> Snapshot:
    """A hundred services."""
    return all_fine(services=100)


def thousand() -> Snapshot:
    """A thousand services."""
    return all_fine(services=1000)
