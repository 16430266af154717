"""The live engine and alerts: real probes, a real database, people acting beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.alerting import acted
from support.monitored import monitored, settings
from support.platform import Platform, serving

from amt_console.clock import SystemClock
from amt_console.model import Acknowledge, AlertState, EpisodeChange, FigureKind, GapReason, Resolution, ServiceState
from amt_console.store import Store, record

pytestmark = pytest.mark.slow

HEALTH = "/api/health"


@pytest.fixture
def platform() -> object:
    with serving() as platform:
        yield platform


def one_service(platform: Platform, **more: object) -> dict[str, object]:
    service = {"name": "backend-api", "url": platform.url + HEALTH, "interval": 1, **more}
    return {"services": [service]}


def test_an_outage_from_the_first_failure_to_the_end(platform: Platform, tmp_path: Path) -> None:
    clock = SystemClock()
    with monitored(tmp_path / "monitoring.db", one_service(platform)) as monitor:
        monitor.wait(lambda reads: reads.services.statuses().get("backend-api"))
        platform.status = 503
        firing = monitor.episode("service_down", "backend-api", AlertState.FIRING)
        assert firing.id is not None
        assert "503" in firing.message

        with Store.open(monitor.url, clock=clock) as beside, beside.transaction(durable=True) as writes:
            current = writes.alerts.episode(firing.id)
            assert current is not None
            taken = acted(current, Acknowledge(firing.id, "looking"), clock, "anna")
            assert taken.episode is not None
            record(writes, EpisodeChange(taken.episode, taken.events))

        platform.status = 200
        monitor.engine.probe_now("backend-api")
        monitor.episode("service_down", "backend-api", AlertState.RECOVERING)
        monitor.engine.probe_now()
        resolved = monitor.episode("service_down", "backend-api", AlertState.RESOLVED)
        assert resolved.id == firing.id
        assert (resolved.acknowledged_by, resolved.note) == ("anna", "looking")
        assert resolved.resolution is Resolution.RECOVERED
        assert monitor.kinds(resolved) == ["opened", "fired", "acknowledged", "recovering", "resolved"]

        with monitor.store.read() as reads:
            failed = [
                result
                for result in reads.services.results(
                    service="backend-api", start=firing.opened_at.replace(year=2000), end=clock.now(), limit=100
                )
                if result.state is ServiceState.DOWN
            ]
        assert [result.attempt for result in reversed(failed)][:3] == [1, 2, 3]
        assert (firing.fired_at or clock.now()) - firing.opened_at < (clock.now() - firing.opened_at)


def test_what_a_failing_service_says_is_kept_with_its_alert(platform: Platform, tmp_path: Path) -> None:
    platform.bodies[HEALTH] = b"could not connect to server db-primary.internal port 5432, password=hunter2"
    platform.status = 503
    with monitored(tmp_path / "monitoring.db", one_service(platform, expect={"text": "ready"})) as monitor:
        firing = monitor.episode("service_down", "backend-api", AlertState.FIRING)
        assert firing.id is not None
        with monitor.store.read() as reads:
            kept = reads.alerts.answers([firing.id])[firing.id]
        assert kept.text == "could not connect to server db-primary.internal port 5432, password=****"
        platform.bodies[HEALTH] = b"the queue is full"
        platform.status = 200
        monitor.engine.probe_now("backend-api")
        monitor.wait(lambda reads: reads.alerts.answers([firing.id or 0])[firing.id or 0].text == "the queue is full")
        (changed,) = monitor.wait(
            lambda reads: [each for each in reads.alerts.events(firing.id or 0) if each.kind == "error_changed"]
        )
        assert ("503" in changed.detail["old_error"], "ready" in changed.detail["new_error"]) == (True, True)
    assert b"db-primary" not in (tmp_path / "monitoring.db").read_bytes()


def test_a_failure_that_a_re_check_does_not_confirm_tells_nobody(platform: Platform, tmp_path: Path) -> None:
    document = {**one_service(platform), "recheck": [0.5, 0.5]}
    with monitored(tmp_path / "monitoring.db", document) as monitor:
        monitor.wait(lambda reads: reads.services.statuses().get("backend-api"))
        platform.status = 500
        monitor.episode("service_down", "backend-api", AlertState.PENDING)
        platform.status = 200
        cleared = monitor.episode("service_down", "backend-api", AlertState.RESOLVED)
        assert cleared.resolution is Resolution.CLEARED
        assert cleared.fired_at is None


def test_a_restart_neither_fires_again_nor_forgets(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    platform.status = 503
    with monitored(path, one_service(platform)) as monitor:
        before = monitor.episode("service_down", "backend-api", AlertState.FIRING)
        assert monitor.engine.stop()
    with monitored(path, one_service(platform)) as monitor:
        monitor.wait(lambda _: "fresh" in monitor.kinds(before))
        now = monitor.episode("service_down", "backend-api", AlertState.FIRING)
        assert now.id == before.id
        assert monitor.kinds(now) == ["opened", "fired", "stale", "fresh"]


class LaterClock(SystemClock):
    """The machine's clock as it will be in two minutes, after a reboot."""

    def now(self):  # type: ignore[no-untyped-def]
        from datetime import timedelta

        return super().now() + timedelta(minutes=2)


def test_the_time_without_a_monitor_is_a_gap(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with monitored(path, one_service(platform)) as monitor:
        monitor.wait(lambda reads: reads.services.statuses().get("backend-api"))
        monitor.wait(lambda reads: reads.monitor.sign_of_life())
    with Store.open(f"sqlite:///{path}", clock=SystemClock(), read_only=True) as store, store.read() as reads:
        last = reads.monitor.sign_of_life()
        assert last is not None
    clock = LaterClock()
    with monitored(path, one_service(platform), clock=clock) as monitor:
        (gap,) = monitor.wait(lambda reads: reads.monitor.gaps(last.started_at, clock.now()))
        assert gap.reason is GapReason.STOPPED
        assert gap.started_at == last.last_cycle_at
        told = monitor.episode("monitor", "monitor", AlertState.RECOVERING)
        assert "nothing was measured" in told.message


def test_a_reload_closes_the_alerts_of_what_is_gone(platform: Platform, tmp_path: Path) -> None:
    platform.status = 503
    document = {
        "services": [
            {"name": "old", "url": platform.url + "/old", "interval": 1},
            {"name": "kept", "url": platform.url + "/kept", "interval": 1},
        ]
    }
    with monitored(tmp_path / "monitoring.db", document) as monitor:
        monitor.episode("service_down", "old", AlertState.FIRING)
        kept = monitor.episode("service_down", "kept", AlertState.FIRING)
        services = [
            {"name": "kept", "url": platform.url + "/kept", "interval": 1},
            {"name": "new", "url": platform.url + "/new", "interval": 1},
        ]
        monitor.engine.reload(settings({"services": services}))
        closed = monitor.episode("service_down", "old", AlertState.RESOLVED)
        assert closed.resolution is Resolution.RULE_REMOVED
        assert monitor.episode("service_down", "new", AlertState.FIRING)
        assert monitor.episode("service_down", "kept", AlertState.FIRING).id == kept.id


def test_figures_are_read_from_the_answers(platform: Platform, tmp_path: Path) -> None:
    platform.bodies["/api/analytics/revenue"] = b'{"mrr": 1234.5, "arr": 14814}'
    document = {"api_base_url": platform.url, "figures": {"revenue": {"mrr": "mrr"}}}
    with monitored(tmp_path / "monitoring.db", document) as monitor:
        figures = monitor.wait(lambda reads: reads.figures.newest().get(FigureKind.REVENUE))
        assert figures.figures["mrr"].value == 1234.5
        assert not figures.simulated
