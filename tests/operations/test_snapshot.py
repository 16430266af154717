"""The live snapshot: what is broken, since when, and who has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from support.operations import API, WEB, episode, probe
from support.rotas import ROTAS

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    AlertEvent,
    AlertState,
    BusinessFigures,
    EpisodeChange,
    Figure,
    FigureKind,
    MonitorState,
    Overall,
    ServiceState,
    Severity,
)
from amt_console.model.oncall import OnCall
from amt_console.operations.answering.settled import KEPT_SECONDS, SETTLED_AFTER
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.local import MOST_SNAPSHOTS, LocalOperations
from amt_console.operations.protocol import NotFoundError
from amt_console.store import Store, record

Feed = Callable[..., None]
Fire = Callable[..., int]


def test_an_empty_database_is_unknown_and_names_every_service(operations: LocalOperations) -> None:
    picture = operations.snapshot()
    assert picture.overall is Overall.UNKNOWN
    assert picture.monitor.state is MonitorState.STOPPED
    assert [service.name for service in picture.services] == ["backend-api", "web-app"]
    assert {service.state for service in picture.services} == {ServiceState.UNKNOWN}
    assert all(service.uptime_percent_24h is None for service in picture.services)


def test_all_up_is_ok(operations: LocalOperations, feed: Feed, clock: FakeClock) -> None:
    feed()
    checked = clock.now()
    clock.advance(1)
    picture = operations.snapshot()
    assert picture.overall is Overall.OK
    assert picture.monitor.state is MonitorState.RUNNING
    api = picture.services[0]
    assert (api.state, api.response_time_ms, api.last_checked) == (ServiceState.UP, 20.0, checked)
    assert picture.resources.sample is not None
    assert picture.resources.cpu[-1] == 12.0


def test_a_password_in_a_url_is_never_shown(operations: LocalOperations, feed: Feed) -> None:
    feed()
    assert "secret" not in repr(operations.snapshot())


def test_since_is_when_the_state_began(operations: LocalOperations, feed: Feed, clock: FakeClock) -> None:
    feed()
    clock.advance(15)
    feed(backend_api=ServiceState.DOWN)
    began = clock.now()
    clock.advance(15)
    feed(backend_api=ServiceState.DOWN)
    api = operations.snapshot().services[0]
    assert (api.state, api.since) == (ServiceState.DOWN, began)
    assert api.error == "connection refused by 127.0.0.1:5000"


def test_a_result_that_is_too_old_speaks_for_nothing(operations: LocalOperations, feed: Feed, clock: FakeClock) -> None:
    feed()
    clock.advance(90)
    states = {service.name: service.state for service in operations.snapshot().services}
    assert states == {"backend-api": ServiceState.UNKNOWN, "web-app": ServiceState.UP}


def test_a_silent_monitor_makes_the_whole_unknown(operations: LocalOperations, feed: Feed, clock: FakeClock) -> None:
    feed()
    clock.advance(45)
    picture = operations.snapshot()
    assert picture.monitor.state is MonitorState.SILENT
    assert picture.overall is Overall.UNKNOWN


def test_alerts_come_worst_first_and_the_overall_follows(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    warning = fire(subject="cpu", rule_id="cpu_usage/host", severity=Severity.WARNING)
    assert operations.snapshot().overall is Overall.WARNING
    clock.advance(1)
    pending = fire(subject="web-app", state=AlertState.PENDING)
    assert operations.snapshot().overall is Overall.WARNING, "a pending alert is not confirmed"
    critical = fire()
    picture = operations.snapshot()
    assert [alert.id for alert in picture.alerts] == [critical, pending, warning]
    assert picture.overall is Overall.CRITICAL
    assert picture.services[0].alert_id == critical


def test_the_version_moves_exactly_when_something_shown_does(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    first = operations.snapshot()
    clock.advance(0.5)
    assert operations.snapshot().version == first.version
    fire()
    assert operations.snapshot().version > first.version


def test_uptime_needs_coverage(operations: LocalOperations, feed: Feed, clock: FakeClock) -> None:
    for _ in range(30):
        feed()
        clock.advance(15)
    api = operations.snapshot().services[0]
    assert api.uptime_percent_24h is None
    assert 0.4 < api.coverage_percent_24h < 0.6


def test_the_past_is_shown_as_it_was(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock, store: Store
) -> None:
    feed()
    clock.advance(15)
    feed(backend_api=ServiceState.DOWN)
    alert_id = fire()
    then = clock.now()
    clock.advance(15)
    operations.act(Acknowledge(alert_id, "mine"))
    feed()
    assert operations.snapshot().services[0].state is ServiceState.UP
    past = operations.snapshot(then)
    assert past.at == then
    assert past.services[0].state is ServiceState.DOWN
    assert [alert.acknowledged_by for alert in past.alerts] == [None]


def test_a_firing_critical_outlives_its_monitor(
    operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    fire()
    clock.advance(3600)
    assert operations.snapshot().overall is Overall.CRITICAL, "no data never resolves an alert"


@pytest.mark.slow
def test_a_service_that_was_not_there_yet_does_not_make_the_past_unknown(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    with store.transaction() as writes:
        writes.add_results([probe(API, clock.now())])
        writes.sign_of_life(host="here", pid=1, started_at=clock.now(), at=clock.now())
    then = clock.now()
    clock.advance(1)
    assert operations.snapshot(then).overall is Overall.OK


def test_what_the_monitor_cannot_do_comes_first_and_is_told_apart(
    operations: LocalOperations, store: Store, store_url: str, clock: FakeClock
) -> None:
    faults: list[str] = []
    watching = LocalOperations(
        store=store,
        store_url=store_url,
        settings=Settings(),
        targets=operations.targets,
        clock=clock,
        engine_notices=lambda: ("The clock was set back.",),
        engine_faults=lambda: tuple(faults),
        remarks=lambda: ("a demo runs",),
    )
    quiet = watching.snapshot()
    assert quiet.faults == ()
    faults.append("The database cannot be written: the disk is full.")
    picture = watching.snapshot()
    assert picture.faults == tuple(faults)
    assert picture.version > quiet.version
    assert picture.notices[:3] == (faults[0], "The clock was set back.", "a demo runs")
    assert "only receiver" in picture.notices[3], "true of every new installation, so it stands last"


def test_after_the_clock_was_set_back_the_picture_shows_what_is_measured_now(
    operations: LocalOperations, store: Store, clock: FakeClock, feed: Feed
) -> None:
    def measure(mrr: float, **states: ServiceState) -> None:
        feed(**states)
        with store.transaction() as writes:
            writes.add_figures(BusinessFigures(FigureKind.REVENUE, clock.now(), {"mrr": Figure(mrr)}))

    measure(1.0)
    clock.step_wall(86_400)
    clock.advance(15)
    measure(2.0, backend_api=ServiceState.DOWN)
    assert operations.snapshot().services[0].state is ServiceState.DOWN
    clock.step_wall(-86_400)
    clock.advance(15)
    measure(3.0)
    picture = operations.snapshot()
    assert picture.services[0].state is ServiceState.UP
    assert picture.services[0].last_checked == clock.now()
    assert picture.resources.sample is not None
    assert picture.resources.sample.timestamp == clock.now()
    assert picture.figures[FigureKind.REVENUE].figures["mrr"] == Figure(3.0)


def test_a_snapshot_of_the_past_is_read_once_it_is_settled_and_then_kept(
    operations: LocalOperations, feed: Feed, clock: FakeClock
) -> None:
    feed()
    clock.advance(10)
    then = clock.now()
    clock.advance(SETTLED_AFTER.total_seconds() - 1)
    assert operations.snapshot(then) is not operations.snapshot(then)
    clock.advance(1)
    kept = operations.snapshot(then)
    assert operations.snapshot(then) is kept
    moments = [then - timedelta(seconds=1 + index) for index in range(MOST_SNAPSHOTS)]
    assert [operations.snapshot(at).at for at in moments] == moments
    assert operations.snapshot(then) is not kept, "only the newest are kept"


def test_a_service_of_the_past_is_that_of_its_snapshot_once_that_is_settled(
    operations: LocalOperations, feed: Feed, clock: FakeClock
) -> None:
    feed()
    clock.advance(10)
    then = clock.now()
    for age in (SETTLED_AFTER.total_seconds() - 1, SETTLED_AFTER.total_seconds(), KEPT_SECONDS):
        clock.advance((then - clock.now()).total_seconds() + age)
        read = operations.service("backend-api", at=then).service
        known = next(each for each in operations.snapshot(then).services if each.name == "backend-api")
        assert operations.service("backend-api", at=then).service == read == known
        assert (operations.service("backend-api", at=then).service is known) == (age >= SETTLED_AFTER.total_seconds())
    clock.advance(KEPT_SECONDS)
    assert operations.service("backend-api", at=then).service is not known
    clock.advance(1)
    assert operations.service("backend-api", at=then + timedelta(seconds=1)).service.since == read.since


def test_a_past_moment_is_the_past_in_every_detail(
    operations: LocalOperations, store: Store, clock: FakeClock, feed: Callable[..., None]
) -> None:
    feed(backend_api=ServiceState.DOWN)
    began = clock.now()
    with store.transaction(durable=True) as writes:
        new = episode(began)
        events = tuple(
            AlertEvent(kind=kind, at=began, state=new.state, severity=new.severity, message=new.message)
            for kind in ("opened", "fired")
        )
        alert_id = record(writes, EpisodeChange(new, events)).id
    assert alert_id is not None
    clock.advance(10)
    then = clock.now()
    clock.advance(600)
    operations.act(Acknowledge(alert_id, "mine now"))
    feed()

    monitor = operations.snapshot(then).monitor
    assert (monitor.state, monitor.pid, monitor.last_cycle_at) == (MonitorState.RUNNING, None, None)
    past = operations.alert(alert_id, at=then)
    assert (past.episode.acknowledged_by, past.episode.note) == (None, None)
    assert [event.kind for event in past.events] == ["opened", "fired"]
    assert operations.alert(alert_id).episode.acknowledged_by == "ann"
    service = operations.service("backend-api", hours=1, at=then)
    assert service.end == then
    assert service.service.state is ServiceState.DOWN
    assert [alert.acknowledged_by for alert in service.alerts] == [None]
    assert all(probe.timestamp <= then for probe in service.probes)
    with pytest.raises(NotFoundError, match="opened after"):
        operations.alert(alert_id, at=began - timedelta(seconds=1))


def test_who_is_on_call_now_and_then(store: Store, store_url: str, clock: FakeClock) -> None:
    settings = Settings.model_validate(ROTAS)
    operations = LocalOperations(store=store, store_url=store_url, settings=settings, targets=(API, WEB), clock=clock)
    change = datetime(2026, 1, 12, 8, tzinfo=UTC)
    assert operations.snapshot().on_call == (OnCall("oncall", "Ada", change), OnCall("shop", "Grace", None))
    assert [item.person for item in operations.snapshot(change).on_call] == ["Grace", "Grace"]
    document = snapshot_json(operations.snapshot())
    assert document["on_call"][0] == {"rota": "oncall", "person": "Ada", "until": "2026-01-12T08:00:00.000+00:00"}


def test_an_alert_of_planned_work_is_shown_and_needs_nobody(
    store: Store, store_url: str, clock: FakeClock, feed: Feed, fire: Fire
) -> None:
    feed(backend_api=ServiceState.MAINTENANCE)
    fire()
    work = {"name": "move", "services": ["backend-api"], "start": "12:00", "duration": "1h"}
    settings = Settings.model_validate({"maintenance": [work]})
    operations = LocalOperations(store=store, store_url=store_url, settings=settings, targets=(API, WEB), clock=clock)
    picture = operations.snapshot()
    assert [alert.maintenance for alert in picture.alerts] == ["move"]
    assert not picture.alerts[0].needs_somebody
    assert picture.overall is Overall.OK
    clock.advance(3600)
    feed(backend_api=ServiceState.UNKNOWN)
    assert operations.snapshot().overall is Overall.CRITICAL
