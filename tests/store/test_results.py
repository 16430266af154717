"""Results are stored and read unchanged, in any order."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, text
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.model import MAX_NOTE_CHARS, ErrorClass, Phases, ProbeResult, ServiceState
from amt_console.store import StateChangeRow, Store

UP, DOWN, DEGRADED, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UNKNOWN

FULL = ProbeResult(
    service="api",
    timestamp=at(0.123456),
    state=DOWN,
    interval=15.5,
    response_time_ms=1234.567,
    error_class=ErrorClass.HTTP_STATUS,
    error="answered 500 Internal Server Error",
    phases=Phases(dns_ms=0.5, connect_ms=1.25, tls_ms=12.125, first_byte_ms=1200.5, transfer_ms=20.192),
    status_code=500,
    final_url="https://example.test/api/health",
    redirects=2,
    ip="192.0.2.7",
    ip_family="ipv4",
    http_version="1.1",
    tls_expires_at=datetime(2026, 6, 1, tzinfo=UTC),
    body_bytes=1024,
    attempt=3,
    details={"query_ms": 1.5, "rows": 3, "version": "15.2", "lag": None},
)


def add(store: Store, *results: ProbeResult) -> None:
    with store.transaction() as writes:
        writes.add_results(results)


def all_results(store: Store, service: str | None = None) -> list[ProbeResult]:
    with store.read() as reads:
        return reads.services.results(service=service, start=at(-1e6), end=at(1e6), limit=1000, newest_first=False)


def changes(store: Store) -> list[tuple[float, ServiceState, ServiceState | None]]:
    with store.read() as reads:
        found: list[StateChangeRow] = reads.services.state_changes(start=at(-1e6), end=at(1e6))
    return [((change.at - START).total_seconds(), change.state, change.previous) for change in found]


def test_every_field_of_a_result_comes_back(store: Store) -> None:
    add(store, FULL)
    assert all_results(store) == [FULL]
    with store.read() as reads:
        assert reads.services.statuses()["api"].last == FULL


def test_a_body_is_never_stored(store: Store) -> None:
    add(store, result(body=b"secret"))
    assert all_results(store)[0].body is None


def test_times_of_another_zone_come_back_in_utc(store: Store) -> None:
    there = datetime(2026, 1, 5, 14, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    add(store, ProbeResult(service="api", timestamp=there, state=UP, interval=60))
    stored = all_results(store)[0].timestamp
    assert stored == at(5)
    assert stored.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused_and_nothing_is_written(store: Store) -> None:
    naive = ProbeResult(service="api", timestamp=datetime(2026, 1, 5), state=UP, interval=60)  # noqa: DTZ001
    with pytest.raises((ValueError, TypeError)):
        add(store, result(), naive)
    assert all_results(store) == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_a_response_time_that_makes_no_sense_is_none(store: Store, value: float) -> None:
    add(store, result(ms=value, details={"lag": value, "ok": 1}))
    stored = all_results(store)[0]
    assert stored.response_time_ms is None
    assert stored.details["ok"] == 1
    assert stored.details["lag"] is None or stored.details["lag"] == value == -1.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -5.0, 0.0])
def test_an_interval_that_makes_no_sense_speaks_for_no_time(store: Store, value: float) -> None:
    add(store, result(interval=value), result(seconds=30))
    with store.read() as reads:
        assert reads.services.rollups(resolution=60, start=START, end=at(30))["api"][0].up_s == 0


@pytest.mark.parametrize(
    "hostile",
    ["\ud800 lone", "nul\x00", "\x1b[31mred", "[/x]", "x" * 100_000, "\u202eright"],
    ids=["surrogate", "nul", "escape", "markup", "long", "bidi"],
)
def test_hostile_text_never_breaks_an_insert_and_comes_back_harmless(store: Store, hostile: str) -> None:
    add(
        store,
        result(
            service="s", error=hostile, error_class=ErrorClass.PROTOCOL, final_url=hostile, details={hostile: hostile}
        ),
    )
    stored = all_results(store)[0]
    assert stored.error is not None
    for text_ in (stored.error, stored.final_url or "", *stored.details, *map(str, stored.details.values())):
        text_.encode("utf-8")
        assert not set(text_) & set("\x00\x1b\u202e")
        assert len(text_) <= MAX_NOTE_CHARS


def test_a_second_result_of_the_same_moment_is_ignored(store: Store) -> None:
    add(store, result(seconds=0, ms=1), result(seconds=0, ms=2), result(seconds=60, ms=3))
    add(store, result(seconds=0, ms=4), result(seconds=60, ms=5))
    assert [each.response_time_ms for each in all_results(store)] == [1, 3]
    with store.read() as reads:
        assert sum(each.samples for each in reads.services.rollups(resolution=60, start=START, end=at(120))["api"]) == 2


def test_changes_of_state_are_recorded_once_each(store: Store) -> None:
    add(store, result(seconds=0), result(seconds=60), result(seconds=120, state=DOWN), result(seconds=180, state=DOWN))
    add(store, result(seconds=240))
    assert changes(store) == [(0, UP, None), (120, DOWN, UP), (240, UP, DOWN)]
    with store.read() as reads:
        assert reads.services.statuses()["api"].since == at(240)


def test_a_late_result_is_put_in_its_place(store: Store, clock: FakeClock) -> None:
    clock.advance(120)
    add(store, result(seconds=0), result(seconds=120))
    add(store, result(seconds=60, state=DOWN, error="refused"))
    assert changes(store) == [(0, UP, None), (60, DOWN, UP), (120, UP, DOWN)]
    with store.read() as reads:
        status = reads.services.statuses()["api"]
        assert (status.since, status.last.timestamp) == (at(120), at(120))
        assert reads.services.state_changes(start=at(60), end=at(61))[0].error == "refused"


def test_results_older_than_everything_known_are_put_first(store: Store) -> None:
    add(store, result(seconds=0), result(seconds=60))
    add(store, result(seconds=-86_400, state=DOWN), result(seconds=-60))
    assert changes(store) == [(-86_400, DOWN, None), (-60, UP, DOWN)]
    with store.read() as reads:
        assert reads.services.statuses()["api"].since == at(-60)


def test_the_past_can_be_asked_for(store: Store, clock: FakeClock) -> None:
    add(store, *(result(seconds=60 * i, state=DOWN if 3 <= i < 6 else UP, ms=float(i)) for i in range(10)))
    with store.read() as reads:
        assert reads.services.statuses(at(-1)) == {}
        past = reads.services.statuses(at(250))["api"]
        assert (past.state, past.since, past.last.response_time_ms) == (DOWN, at(180), 4.0)
        assert reads.services.statuses(at(240))["api"].last.timestamp == at(240)
        assert reads.services.statuses(at(1e5)) == reads.services.statuses()


def test_results_are_bounded_by_time_service_and_number(store: Store) -> None:
    add(store, *(result(service=name, seconds=60 * i) for i in range(5) for name in ("a", "b")))
    with store.read() as reads:
        newest = reads.services.results(service="a", start=at(0), end=at(240), limit=2)
        assert [each.timestamp for each in newest] == [at(180), at(120)]
        everything = reads.services.results(service=None, start=at(60), end=at(120), limit=10)
        assert {each.service for each in everything} == {"a", "b"}
        assert len(everything) == 2


def test_simulated_results_are_marked_and_remembered(store: Store, store_url: str) -> None:
    with store.read() as reads:
        assert reads.monitor.simulated_until() is None
    with store.transaction(simulated=True) as writes:
        writes.add_results([result(seconds=0), result(seconds=60)])
    with store.transaction(simulated=True) as writes:
        writes.add_results([result(service="late", seconds=30)])
    add(store, result(seconds=120))
    with store.read() as reads:
        assert reads.monitor.simulated_until() == at(60)
    engine = create_engine(store_url)
    with engine.connect() as connection:
        marked = connection.execute(text("SELECT simulated FROM monitoring_logs ORDER BY timestamp")).scalars().all()
    engine.dispose()
    assert [bool(each) for each in marked] == [True, True, True, False]


def test_a_failed_block_leaves_nothing_and_later_ones_are_right(store: Store) -> None:
    add(store, result(seconds=0))

    class Stop(Exception):
        pass

    def interrupted() -> None:
        with store.transaction() as writes:
            writes.add_results([result(seconds=60, state=DOWN)])
            raise Stop

    with pytest.raises(Stop):
        interrupted()
    add(store, result(seconds=120))
    assert changes(store) == [(0, UP, None)]
    with store.read() as reads:
        assert reads.services.rollups(resolution=300, start=START, end=at(200))["api"][0].samples == 2


def test_sql_written_for_the_original_still_works(store: Store, store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO monitoring_logs (service_name, status, response_time_ms) VALUES ('hand', 'up', 12)")
        )
        connection.execute(
            text("INSERT INTO alerts (alert_type, severity, message) VALUES ('custom', 'warning', 'by hand')")
        )
        connection.execute(text("INSERT INTO system_metrics (cpu_usage, network_io) VALUES (1.5, 'no json')"))
    engine.dispose()
    with store.read() as reads:
        found = reads.services.results(service="hand", start=at(-1e9), end=at(1e9), limit=5)
        assert [(each.state, each.response_time_ms) for each in found] == [(UP, 12.0)]
        assert reads.alerts.open()[0].message == "by hand"
        sample = reads.host.sample()
        assert sample is not None
        assert (sample.cpu_usage, sample.network) == (1.5, None)


def test_timestamps_compare_with_sqlites_own_functions(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        add(store, *(result(seconds=60 * i) for i in range(10)))
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        recent = text(
            "SELECT count(*), min(timestamp), avg(response_time_ms) FROM monitoring_logs "
            "WHERE timestamp > datetime('2026-01-05 12:05:00') AND strftime('%H', timestamp) = '12'"
        )
        assert tuple(connection.execute(recent).one()) == (5, "2026-01-05 12:05:00.000000", 20.0)
    engine.dispose()


def test_some_services_are_read_alone(store: Store) -> None:
    names = ("a%", "a%@here", "a%@there", "aaa@here", "other")
    with store.transaction() as writes:
        writes.add_results([result(name, seconds=60 * n) for name in names for n in range(3)])
    with store.read() as reads:
        services = reads.services
        assert sorted(services.series("a%")) == ["a%", "a%@here", "a%@there"]
        assert services.series("nobody") == []
        for moment in (at(90), at(200)):
            whole = services.statuses(moment), services.heard(moment), services.last_changes(moment)
            some = ["a%", "other"]
            alone = services.statuses(moment, some), services.heard(moment, some), services.last_changes(moment, some)
            assert alone == tuple({name: found[name] for name in some} for found in whole)


def test_states_are_taken_over_until_they_change(store: Store) -> None:
    add(store, result("api"), result("web"), result("db"))
    with store.read() as reads:
        before = reads.services.statuses()
    add(store, result("web", seconds=60), result("db", seconds=60, state=DOWN))
    with store.read() as reads:
        after = reads.services.statuses(known=before)
        assert after == reads.services.statuses()
    assert after["api"] is before["api"]
    assert {name: status.last.timestamp for name, status in after.items()} == {
        "api": at(0),
        "db": at(60),
        "web": at(60),
    }
