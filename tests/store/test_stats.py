"""How much is stored, how large it will be, and whether it is sound, on every database."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.model import AuditEntry
from amt_console.store import Store
from amt_console.store.upkeep.integrity import disagreements, rebuild_since
from amt_console.store.upkeep.retention_rules import RetentionPolicy
from amt_console.store.upkeep.stats import TableStats, stats

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def test_every_kind_of_data_is_counted(store: Store) -> None:
    with store.transaction() as writes:
        writes.add_results([result(f"s{k}", seconds=60 * i) for i in range(2880) for k in range(3)])
        writes.add_audit(AuditEntry("ann", "ack", "1", at(0)))
    found = {each.name: each for each in stats(store, RetentionPolicy()).tables}
    logs = found["monitoring_logs"]
    assert (logs.rows, logs.oldest, logs.newest) == (8640, START, at(60 * 2879))
    assert logs.rows_per_day == pytest.approx(4320, rel=0.01)
    assert logs.bytes > 8640 * 50
    assert found["service_rollups of 60 s"].rows == pytest.approx(8640, abs=9)
    assert found["audit"].keep == 730 * DAY
    assert "alerts" not in found, "empty tables are left out"
    states = found["service_state"]
    assert states.bytes_in(365) == states.bytes, "one row a service, however long they are probed"
    assert store.check(full=True) == ()


def test_growth_on_the_first_day_is_that_of_the_first_minutes(store: Store) -> None:
    with store.transaction() as writes:
        writes.add_results([result(f"s{k}", seconds=10 * i, interval=10) for i in range(145) for k in range(5)])
        writes.add_audit(AuditEntry("ann", "ack", "1", at(0)))
        writes.add_audit(AuditEntry("ann", "ack", "1", at(60)))
    found = {each.name: each for each in stats(store, RetentionPolicy()).tables}
    assert found["monitoring_logs"].rows_per_day == pytest.approx(5 * 8640, rel=0.02)
    assert found["service_rollups of 60 s"].rows_per_day == pytest.approx(5 * 1440, rel=0.05)
    assert found["audit"].rows_per_day <= 2, "what people do comes at no rate"


def test_a_single_moment_has_no_rate(store: Store) -> None:
    with store.transaction() as writes:
        writes.add_results([result(f"s{k}") for k in range(5)])
    assert {each.name: each.rows_per_day for each in stats(store, RetentionPolicy()).tables}["monitoring_logs"] == 0


def test_sums_are_compared_and_made_anew_on_every_database(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=60 * i) for i in range(600)])
    looked, wrong = disagreements(store, sample=30)
    assert (looked, wrong) == (30, [])
    with store.transaction() as writes:
        writes._connection.exec_driver_sql("UPDATE service_rollups SET errors = 3 WHERE resolution = 3600")
    assert len(disagreements(store, sample=200)[1]) == 9
    clock.advance(600 * 60)
    parts = list(rebuild_since(store, START - DAY, clock=clock))
    assert [part.done for part in parts] == list(range(1, parts[0].total + 1))
    assert disagreements(store, sample=200)[1] == []


def table(rows: int, age: float, keep: float | None, rate: float) -> TableStats:
    return TableStats(
        "t", rows, rows * 100, at(0), at(age * 86_400), None if keep is None else timedelta(days=keep), rate
    )


def test_forecasts() -> None:
    assert table(1000, 10, None, 100).bytes_in(30) == 100 * 4000, "kept for ever it grows on"
    assert table(1000, 10, 30, 100).bytes_in(365) == 100 * 3000, "then it stays at what is kept"
    assert table(1000, 10, 30, 100).bytes_in(10) == 100 * 2000
    assert table(3000, 30, 30, 0).bytes_in(15) == 100 * 1500, "nothing new, and the old half expires"
    assert table(3000, 30, 30, 0).bytes_in(31) == 0


@given(rows=st.integers(1, 10**6), age=st.floats(0.1, 1000), keep=st.floats(1, 1000), rate=st.floats(0, 10**5))
def test_a_forecast_is_never_negative_nor_more_than_with_nothing_deleted(
    rows: int, age: float, keep: float, rate: float
) -> None:
    kept, ever = table(rows, age, keep, rate), table(rows, age, None, rate)
    for days in (0, 1, 30, 365, 3650):
        assert 0 <= kept.bytes_in(days) <= ever.bytes_in(days) * (1 + 1e-9)
    assert all(a <= b for a, b in pairwise(ever.bytes_in(days) for days in (1, 30, 365)))
