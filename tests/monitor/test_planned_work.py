"""What is stored of results during planned work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.operations import API, WEB, probe
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, AlertType, ChannelType, ServiceState
from amt_console.model.policy import ChannelFacts, MaintenanceWindow, Policies, Recurrence
from amt_console.monitor.buffer import Collected
from amt_console.monitor.planned_work import in_maintenance
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.policies.stored import add_maintenance
from amt_console.store.schema import table

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
GROUPS = {"backend-api": "platform", "web-app": "shop"}
MOVE = MaintenanceWindow("move", services=("backend-api",), starts_at=NOW, ends_at=NOW + timedelta(hours=1))
DEPLOY = MaintenanceWindow("deploy", groups=("shop",), recurrence=Recurrence(time(12), 600.0))


def states(*windows: MaintenanceWindow, at: datetime = NOW, state: ServiceState = ServiceState.DOWN) -> list[str]:
    results = [probe(API, at, state), probe(WEB, at, state)]
    return [result.state.value for result in in_maintenance(results, windows, GROUPS)]


def test_only_the_services_of_a_running_window_are_in_maintenance() -> None:
    assert states(MOVE) == ["maintenance", "down"]
    assert states(DEPLOY) == ["down", "maintenance"]
    assert states(MOVE, DEPLOY) == ["maintenance", "maintenance"]
    assert states(MOVE, at=NOW - timedelta(seconds=1)) == ["down", "down"]
    assert states(MOVE, DEPLOY, at=NOW + timedelta(hours=1)) == ["down", "down"]
    assert states() == ["down", "down"]


def test_what_works_is_in_maintenance_as_well_and_what_is_unknown_stays_so() -> None:
    assert states(MOVE, state=ServiceState.UP)[0] == "maintenance"
    assert states(MOVE, state=ServiceState.DEGRADED)[0] == "maintenance"
    assert states(MOVE, state=ServiceState.UNKNOWN)[0] == "unknown"


def test_the_rest_of_the_result_is_kept() -> None:
    (result,) = in_maintenance([probe(API, NOW, ServiceState.DOWN)], [MOVE], GROUPS)
    assert result.error == "connection refused by 127.0.0.1:5000"


def test_each_result_counts_by_its_own_moment_and_location() -> None:
    early, late = probe(API, NOW - timedelta(seconds=1)), probe(API, NOW)
    found = in_maintenance([early, late, replace(late, service="backend-api@fra")], [MOVE], GROUPS)
    assert [result.state.value for result in found] == ["up", "maintenance", "maintenance"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as opened:
        yield opened


def probed(recorder: Recorder, clock: FakeClock, times: int) -> None:
    """Failing probes at their interval."""
    for _ in range(times):
        recorder.write([Collected(probe(API, clock.now(), ServiceState.DOWN), clock.instant())])
        clock.advance(API.interval)


def paged(store: Store) -> list[str]:
    with store.read() as reads:
        return [row.kind for row in reads._connection.execute(select(table(OutboxRow)))]


@pytest.mark.slow
@pytest.mark.parametrize("stored", [False, True], ids=["configured", "added by a person"])
def test_an_outage_in_maintenance_is_no_downtime_but_an_alert_that_is_told_at_its_end(
    store: Store, clock: FakeClock, stored: bool
) -> None:
    begin = clock.now()
    window = MaintenanceWindow("move", ("backend-api",), starts_at=begin, ends_at=begin + timedelta(minutes=10))
    if stored:
        with store.transaction() as writes:
            add_maintenance(writes._connection, window, at=begin)
    mail = {"mail": ChannelFacts("mail", ChannelType.EMAIL)}
    policies = Policies(channels=mail, maintenance=() if stored else (window,), groups=GROUPS)
    ruleset = replace(build_ruleset(Settings(), [API]), policies=policies)
    recorder = Recorder(store=store, ruleset=ruleset, clock=clock)
    probed(recorder, clock, 39)
    with store.read() as reads:
        assert reads.services.statuses()["backend-api"].state is ServiceState.MAINTENANCE
        total = reads.services.totals(start=begin, end=clock.now(), services=["backend-api"])["backend-api"]
        (alert,) = reads.alerts.open()
    assert (total.down_us, total.errors) == (0, 0)
    assert total.maintenance_s > 500
    assert (alert.alert_type, alert.state) == (AlertType.SERVICE_DOWN, AlertState.FIRING)
    assert paged(store) == []
    probed(recorder, clock, 4)
    with store.read() as reads:
        assert reads.services.statuses()["backend-api"].state is ServiceState.DOWN
    assert paged(store) == ["catch_up"]
