"""Report data made by hand: a week of seven services with an incident, a gap, and the platform's figures."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from support.rollups import rollup

from amt_console.analysis import Window, window_of
from amt_console.clock import SECOND, micros
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    BusinessFigures,
    Criticality,
    DiskUsage,
    Episode,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostRollup,
    HostSample,
    LatencyHistogram,
    MonitorState,
    MonitorStatus,
    Resolution,
    Rollup,
    ServiceState,
    Severity,
)
from amt_console.reports.gathering.data import AlertRecord, FigureName, ReportData, ServiceRecord

NOW = datetime(2026, 1, 12, 9, 40, tzinfo=UTC)
SERVICES = (
    ("backend-api", 42.0),
    ("web-app", 88.0),
    ("mobile-app", 61.0),
    ("api-chat-analytics", 190.0),
    ("api-plans", 35.0),
    ("api-dashboard-overview", 120.0),
    ("api-analytics-revenue", 150.0),
)
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202egnp\ud800\x00" + "A" * 10_000


def _rhythm(at: datetime) -> float:
    return 1 + 0.35 * math.sin((at.hour + at.minute / 60 - 9) / 24 * 2 * math.pi)


def bucket(
    at: datetime, seconds: int, base: float, rng: random.Random, *, down: bool = False, slow: bool = False
) -> Rollup:
    """One bucket of one service with ten samples."""
    if down:
        return rollup(at, seconds, samples=10, errors=10, down=seconds)
    times = [base * _rhythm(at) * rng.lognormvariate(0, 0.25) * (14 if slow else 1) for _ in range(10)]
    return rollup(at, seconds, samples=10, up=0 if slow else seconds, degraded=seconds if slow else 0, times=times)


def _buckets(
    name: str, base: float, window: Window, incident: tuple[datetime, datetime], gap: Gap
) -> tuple[Rollup, ...]:
    rng = random.Random(f"{name} {window.start}")
    found = []
    for at in window.starts():
        if gap.started_at <= at < gap.ended_at:
            continue
        down = name == "backend-api" and incident[0] <= at < incident[1]
        slow = name == "api-chat-analytics" and at.hour == 14 and at.day % 2 == 0
        found.append(bucket(at, window.step, base, rng, down=down, slow=slow))
    return tuple(found)


def _host(window: Window, gap: Gap) -> dict[str, tuple[HostRollup, ...]]:
    """Two samples a step of each resource, but in the gap."""
    rng = random.Random(str(window.start))
    found: dict[str, list[HostRollup]] = {name: [] for name in ("cpu", "memory", "disk", "connections")}
    for at in window.starts():
        cpu = 28 * _rhythm(at) + rng.uniform(-4, 4)
        elapsed = (at - window.start) / (window.end - window.start)
        step = {
            "cpu": (cpu - rng.uniform(0, 3), cpu + rng.uniform(2, 30)),
            "memory": (61 + rng.uniform(-1, 1), 64.5),
            "disk": (71 + 3 * elapsed,),
            "connections": (round(45 * _rhythm(at)), round(70 * _rhythm(at))),
        }
        for name, values in step.items():
            read = () if gap.started_at <= at < gap.ended_at else values
            found[name].append(HostRollup(micros(at), window.step * SECOND, LatencyHistogram.of(read)))
    return {name: tuple(rollups) for name, rollups in found.items()}


def figures(at: datetime, growth: float = 1.0) -> dict[FigureKind, BusinessFigures]:
    """All figures of the platform, a few of them missing."""

    def made(kind: FigureKind, **values: object) -> BusinessFigures:
        return BusinessFigures(kind, at, {k: v if isinstance(v, Figure) else Figure(v) for k, v in values.items()})  # type: ignore[arg-type]

    def pairs(**values: float) -> tuple[tuple[str, float], ...]:
        return tuple((name.replace("_", " "), value) for name, value in values.items())

    months = (
        "Feb 25",
        "Mar 25",
        "Apr 25",
        "May 25",
        "Jun 25",
        "Jul 25",
        "Aug 25",
        "Sep 25",
        "Oct 25",
        "Nov 25",
        "Dec 25",
        "Jan 26",
    )
    return {
        FigureKind.OVERVIEW: made(
            FigureKind.OVERVIEW,
            total_users=12480.0 * growth,
            daily_active_users=3120.0 * growth,
            monthly_active_users=9240.0,
            concurrent_users=214.0,
            conversion_rate=4.2 * growth,
            trial_conversion_rate=18.5,
            sessions=8213.0 * growth,
            session_duration=312.0,
            bounce_rate=38.4 / growth,
            page_views=41022.0 * growth,
            bug_reports=Figure(None, "nothing in the answer at quality.bug_reports, bug_reports"),
            traffic_sources=pairs(Organic_search=4210, Direct=2890, Referral=1120, Social=980, Paid_ads=610, Mail=240),
            languages=pairs(English=6120, Deutsch=2210, Français=1440, Español=1310, 日本語=402, العربية=96),
            top_pages=(
                ("/dashboard", 12201.0),
                ("/campaigns", 8120.0),
                ("/pricing", 5220.0),
                ("/chat", 4711.0),
                ("/login", 4012.0),
            ),
            feature_adoption=pairs(Campaign_builder=71.0, Chatbot=54.5, Mail_composer=38.2, Audience_insights=22.9),
            page_load_time=1.42,
            requests_per_minute=1284.5,
        ),
        FigureKind.CHATBOT: made(
            FigureKind.CHATBOT,
            conversations=1840.0 * growth,
            messages=12902.0 * growth,
            satisfaction=4.31,
            resolution_rate=82.4,
            automation_rate=74.0,
            escalation_rate=9.8,
            response_time=1.8,
            topics=pairs(Billing=420, Campaign_setup=388, Integrations=301, Account=240, Reports=181, Other=310),
            languages=pairs(English=920, Deutsch=402, Français=260, Español=258),
            hourly_distribution=tuple(
                (str(h), round(40 + 70 * max(0.0, math.sin((h - 6) / 16 * math.pi)))) for h in range(24)
            ),
            ratings=(("1", 34.0), ("2", 51.0), ("3", 160.0), ("4", 512.0), ("5", 790.0)),
            message_frequency=8.96,
            topic_coverage=91.2,
            feedback=pairs(Helpful=310, Quick=188, Too_general=61, Did_not_understand=40),
        ),
        FigureKind.REVENUE: made(
            FigureKind.REVENUE,
            mrr=48210.0 * growth,
            arr=578520.0 * growth,
            churn_rate=2.9,
            arpu=43.1,
            paying_users=1118.0 * growth,
            plan_distribution=pairs(Free=11362, Starter=612, Pro=401, Enterprise=105),
            monthly_billing=744.0,
            yearly_billing=374.0,
            history=tuple((month, 31000.0 + 1500 * i + (i % 3) * 400) for i, month in enumerate(months)),
        ),
        FigureKind.PLANS: made(
            FigureKind.PLANS,
            prices=(("Free", 0.0), ("Starter", 19.0), ("Pro", 49.0), ("Enterprise", 199.0)),
            yearly_prices=(("Free", 0.0), ("Starter", 190.0), ("Pro", 490.0), ("Enterprise", 1990.0)),
        ),
    }


def _means(at: datetime, growth: float = 1.0) -> dict[FigureName, float]:
    """Of the figures that are one number."""
    return {
        (kind, name): float(figure.value)
        for kind, source in figures(at, growth).items()
        for name, figure in source.figures.items()
        if isinstance(figure.value, (int, float))
    }


def _alerts(incident: tuple[datetime, datetime], end: datetime) -> tuple[AlertRecord, ...]:
    began, ended = incident
    took = began + timedelta(minutes=3)
    outage = Episode(
        rule_id="service-down",
        subject="backend-api",
        alert_type=AlertType.SERVICE_DOWN,
        severity=Severity.CRITICAL,
        message="backend-api is down: HTTP 503",
        state=AlertState.RESOLVED,
        opened_at=began,
        id=41,
        fired_at=began + timedelta(seconds=8),
        resolved_at=ended + timedelta(minutes=1),
        resolution=Resolution.RECOVERED,
        acknowledged_by="mira",
        acknowledged_at=took,
        note="restarting the pool",
    )
    slow = Episode(
        rule_id="response-time",
        subject="api-chat-analytics",
        alert_type=AlertType.RESPONSE_TIME,
        severity=Severity.WARNING,
        message="response time 2.41 s, limit 2.00 s",
        state=AlertState.FIRING,
        opened_at=end - timedelta(minutes=26),
        id=44,
        fired_at=end - timedelta(minutes=25),
        value=2410,
        threshold=2000,
    )
    events = (
        AlertEvent("opened", began, AlertState.PENDING, Severity.CRITICAL, "HTTP 503", seq=1, alert_id=41),
        AlertEvent(
            "acknowledged", took, AlertState.FIRING, Severity.CRITICAL, "taken", actor="mira", seq=2, alert_id=41
        ),
    )
    return AlertRecord(outage, events), AlertRecord(slow)


@cache
def week(*, hours: float = 168, now: datetime = NOW, zone: str = "UTC", simulated: bool = False) -> ReportData:
    """A week with one outage, one gap, one open warning and a missing figure."""
    window = window_of(now, hours)
    before = window.previous()
    third = (window.end - window.start) / 3
    start = window.starts()[int(len(window.starts()) * 0.42)]
    incident = (start, start + timedelta(seconds=2 * window.step))
    gap_start = window.starts()[int(len(window.starts()) * 0.7)]
    gap = Gap(gap_start, gap_start + timedelta(seconds=6 * window.step), GapReason.SUSPENDED)
    error = "HTTP 503 Service Unavailable"
    services = tuple(
        ServiceRecord(
            name=name,
            url=f"http://localhost:5000/{name}",
            group="platform",
            criticality=Criticality.CRITICAL if index < 3 else Criticality.NORMAL,
            state=ServiceState.DEGRADED if name == "api-chat-analytics" else ServiceState.UP,
            since=window.end - third,
            last_checked=now - timedelta(seconds=9),
            response_time_ms=base,
            initial=ServiceState.UP,
            changes=(
                (incident[0], ServiceState.DOWN, error),
                (incident[1], ServiceState.UP, None),
            )
            if name == "backend-api"
            else (),
            buckets=_buckets(name, base, window, incident, gap),
            previous=_buckets(name, base * 0.94, before, incident, gap),
        )
        for index, (name, base) in enumerate(SERVICES)
    )
    history = {}
    rng = random.Random(3)
    for kind, names in (
        (FigureKind.OVERVIEW, ("total_users", "daily_active_users", "page_views", "bounce_rate")),
        (FigureKind.CHATBOT, ("conversations", "satisfaction", "resolution_rate", "response_time")),
        (FigureKind.REVENUE, ("mrr", "paying_users", "churn_rate", "arpu")),
    ):
        for name in names:
            value = figures(now)[kind].figures[name].value
            assert isinstance(value, float)
            history[(kind, name)] = tuple(
                (at, value * (0.97 + 0.03 * i / len(window.starts())) * (1 + rng.uniform(-0.004, 0.004)))
                for i, at in enumerate(window.starts())
                if not gap.started_at <= at < gap.ended_at
            )
    return ReportData(
        window=window,
        made_at=now,
        version="1.2.3",
        zone=zone,
        monitor=MonitorStatus(MonitorState.RUNNING, "ops-1", 4242, window.start, now - timedelta(seconds=9)),
        measured_until=now - timedelta(seconds=9),
        simulated_until=now if simulated else None,
        services=services,
        alerts=_alerts(incident, window.end),
        gaps=(gap,),
        host=_host(window, gap),
        previous_host=_host(before, gap),
        host_now=HostSample(
            now,
            31.5,
            62.0,
            74.0,
            (DiskUsage("/", "/dev/vda1", "ext4", 10**11, 74 * 10**9, 74.0),),
            active_connections=52,
        ),
        figures=figures(now - timedelta(seconds=20)),
        means=_means(now),
        means_before=_means(now, 0.97),
        history=history,
    )


def nothing(*, hours: float = 24, now: datetime = NOW) -> ReportData:
    """No service, no measurement, no figure."""
    return ReportData(window=window_of(now, hours), made_at=now, version="1.2.3")


def unmeasured(*, hours: float = 24, now: datetime = NOW) -> ReportData:
    """Services are configured, but nothing was ever measured."""
    empty = tuple(ServiceRecord(name=name, url="http://localhost/", group="platform") for name, _ in SERVICES)
    return replace(nothing(hours=hours, now=now), services=empty)


def one_point(*, now: datetime = NOW) -> ReportData:
    """A single probe of a single service."""
    window = window_of(now, 24)
    single = rollup(window.starts()[-2], window.step, samples=1, up=90, times=[20.0])
    record = ServiceRecord(
        name="backend-api",
        url="http://localhost:5000/",
        group="platform",
        state=ServiceState.UP,
        since=single.start,
        last_checked=now,
        changes=((single.start, ServiceState.UP, None),),
        buckets=(single,),
    )
    history = {(FigureKind.REVENUE, "mrr"): ((single.start, 100.0),)}
    return replace(
        nothing(now=now),
        services=(record,),
        measured_until=now,
        history=history,
        monitor=MonitorStatus(MonitorState.RUNNING),
    )


@cache
def hostile(*, now: datetime = NOW) -> ReportData:
    """A week in which every text is an attack."""
    data = week(hours=24, now=now)
    services = tuple(
        replace(
            s,
            name=f"{HOSTILE}{i}" if i else s.name + HOSTILE,
            url=HOSTILE,
            group=HOSTILE,
            error=HOSTILE,
            initial_error=HOSTILE,
            changes=tuple((at, state, HOSTILE) for at, state, _ in s.changes),
        )
        for i, s in enumerate(data.services)
    )
    alerts = tuple(
        AlertRecord(
            replace(
                r.episode,
                subject=HOSTILE,
                message=HOSTILE,
                note=HOSTILE,
                acknowledged_by=r.episode.acknowledged_by and HOSTILE,
            ),
            tuple(replace(e, message=HOSTILE, actor=HOSTILE, note=HOSTILE) for e in r.events),
        )
        for r in data.alerts
    )
    bad = {
        kind: replace(
            source,
            figures={
                name: Figure(
                    tuple((f"{HOSTILE}{label}", value) for label, value in figure.value)
                    if isinstance(figure.value, tuple)
                    else float("nan")
                    if name in ("mrr", "sessions")
                    else figure.value,
                    HOSTILE if figure.value is None else None,
                )
                for name, figure in source.figures.items()
            },
        )
        for kind, source in data.figures.items()
    }
    return replace(data, services=services, alerts=alerts, figures=bad, version=HOSTILE)
