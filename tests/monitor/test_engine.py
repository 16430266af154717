"""The live engine: what it survives, and how it ends."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fair_time import fair_time
from support.monitored import monitored, settings
from support.platform import Platform, serving

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, HostSample, ProbeResult, Service, ServiceState
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.once import run_once
from amt_console.monitor.probing import Collectors
from amt_console.monitor.thread import EngineThread
from amt_console.store import Reads, Store
from collectors.database.collector import DatabaseCollector

pytestmark = [pytest.mark.slow, pytest.mark.waits]

LONG_AGO = SystemClock().now().replace(year=2000)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


def services(platform: Platform, *names: str, **more: object) -> dict[str, object]:
    return {"services": [{"name": name, "url": f"{platform.url}/{name}", "interval": 1, **more} for name in names]}


def stored(reads: Reads, service: str | None = None) -> list[ProbeResult]:
    return reads.services.results(service=service, start=LONG_AGO, end=SystemClock().now(), limit=100_000)


def test_it_stops_within_seconds_though_probes_hang_and_stores_what_it_has(platform: Platform, tmp_path: Path) -> None:
    document = services(platform, "web", "api", interval=60, timeout=50)
    with monitored(tmp_path / "monitoring.db", document) as monitor:
        monitor.wait(lambda reads: {"web", "api", "monitoring-db"} <= set(reads.services.statuses()))
        platform.hanging = True
        monitor.engine.probe_now()
        platform.wait_asked("/web", 2)
        platform.wait_asked("/api", 2)
        started = fair_time()
        assert monitor.engine.stop()
        assert fair_time() - started < 5.0
        assert not monitor.engine.status.running
        assert monitor.engine.stop(), "stopping twice does no harm"
        with monitor.store.read() as reads:
            assert {result.service for result in stored(reads)} == {"web", "api", "monitoring-db"}


def test_what_was_collected_just_before_the_stop_is_stored(platform: Platform, tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", services(platform, "web")) as monitor:
        monitor.wait(lambda reads: reads.services.statuses().get("web"))
        monitor.wait_status(lambda engine: engine.status.probes_run > 3)
        assert monitor.engine.stop()
        status = monitor.engine.status
        assert status.buffered == 0
        with monitor.store.read() as reads:
            assert len(stored(reads)) == status.probes_run


def test_a_locked_database_loses_nothing(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with monitored(path, services(platform, "web", "api")) as monitor:
        monitor.wait(lambda reads: {"web", "api"} <= set(reads.services.statuses()))
        with sqlite3.connect(path, isolation_level=None) as intruder:
            intruder.execute("BEGIN IMMEDIATE")
            run = monitor.engine.status.probes_run
            monitor.wait_status(lambda engine: engine.status.probes_run >= run + 4)
            intruder.execute("ROLLBACK")
        intruder.close()
        seen = monitor.engine.status.probes_run
        monitor.wait(lambda reads: len(stored(reads)) >= seen)
        assert monitor.engine.stop()
        with monitor.store.read() as reads:
            results = stored(reads)
        assert len(results) == monitor.engine.status.probes_run
        assert monitor.engine.status.dropped == 0
        assert Counter((result.service, result.timestamp) for result in results).most_common(1)[0][1] == 1


class Moody:
    """An HTTP collector that raises on one service."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock

    async def probe(self, service: Service, *, attempt: int = 1) -> ProbeResult:
        if service.name == "broken":
            raise RuntimeError("[bold]no such luck[/bold]\x1b[31m")
        return ProbeResult(
            service=service.name,
            timestamp=self._clock.now(),
            state=ServiceState.UP,
            interval=service.interval,
            response_time_ms=1.0,
            attempt=attempt,
        )

    async def aclose(self) -> None:
        raise RuntimeError("nor here")


class BlindHost:
    """A host that cannot be read."""

    def sample(self) -> HostSample:
        raise OSError("no such file: /proc/stat")


def test_a_collector_that_raises_is_a_local_error_and_disturbs_nobody(platform: Platform, tmp_path: Path) -> None:
    clock = SystemClock()
    collectors = Collectors(http=Moody(clock), database=DatabaseCollector(clock=clock), host=BlindHost())
    with monitored(tmp_path / "m.db", services(platform, "broken", "web"), collectors=collectors) as monitor:
        found = monitor.wait(
            lambda reads: statuses if {"broken", "web"} <= set(statuses := reads.services.statuses()) else None
        )
        broken = found["broken"].last
        assert broken.state is ServiceState.UNKNOWN
        assert broken.error_class is ErrorClass.LOCAL_ERROR
        assert broken.error is not None
        assert "no such luck" in broken.error
        assert "\x1b" not in broken.error
        assert found["web"].state is ServiceState.UP
        monitor.wait_status(lambda engine: engine.status.restarts >= 1)
        monitor.wait(lambda reads: len(stored(reads, "web")) > 1)
        assert any("host: OSError" in notice for notice in monitor.engine.status.notices)
        assert monitor.engine.stop()


def test_a_callback_that_raises_is_counted_and_called_on(platform: Platform, tmp_path: Path) -> None:
    calls = []

    def on_change() -> None:
        calls.append(threading.current_thread().name)
        raise ValueError("not my day")

    with monitored(tmp_path / "m.db", services(platform, "web"), on_change=on_change) as monitor:
        monitor.wait_status(lambda engine: engine.status.callback_errors >= 2)
    assert set(calls) == {"amt-engine"}


def test_slots_that_pass_while_a_run_goes_are_skipped(platform: Platform, tmp_path: Path) -> None:
    platform.status = 500
    # The second slot comes a third of an interval to one and a third after the first probe: before the first re-check.
    document = {**services(platform, "web", interval=1), "recheck": [1.5, 0.05]}
    with monitored(tmp_path / "m.db", document) as monitor:
        monitor.wait(lambda reads: [each for each in stored(reads, "web") if each.attempt == 3])
        assert monitor.engine.status.skipped_slots >= 1
        with monitor.store.read() as reads:
            attempts = [result.attempt for result in reversed(stored(reads, "web"))]
        assert attempts[:3] == [1, 2, 3]


def test_two_hundred_targets_under_a_cap(platform: Platform, tmp_path: Path) -> None:
    names = [f"service-{index:03}" for index in range(200)]
    document = services(platform, *names, interval=30, degraded_above_ms=9000)
    with monitored(tmp_path / "m.db", document, limits=EngineLimits(capacity=8)) as monitor:
        monitor.wait(lambda reads: set(names) <= set(reads.services.statuses()), timeout=30)
        status = monitor.engine.status
        assert status.targets == 201
        assert status.dropped == 0
        assert platform.most_at_once <= 8
        assert max(platform.asked[f"/{name}"] for name in names) <= 2
        with monitor.store.read() as reads:
            assert {status.state for status in reads.services.statuses().values()} == {ServiceState.UP}


def test_probe_now_probes_one_or_all_and_knows_its_targets(platform: Platform, tmp_path: Path) -> None:
    with monitored(tmp_path / "m.db", services(platform, "web", "api", interval=3600)) as monitor:
        monitor.wait(lambda reads: {"web", "api"} <= set(reads.services.statuses()))
        monitor.engine.probe_now("web")
        platform.wait_asked("/web", 2)
        assert platform.asked["/api"] == 1
        monitor.engine.probe_now()
        platform.wait_asked("/api", 2)
        with pytest.raises(KeyError, match="nobody"):
            monitor.engine.probe_now("nobody")


def test_an_engine_that_was_never_started_stops_cleanly(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'm.db'}"
    clock = SystemClock()
    with Store.open(url, clock=clock) as store:
        engine = EngineThread(settings=settings({}), store=store, store_url=url, clock=clock)
        assert not engine.status.running
        assert engine.stop()


def test_an_engine_that_ends_by_a_fault_says_so(platform: Platform, tmp_path: Path) -> None:
    with monitored(tmp_path / "m.db", services(platform, "web"), limits=EngineLimits(capacity=0)) as monitor:
        monitor.wait_status(lambda engine: engine.status.failure is not None)
        status = monitor.engine.status
        assert not status.running
        assert status.failure == "ValueError: capacity must be at least 1, not 0"
        assert "The monitor has stopped" in status.notices[0]
        assert not monitor.engine.stop()


def test_one_round_probes_re_checks_stores_and_evaluates(platform: Platform, tmp_path: Path) -> None:
    platform.status = 503
    url = f"sqlite:///{tmp_path / 'm.db'}"
    clock = SystemClock()
    with Store.open(url, clock=clock) as store:
        summary = run_once(settings=settings(services(platform, "web", "api")), store=store, store_url=url, clock=clock)
        assert [result.service for result in summary.results] == ["web", "api", "monitoring-db"]
        assert {result.service for result in summary.down} == {"web", "api"}
        assert [result.attempt for result in summary.attempts if result.service == "web"] == [1, 2, 3]
        assert {episode.subject for episode in summary.alerts if episode.rule_id == "service_down"} == {"web", "api"}
        assert summary.host.memory_usage is not None
        with store.read() as reads:
            assert len(stored(reads)) == len(summary.attempts)
            assert reads.host.sample() is not None
        platform.status = 200
        again = run_once(settings=settings(services(platform, "web", "api")), store=store, store_url=url, clock=clock)
        assert again.down == ()
