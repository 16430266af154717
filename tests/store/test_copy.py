"""``db copy``: everything arrives, an interrupted copy continues, nothing else is overwritten."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from support.documents import json_reports
from support.stores import at, episode, event, result

from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.demo.history import History
from amt_console.model import AlertState, AuditEntry, EpisodeChange, Gap, GapReason, HostSample
from amt_console.store import CopyRefused, SchemaTooOld, Store, StoreError, record, take_lease
from amt_console.store.upkeep.copying import copy_store
from amt_console.store.upkeep.integrity import rebuild_since

pytestmark = pytest.mark.postgres
END = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def write_demo(path: Path, days: float) -> Path:
    """The past of the simulated platform, with incidents, alerts and figures."""
    settings, clock = Settings(), FakeClock(END)
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        History(settings=settings, targets=targets(settings), seed=5, days=days, end=END).write(store, clock=clock)
        with store.transaction() as writes:
            writes.add_audit(AuditEntry("mira", "acknowledge", "alert 1", END, {"note": "on it"}))
            for minutes in (20, 10, 30):
                begun = END - timedelta(hours=2)
                writes.add_gap(Gap(begun, begun + timedelta(minutes=minutes), GapReason.STOPPED))
            writes.sign_of_life(host="here", pid=1, started_at=END, at=END)
    return path


@pytest.fixture(scope="module")
def quarter_of_a_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo") / "monitoring.db", 0.25)


@pytest.fixture
def source_url(quarter_of_a_day: Path, tmp_path: Path) -> str:
    shutil.copy(quarter_of_a_day, tmp_path / "source.db")
    return f"sqlite:///{tmp_path / 'source.db'}"


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def reports(url: str) -> dict[str, bytes]:
    with Store.open(url, clock=FakeClock(END), read_only=True) as store:
        return json_reports(store, FakeClock(END), hours=6)


def test_every_report_is_the_same_from_the_copy_which_copies_back_as_well(
    source_url: str, postgres_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    before = file_of(source_url).read_bytes()
    told: list[tuple[str, int, int]] = []
    copied = copy_store(source_url, postgres_url, clock=clock, progress=lambda *step: told.append(step))
    assert file_of(source_url).read_bytes() == before
    by_name = {each.name: each for each in copied}
    assert by_name["monitoring_logs"].rows > 2_000
    assert by_name["service_rollups"].rows > 2_000
    assert by_name["audit"].rows == 1
    copying = [step for step in told if step[0].startswith("copying")]
    assert [done for _, done, _ in copying] == sorted(done for _, done, _ in copying)
    assert copying[-1][1] == copying[-1][2] == told[-1][1] == sum(each.rows for each in copied)

    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert copy_store(postgres_url, back, clock=clock) == copied
    expected = reports(source_url)
    assert len(expected) == 6
    assert reports(postgres_url) == expected
    with Store.open(back, clock=clock, read_only=True) as store:
        assert store.check(full=True) == ()


def test_the_copy_is_gone_on_with(source_url: str, postgres_url: str, clock: FakeClock) -> None:
    copy_store(source_url, postgres_url, clock=clock)
    with Store.open(postgres_url, clock=clock) as store:
        with store.transaction(durable=True) as writes:
            newest = writes.services.statuses()["backend-api"].last.timestamp
            writes.add_results([result("backend-api", (END - at(0)).total_seconds() + 60)])
            writes.add_host_sample(HostSample(END, 1.0, 2.0, 3.0))
            saved = record(writes, EpisodeChange(episode("web"), (event("opened", 0, AlertState.PENDING),)))
            writes.add_audit(AuditEntry(actor="a", action="b", subject="c", at=END))
        with store.read() as reads:
            assert reads.services.statuses()["backend-api"].last.timestamp > newest
            assert saved.id is not None
            assert len(reads.alerts.events(saved.id)) == 1


class Stop(Exception):
    """The person has pressed ctrl+c."""


def stop_after(batches: int) -> Callable[[str, int, int], None]:
    left = [batches]

    def progress(what: str, done: int, total: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise Stop

    return progress


def test_an_interrupted_copy_goes_on_where_it_was(source_url: str, postgres_url: str, clock: FakeClock) -> None:
    for batches in (1, 3, 5, 9):
        with pytest.raises(Stop):
            copy_store(source_url, postgres_url, clock=clock, progress=stop_after(batches), batch=500)
    told: list[int] = []
    expected = copy_store(
        source_url, postgres_url, clock=clock, progress=lambda _what, done, _all: told.append(done), batch=500
    )
    assert told[0] > 12 * 500, "what was copied is not copied again"
    rows = {each.name: each.rows for each in expected}
    with closing(sqlite3.connect(file_of(source_url))) as connection:
        for name in ("monitoring_logs", "service_rollups", "alert_events", "business_figures"):
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (rows[name],)


def test_a_source_that_has_changed_meanwhile_is_not_mixed_in(
    source_url: str, postgres_url: str, clock: FakeClock
) -> None:
    with pytest.raises(Stop):
        copy_store(source_url, postgres_url, clock=clock, progress=stop_after(2), batch=500)
    with Store.open(source_url, clock=clock) as store, store.transaction() as writes:
        writes.add_results([result("backend-api", 3600)])
    with pytest.raises(CopyRefused, match="has changed since"):
        copy_store(source_url, postgres_url, clock=clock)


def test_a_target_with_other_data_is_refused_and_left_alone(
    source_url: str, postgres_url: str, clock: FakeClock
) -> None:
    with Store.open(postgres_url, clock=clock) as store, store.transaction() as writes:
        writes.add_results([result("mine")])
    with pytest.raises(CopyRefused, match=r"holds other data .*monitoring_logs"):
        copy_store(source_url, postgres_url, clock=clock)
    with Store.open(postgres_url, clock=clock, read_only=True) as store, store.read() as reads:
        assert list(reads.services.statuses()) == ["mine"]


def test_it_is_refused_while_a_monitor_runs(source_url: str, postgres_url: str, clock: FakeClock) -> None:
    lease = take_lease(source_url, clock=clock)
    assert lease is not None
    with lease, pytest.raises(CopyRefused, match="is the monitor of the source"):
        copy_store(source_url, postgres_url, clock=clock)
    lease = take_lease(postgres_url, clock=clock)
    assert lease is not None
    with lease, pytest.raises(CopyRefused, match="works on the target"):
        copy_store(source_url, postgres_url, clock=clock)
    with pytest.raises(CopyRefused, match="same database"):
        copy_store(source_url, source_url, clock=clock)


def test_values_that_only_a_file_takes_arrive_as_near_as_can_be(
    source_url: str, postgres_url: str, clock: FakeClock
) -> None:
    with closing(sqlite3.connect(file_of(source_url))) as connection:
        connection.execute(
            "INSERT INTO monitoring_logs (timestamp, service_name, status, response_time_ms, error_message) "
            "VALUES ('2025-01-05 11:00:00', 'odd', 'up', 12.5, 'a' || char(0) || 'b')"
        )
        connection.execute(
            "INSERT INTO system_metrics (timestamp, cpu_usage, active_connections) VALUES "
            "('2025-01-05 11:00:00', 'much', 1e300), ('2025-01-05 11:01:00', 12, 3.5)"
        )
        connection.commit()
    with Store.open(source_url, clock=clock) as store:
        # The sums and states are made of these values.
        assert list(rebuild_since(store, at(-4e7), clock=clock))
    copy_store(source_url, postgres_url, clock=clock)
    with Store.open(postgres_url, clock=clock, read_only=True) as store, store.read() as reads:
        (found,) = reads.services.results(service="odd", start=at(-4e7), end=at(0), limit=10)
        assert (found.response_time_ms, found.error) == (12.0, "a\u2400b")
        assert reads.services.statuses()["odd"].last.error == "a\u2400b"
        first, second = reads.host.samples(at(-4e7), at(-3e7))
        assert (first.cpu_usage, first.active_connections) == (None, None)
        assert (second.cpu_usage, second.active_connections) == (12.0, 4)


def test_a_row_that_is_lost_on_the_way_is_noticed(
    source_url: str, postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import create_engine, text

    def lose(what: str, done: int, total: int) -> None:
        if what == "copying store_meta":
            engine = create_engine(postgres_url)
            with engine.begin() as connection:
                connection.execute(text("UPDATE service_rollups SET sum_us = sum_us + 1 WHERE start % 7200 = 0"))
            engine.dispose()

    with pytest.raises(StoreError, match="The copy of service_rollups differs"):
        copy_store(source_url, postgres_url, clock=clock, progress=lose)


def test_an_older_source_must_be_upgraded_first(tmp_path: Path, postgres_url: str, clock: FakeClock) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alerts (id INTEGER PRIMARY KEY)")
    with pytest.raises(SchemaTooOld, match="db upgrade"):
        copy_store(f"sqlite:///{path}", postgres_url, clock=clock)
