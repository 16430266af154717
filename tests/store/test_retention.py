"""Retention deletes expired rows in short steps; old windows keep their figures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from support.outbox import notice
from support.stores import START, at, episode, event, result
from support.thoroughness import times

from amt_console.clock import FakeClock
from amt_console.model import (
    RESOLUTIONS,
    AlertState,
    AuditEntry,
    BusinessFigures,
    EpisodeChange,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    ServiceState,
)
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.model.policy import MaintenanceWindow, RotaOverride, Silence
from amt_console.store import (
    DeliveryMark,
    Store,
    audit_entries,
    deliveries,
    mark_messages,
    record,
    waiting_messages,
)
from amt_console.store.upkeep.integrity import rebuild_since
from amt_console.store.upkeep.retention import Retention, expired
from amt_console.store.upkeep.retention_rules import RetentionPolicy

pytestmark = pytest.mark.slow

DAY = 86_400
KEEP = timedelta(days=1)
SHORT = RetentionPolicy(
    monitoring_logs=KEEP,
    system_metrics=KEEP,
    alerts=KEEP,
    state_changes=KEEP,
    gaps=KEEP,
    figures=2 * KEEP,
    figures_detail=KEEP,
    audit=KEEP,
    rollups={60: KEEP, 300: 2 * KEEP, 3600: 4 * KEEP, 86_400: None},
)


def prune(store: Store, clock: FakeClock, policy: RetentionPolicy = SHORT) -> dict[str, int]:
    run = Retention(store, policy, clock=clock)
    while run.step() is not None:
        pass
    return run.deleted


def rows(store: Store, service: str = "api") -> list[ProbeResult]:
    with store.read() as reads:
        return reads.services.results(service=service, start=at(-1e8), end=at(1e8), limit=1_000_000, newest_first=False)


def minute_by_minute(minutes: int, first: int = 0) -> list[ProbeResult]:
    return [
        result(seconds=60 * i, state=ServiceState.DOWN if i % 97 == 0 else ServiceState.UP, ms=float(i % 50))
        for i in range(first, first + minutes)
    ]


def test_expired_rows_go_by_whole_days_and_young_ones_stay(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results(minute_by_minute(3 * 1440))
    clock.advance(3 * DAY)
    # It is Thursday noon: what is older than Wednesday noon has expired, so all that was before Wednesday may go.
    expected = {each.what: each.rows for each in expired(store, SHORT, clock.now()) if each.rows}
    assert expected["monitoring_logs"] == 36 * 60
    assert prune(store, clock) == expected
    assert [each.timestamp for each in rows(store)] == [at(60 * i) for i in range(36 * 60, 72 * 60)]
    assert prune(store, clock) == {}
    with store.read() as reads:
        assert len(reads.services.rollups(resolution=86_400, start=START, end=clock.now())["api"]) == 4


def test_steps_are_small_and_a_run_can_be_given_up_at_any_of_them(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results(minute_by_minute(2880))
    clock.advance(4 * DAY)
    first = Retention(store, SHORT, clock=clock)
    step = first.step()
    assert step is not None
    # A server drops the first half day as a whole.
    assert 0 < step.rows <= (60 if "sqlite" in store.url else 720)
    assert len(rows(store)) == 2880 - step.rows
    deleted = prune(store, clock)
    assert deleted["monitoring_logs"] == 2880 - step.rows
    assert rows(store) == []


@dataclass
class Template:
    path: Path
    folder: Path
    copies: int = 0

    def store(self, clock: FakeClock) -> Store:
        self.copies += 1
        copy = self.folder / f"{self.copies}.db"
        shutil.copy(self.path, copy)
        return Store.open(f"sqlite:///{copy}", clock=clock)


@pytest.fixture(scope="module")
def template(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(new_database, tmp_path_factory.mktemp("retention"))


@st.composite
def histories(draw: st.DrawFn) -> list[ProbeResult]:
    """Some bursts of results of two services within six days."""
    results = []
    for _ in range(draw(st.integers(1, 6))):
        moment = float(draw(st.integers(0, 6 * DAY)))
        service = draw(st.sampled_from(["api", "web"]))
        for _ in range(draw(st.integers(1, 12))):
            state = draw(st.sampled_from(list(ServiceState)))
            interval = draw(st.sampled_from([15, 60, 3600]))
            results.append(result(service, moment, state, interval=interval, ms=draw(st.integers(0, 9000)) / 1))
            moment += draw(st.sampled_from([1, 15, 61, 300, 4000]))
    return results


def answers(store: Store, now: datetime) -> object:
    """Everything of old windows that the kept buckets can tell, as finely as they can tell it."""
    today = now.replace(hour=0)
    with store.read() as reads:
        days = [START.replace(hour=0) + timedelta(days=i) for i in range(9)]
        hours = [today - timedelta(hours=i) for i in range(4 * 24)]
        return (
            [reads.services.totals(start=a, end=b) for i, a in enumerate(days) for b in days[i + 1 :]],
            [
                reads.services.totals(start=start, end=start + timedelta(hours=span))
                for start in hours
                for span in (1, 25)
            ],
            reads.services.rollups(resolution=86_400, start=days[0], end=now),
            reads.services.rollups(resolution=3600, start=today - timedelta(days=4), end=now),
            reads.services.rollups(resolution=300, start=today - timedelta(days=2), end=now),
            reads.services.rollups(resolution=60, start=today - timedelta(days=1), end=now),
            {name: (status.state, status.since, status.last) for name, status in reads.services.statuses().items()},
        )


@settings(max_examples=times(8, 80), suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), age=st.integers(0, 9), more=histories())
def test_old_windows_are_the_same_before_and_after(
    template: Template, history: list[ProbeResult], age: int, more: list[ProbeResult]
) -> None:
    clock = FakeClock(at(6 * DAY + age * DAY))
    with template.store(clock) as store:
        with store.transaction() as writes:
            writes.add_results(history)
        before = answers(store, clock.now())
        with store.read() as reads:
            whole = reads.services.totals(start=START.replace(hour=0), end=clock.now())
        prune(store, clock)
        assert answers(store, clock.now()) == before
        with store.transaction() as writes:
            writes.rebuild_rollups(START, clock.now())
        assert answers(store, clock.now()) == before
        with store.transaction() as writes:
            # Results that come too late for what is kept: ignored, or put in their place, and never harm a sum.
            writes.add_results(more)
        with store.read() as reads:
            for each in reads.services.totals(start=START, end=clock.now()).values():
                parts = each.up_s + each.degraded_s + each.down_s + each.maintenance_s + each.unknown_s
                assert parts == pytest.approx(each.seconds)
            after = reads.services.totals(start=START.replace(hour=0), end=clock.now())
        assert all(after[name].samples >= total.samples for name, total in whole.items())


def test_nothing_is_made_anew_from_sums_that_have_expired(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=100_000), result(seconds=430_000)])
    clock.advance(6 * DAY)
    before = answers(store, clock.now())
    prune(store, clock)
    with store.transaction() as writes:
        writes.rebuild_rollups(START, clock.now())
    assert answers(store, clock.now()) == before


@pytest.mark.parametrize("more", [(), (400, 4000)])
def test_a_result_that_is_gone_speaks_on_into_the_days_that_are_left(
    store: Store, clock: FakeClock, more: tuple[int, ...]
) -> None:
    # It was probed once an hour until midnight, and more often since.
    midnight = DAY / 2 + 4 * DAY
    with store.transaction() as writes:
        writes.add_results([result(seconds=midnight - 12, interval=3600)])
        writes.add_results([result(seconds=midnight + 3990 + i, interval=15) for i in (0, 1, *more)])
    clock.advance(6 * DAY)
    before = answers(store, clock.now())
    prune(store, clock)
    assert len(rows(store)) == 2 + len(more)
    with store.transaction() as writes:
        writes.rebuild_rollups(START, clock.now())
    assert answers(store, clock.now()) == before
    assert list(rebuild_since(store, START, clock=clock))
    assert answers(store, clock.now()) == before


def test_rows_of_others_speak_on_over_the_hours_in_which_they_go(
    store: Store, store_url: str, clock: FakeClock
) -> None:
    insert = "INSERT INTO monitoring_logs (timestamp, service_name, status, interval_us) "
    zone = "" if "sqlite" in store_url else "+00:00"
    times = [{"at": f"{at(30 + 60 * i):%Y-%m-%d %H:%M:%S.%f}{zone}"} for i in range(240)]
    with store.transaction() as writes:
        writes.add_results([result(seconds=60 * i) for i in range(240)])
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text(insert + "VALUES (:at, 'theirs', 'up', 60000000)"), times)
    engine.dispose()
    clock.advance(5 * DAY)
    prune(store, clock)
    with store.read() as reads:
        total = reads.services.totals(start=at(-DAY / 2), end=at(DAY / 2))["theirs"]
    # The last one speaks for a minute and a half, each other one until the next, also if that is in the next hour.
    assert (total.samples, total.up_s) == (240, 239 * 60 + 90)


def test_rows_that_others_wrote_are_summed_up_before_they_go(store: Store, store_url: str, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result("web", seconds=60 * i) for i in range(1440)])
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO monitoring_logs (timestamp, service_name, status, response_time_ms, interval_us, attempt) "
                "VALUES (:at, 'theirs', :status, 7, 60000000, 1)"
            ),
            [
                {"at": f"{at(60 * i):%Y-%m-%d %H:%M:%S.%f}+00:00"[: 26 if "sqlite" in store_url else None], "status": s}
                for i, s in enumerate(["up"] * 90 + ["down"] * 30)
            ],
        )
        connection.execute(
            text("INSERT INTO system_metrics (timestamp, cpu_usage) VALUES (:at, 12.5)"),
            [{"at": f"{at(0):%Y-%m-%d %H:%M:%S.%f}+00:00"[: 26 if "sqlite" in store_url else None]}],
        )
    engine.dispose()
    clock.advance(5 * DAY)
    assert prune(store, clock)["monitoring_logs"] == 1440 + 120
    with store.read() as reads:
        total = reads.services.totals(start=at(-DAY / 2), end=at(DAY / 2))["theirs"]
        assert (total.samples, total.errors) == (120, 30)
        assert (total.up_s, total.down_s) == (90 * 60, 30 * 60 + 30)
        assert reads.services.statuses()["theirs"].state is ServiceState.DOWN
        assert reads.host.rollups(resolution=86_400, start=START, end=at(DAY))["cpu_usage"][0].histogram.mean == 12.5


def test_results_too_late_for_what_is_kept_are_ignored(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results(minute_by_minute(3 * 1440))
    clock.advance(3 * DAY)
    prune(store, clock)
    with store.read() as reads:
        before = reads.services.totals(start=START, end=clock.now())
    with store.transaction() as writes:
        writes.add_results([result(seconds=30), result(seconds=DAY + 7.5)])
    with store.read() as reads:
        assert reads.services.totals(start=START, end=clock.now()) == before
    with store.transaction() as writes:
        writes.add_results([result(seconds=2 * DAY + 7.5)])
    with store.read() as reads:
        assert reads.services.totals(start=START, end=clock.now())["api"].samples == before["api"].samples + 1


def test_open_alerts_and_what_holds_now_stay(store: Store, clock: FakeClock) -> None:
    with store.transaction(durable=True) as writes:
        old = record(writes, EpisodeChange(episode("old"), (event("opened", 0, AlertState.PENDING),)))
        closed = episode("closed", state=AlertState.RESOLVED, resolved_at=at(60))
        record(writes, EpisodeChange(closed, (event("resolved", 60, AlertState.FIRING),)))
        late = episode("late", state=AlertState.RESOLVED, resolved_at=at(5 * DAY))
        record(writes, EpisodeChange(late, (event("resolved", 5 * DAY, AlertState.FIRING),)))
        writes.add_results([result(seconds=0), result(seconds=60, state=ServiceState.DOWN), result(seconds=120)])
        writes.add_gap(Gap(at(0), at(60), GapReason.STOPPED))
        writes.add_gap(Gap(at(0), at(5 * DAY), GapReason.STOPPED))
        writes.add_host_sample(HostSample(timestamp=at(0), cpu_usage=5.0, memory_usage=None, disk_usage=None))
        for seconds in (0, 60, 3600):
            value = {"mrr": Figure(float(seconds))}
            writes.add_figures(BusinessFigures(kind=FigureKind.REVENUE, timestamp=at(seconds), figures=value))
        writes.add_audit(AuditEntry("ann", "ack", "1", at(0)))
        writes.add_audit(AuditEntry("bob", "ack", "1", at(5 * DAY)))
    clock.advance(5 * DAY + 60)
    policy = RetentionPolicy(**{name: getattr(SHORT, name) for name in SHORT.__slots__} | {"figures": 9 * KEEP})
    deleted = prune(store, clock, policy)
    with store.read() as reads:
        found = {each.subject for each in reads.alerts.episodes(start=at(-DAY), end=at(9 * DAY), limit=9)}
        assert found == {"old", "late"}
        assert old.id is not None
        assert len(reads.alerts.events(old.id)) == 1
        assert [each.at for each in reads.services.state_changes(start=at(-1), end=at(DAY))] == [at(120)]
        assert reads.services.statuses()["api"].since == at(120)
        assert len(reads.monitor.gaps(at(-1), at(9 * DAY))) == 1
        assert [point[1] for point in reads.figures.history(FigureKind.REVENUE, "mrr", at(-1), at(9 * DAY))] == [
            0,
            3600,
        ]
        assert [each.actor for each in audit_entries(reads)] == ["amt-console", "bob"]
        assert reads.host.rollups(resolution=86_400, start=at(0), end=at(60))["cpu_usage"][0].histogram.mean == 5.0
    assert deleted["business_figures of revenue, beside the hourly ones"] == 1
    with pytest.raises(Exception, match="append-only"), store.transaction() as writes:
        writes._connection.execute(text("DELETE FROM audit"))


def test_for_ever_is_for_ever(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results(minute_by_minute(10))
    clock.advance(3000 * DAY)
    policy = RetentionPolicy(**dict.fromkeys(SHORT.__slots__[:-1]), rollups=dict.fromkeys(RESOLUTIONS))
    assert prune(store, clock, policy) == {}
    assert prune(store, clock)["monitoring_logs"] == 10
    with store.read() as reads:
        assert reads.services.totals(start=at(-43_200), end=at(43_200))["api"].samples == 10


def test_unused_pages_go_back_to_the_disk_in_steps(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        with store.transaction() as writes:
            writes.add_results(minute_by_minute(5000))
        clock.advance(9 * DAY)
        prune(store, clock)
        store.checkpoint(truncate=True)
        path = Path(store.place)
        size, free = path.stat().st_size, store.free_bytes()
        assert free > size / 2
        assert store.give_back(10) == free - 10 * 4096
        while store.give_back(50):
            pass
        store.checkpoint(truncate=True)
        assert path.stat().st_size == size - free
        assert store.check(full=True) == ()
        store.optimize()


def test_messages_go_with_the_alerts_but_those_about_open_ones_stay(store: Store, clock: FakeClock) -> None:
    with store.transaction(durable=True) as writes:
        for subject, state in (("open", AlertState.FIRING), ("over", AlertState.RESOLVED)):
            entry = OutboxEntry("ops", "ops", NoticeKind.FIRED, "it fired", at(0), notice(episode(subject)))
            over = {} if subject == "open" else {"resolved_at": at(60)}
            record(writes, EpisodeChange(episode(subject, state=state, **over), outbox=(entry,)))
    clock.advance(3 * DAY)
    assert prune(store, clock) == {"alerts": 1}, "what waits is never deleted"
    with store.transaction() as writes:
        ids = tuple(row.id for row in waiting_messages(writes, "ops"))
        mark_messages(writes, DeliveryMark(ids, DeliveryState.DELIVERED, clock.now(), "delivered"))
    assert prune(store, clock) == {"outbox": 1}
    with store.read() as reads:
        assert [row.subject for row in deliveries(reads)] == ["open"]
        assert deliveries(reads)[0].attempts


def test_what_people_added_goes_a_while_after_its_end(store: Store, clock: FakeClock) -> None:
    hour, ends = timedelta(hours=1), (at(0), at(4 * DAY))
    with store.transaction() as writes:
        for end in ends:
            writes.policies.add(Silence("known", end, created_by="ann", services=("api",)), at=at(-60))
            writes.policies.add(MaintenanceWindow(str(end), ("api",), starts_at=end - hour, ends_at=end), at=at(-60))
            writes.policies.add(RotaOverride("ann", end - hour, end), at=at(-60))
    clock.advance(3 * DAY)
    assert prune(store, clock) == {"silences": 1, "maintenance": 1, "on-call overrides": 1}
    with store.read() as reads:
        assert [silence.ends_at for silence in reads.policies.silences()] == [ends[1]]
        assert [window.ends_at for window in reads.policies.maintenance()] == [ends[1]]
        assert [override.ends_at for override in reads.policies.overrides()] == [ends[1]]
