"""Metrics and service discovery: what a scraper reads, and who may."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

from amt_console.api.app import create_app
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.exposition import Exposition
from amt_console.api.metrics import expose
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.model import (
    BusinessFigures,
    Criticality,
    DiskUsage,
    Figure,
    FigureKind,
    HostSample,
    MonitorState,
    MonitorStatus,
    NetworkRates,
    Overall,
    Phases,
    ProbeResult,
    ResourcesView,
    ServiceState,
    ServiceView,
    Severity,
    Snapshot,
)
from amt_console.model.counts import MonitorCounts
from amt_console.model.inbound import HeartbeatState, HeartbeatView
from amt_console.model.results import Value
from amt_console.monitor.tally import ProbeTally
from amt_console.store import Store

Make = Callable[..., NewToken]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
GRAFANA = Path(__file__).parents[2] / "config" / "grafana"


def service(name: str, state: ServiceState, **more: object) -> ServiceView:
    plain = ServiceView(
        name=name,
        url=f"http://{name}/",
        group="shop",
        criticality=Criticality.HIGH,
        state=state,
        since=NOW,
        interval=15,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


SNAPSHOT = Snapshot(
    version=1,
    generated_at=NOW,
    overall=Overall.CRITICAL,
    monitor=MonitorStatus(MonitorState.RUNNING, started_at=NOW, last_cycle_at=NOW, last_commit_at=NOW),
    services=(
        service("web", ServiceState.UP, response_time_ms=120.0, last_checked=NOW, tls_expires_at=NOW),
        service("db", ServiceState.UP, values={"connections": Value(12.0), "used": Value(81.5, "%")}),
        service("slow", ServiceState.DEGRADED),
        service('odd "name"\n\\', ServiceState.DOWN),
        service("new", ServiceState.UNKNOWN),
    ),
    resources=ResourcesView(
        HostSample(
            timestamp=NOW,
            cpu_usage=12.5,
            memory_usage=50.0,
            disk_usage=80.0,
            disks=(DiskUsage("/", "/dev/sda1", "ext4", 100, 80, 80.0),),
            network=NetworkRates(10.0, 20.0, 0.0, 0.0),
            load=(0.5, 0.4, 0.3),
        )
    ),
    heartbeats=(
        HeartbeatView("backup", HeartbeatState.UP, "jobs", last_ping_at=NOW),
        HeartbeatView("sync", HeartbeatState.LATE, "jobs", started_at=NOW),
        HeartbeatView("report", HeartbeatState.DOWN, "jobs", last_ping_at=NOW),
        HeartbeatView("planned", HeartbeatState.NEW, "jobs"),
    ),
    figures={
        FigureKind.REVENUE: BusinessFigures(
            FigureKind.REVENUE,
            NOW,
            {
                "mrr": Figure(50_000.5, unit="EUR"),
                "plan_distribution": Figure((("pro", 3.0),)),
                "arr": Figure(None, reason="missing"),
            },
        )
    },
)


def result(name: str, state: ServiceState, milliseconds: float | None = 20.0) -> ProbeResult:
    return ProbeResult(name, NOW, state, 15, milliseconds, phases=Phases(connect_ms=milliseconds))


def counted(*results: tuple[str, ServiceState, float | None]) -> MonitorCounts:
    tally = ProbeTally()
    for each in results:
        tally.hear(result(*each))
    return MonitorCounts(
        checks=tally.checks,
        durations=tally.durations,
        messages={("ops", "delivered"): 3, ("ops", "dead"): 1},
        buffered=2,
        dropped=5,
    )


def samples(text: str, read: Callable[[str], Iterable[object]] = read_openmetrics) -> dict[tuple[str, ...], float]:
    """Name and label values to value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in read(text)
        for sample in family.samples  # type: ignore[attr-defined]
    }


def test_services_alerts_host_and_figures_are_told() -> None:
    found = samples(expose(SNAPSHOT, None, OPENMETRICS).body.decode())
    assert found["amt_service_up", "web"] == 1
    assert found["amt_service_up", "slow"] == 1
    assert found["amt_service_degraded", "slow"] == 1
    assert found["amt_service_up", 'odd "name"\n\\'] == 0
    assert ("amt_service_up", "new") not in found, "unknown is neither up nor down"
    assert found["amt_service_response_seconds", "web"] == 0.12
    assert found["amt_service_certificate_expiry_timestamp_seconds", "web"] == NOW.timestamp()
    assert found["amt_alerts", "critical", "firing"] == 0, "a sample for zero, so that rules work before the first"
    assert found["amt_monitor_up",] == 1
    assert found["amt_host_cpu_percent",] == 12.5
    assert ("amt_host_connections",) not in found, "what cannot be read has no sample"
    assert found["amt_host_disk_used_percent", "/"] == 80
    assert found["amt_host_network_bytes_per_second", "received"] == 20
    assert found["amt_figure", "revenue", "mrr", "EUR"] == 50_000.5
    assert not any("plan_distribution" in key or "arr" in key for key in found)
    assert not any(name.startswith("amt_service_checks") for name, *_ in found)


def test_values_of_checks_and_heartbeats_are_told() -> None:
    found = samples(expose(SNAPSHOT, None, OPENMETRICS).body.decode())
    values = {frozenset(key[1:]): value for key, value in found.items() if key[0] == "amt_service_value"}
    assert values == {frozenset(("db", "connections")): 12, frozenset(("db", "used")): 81.5}
    up = {key[1]: value for key, value in found.items() if key[0] == "amt_heartbeat_up"}
    assert up == {"backup": 1, "sync": 1, "report": 0}, "one that has never reported is neither up nor down"
    reported = "amt_heartbeat_last_report_timestamp_seconds"
    assert found[reported, "backup"] == NOW.timestamp()
    assert (reported, "sync") not in found


def test_a_monitor_counts_its_results_and_their_durations() -> None:
    up, down = ServiceState.UP, ServiceState.DOWN
    counts = counted(("web", up, 5.0), ("web", up, 30.0), ("web", down, None), ("api", up, 60_000.0))
    found = samples(expose(SNAPSHOT, counts, OPENMETRICS).body.decode())
    assert found["amt_service_checks_total", "web", "up"] == 2
    assert found["amt_service_checks_total", "web", "down"] == 1
    assert found["amt_probe_duration_seconds_bucket", "0.005", "total"] == 1, "bounds are inclusive"
    assert found["amt_probe_duration_seconds_bucket", "0.05", "total"] == 2
    assert found["amt_probe_duration_seconds_bucket", "10.0", "total"] == 2
    assert found["amt_probe_duration_seconds_bucket", "+Inf", "total"] == 3
    assert found["amt_probe_duration_seconds_count", "connect"] == 3
    assert found["amt_probe_duration_seconds_sum", "total"] == pytest.approx(60.035)
    assert found["amt_probe_duration_seconds_count", "tls"] == 0
    assert found["amt_notifications_total", "ops", "dead"] == 1
    assert found["amt_monitor_buffered_results",] == 2
    assert found["amt_monitor_dropped_results_total",] == 5


def test_a_service_that_is_configured_no_more_leaves_no_series() -> None:
    tally = ProbeTally()
    for name in ("web", "old"):
        tally.hear(result(name, ServiceState.UP))
    tally.keep(["web", "new"])
    assert list(tally.checks) == [("web", ServiceState.UP)]


@pytest.mark.parametrize(
    ("accept", "media_type", "read"),
    [
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8", read_openmetrics),
        ("text/html, */*", "text/plain; version=0.0.4; charset=utf-8", read_plain),
        ("application/openmetrics-text; version=abc", "application/openmetrics-text; version=1.0.0", read_openmetrics),
        ("", "text/plain; version=0.0.4; charset=utf-8", read_plain),
    ],
)
def test_each_scraper_gets_its_format(accept: str, media_type: str, read: Callable[[str], Iterable[object]]) -> None:
    found = expose(SNAPSHOT, counted(("web", ServiceState.UP, 1.0)), accept)
    assert found.media_type.startswith(media_type)
    assert samples(found.body.decode(), read)["amt_service_checks_total", "web", "up"] == 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_say() -> None:
    body = expose(SNAPSHOT, counted(("web", ServiceState.UP, 1.0)), "").body
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_rules() -> None:
    checked = subprocess.run(["promtool", "check", "rules", GRAFANA / "alert_rules.yml"], capture_output=True)
    assert checked.returncode == 0, checked.stdout


def test_rules_and_dashboard_use_metrics_that_exist() -> None:
    text = expose(SNAPSHOT, counted(("web", ServiceState.UP, 1.0)), OPENMETRICS).body.decode()
    offered = {name for name, *_ in samples(text)}
    dashboard = json.loads((GRAFANA / "dashboard.json").read_text("utf-8"))
    used = json.dumps(dashboard["panels"]) + (GRAFANA / "alert_rules.yml").read_text("utf-8")
    words = set(re.findall(r"\bamt_[a-z0-9_]+", used))
    assert len(words) >= 15
    assert words <= offered
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells)), "panels lie over each other"
    assert max(x for x, _ in cells) < 24


@pytest.fixture
def served(served: Served) -> Served:
    return replace(served, counts=lambda: counted(("web", ServiceState.UP, 1.0)))


@pytest.fixture
async def client(served: Served, store: Store, clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(served, TokenCallers(TokenBook(store, clock), TrustedProxies()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitor") as found:
        yield found


def bearer(token: NewToken) -> dict[str, str]:
    return {"authorization": f"Bearer {token.text}"}


@pytest.mark.slow
async def test_a_token_of_a_probe_scrapes_and_discovers(
    client: httpx.AsyncClient, make_token: Make, feed: Callable[..., None]
) -> None:
    feed(backend_api=ServiceState.DOWN)
    mine = bearer(make_token(role="probe"))
    answer = await client.get("/metrics", headers=mine | {"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    found = samples(answer.text)
    assert (found["amt_service_up", "backend-api"], found["amt_service_up", "web-app"]) == (0, 1)
    assert found["amt_service_checks_total", "web", "up"] == 1
    groups = (await client.get("/api/v1/sd", headers=mine)).json()
    assert [group["labels"]["__meta_amt_service"] for group in groups] == ["backend-api", "web-app"]
    assert all(group["targets"][0].startswith("http://") for group in groups)
    assert (await client.get("/api/v1/sd", params={"kind": "icmp"}, headers=mine)).json() == []
    assert (await client.get("/api/v1/services", headers=mine)).status_code == 403
    assert (await client.get("/metrics")).status_code == 401


async def test_metrics_can_be_open_and_nothing_else_is(served: Served, store: Store, clock: FakeClock) -> None:
    opened = replace(served, open_metrics=True)
    app = create_app(opened, TokenCallers(TokenBook(store, clock), TrustedProxies()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitor") as client:
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/api/v1/sd")).status_code == 401


async def test_a_server_beside_the_monitor_hands_on_what_the_monitor_says(
    served: Served, store: Store, clock: FakeClock, make_token: Make
) -> None:
    asked: list[str] = []

    def monitor(accept: str) -> Exposition | None:
        asked.append(accept)
        return Exposition(b"amt_test 1\n", "text/plain; version=0.0.4") if len(asked) == 1 else None

    beside = replace(served, counts=None, monitor_metrics=monitor)
    app = create_app(beside, TokenCallers(TokenBook(store, clock), TrustedProxies()))
    mine = bearer(make_token(role="viewer")) | {"accept": OPENMETRICS}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitor") as client:
        assert (await client.get("/metrics", headers=mine)).text == "amt_test 1\n"
        without = await client.get("/metrics", headers=mine)
    assert asked == [OPENMETRICS, OPENMETRICS]
    assert samples(without.text)["amt_alerts", Severity.CRITICAL.value, "firing"] == 0
