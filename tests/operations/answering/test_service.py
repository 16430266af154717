"""One service with its history: what screens ask for beside the questions."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from support.recorded import BEN, REFUSED, Recorded, minutes

from amt_console.model import Acknowledge, Phases, ServiceState, StateSpan
from amt_console.operations.protocol import InvalidError, NotFoundError

pytestmark = pytest.mark.slow

DOWN, UP = ServiceState.DOWN, ServiceState.UP


def test_percentiles_lie_on_the_same_buckets_as_the_mean(recorded: Recorded) -> None:
    recorded.go_on(120)
    found = recorded.operations.service("api", hours=2)
    assert found.bucket_seconds == 60
    assert len(found.mean_ms) == len(found.p50_ms) == len(found.p95_ms) == len(found.p99_ms) == 121
    few = recorded.operations.service("api", hours=24, most_buckets=24)
    assert (few.bucket_seconds, len(few.p50_ms)) == (3600, 25)
    assert few.p50_ms[-2] == pytest.approx(43, rel=0.02)
    assert few.p99_ms[-2] == pytest.approx(46, rel=0.02)


def test_mean_phases_of_a_window_up_to_an_hour(recorded: Recorded) -> None:
    recorded.go_on(10)
    recorded.go_on(5, api=DOWN)
    found = recorded.operations.service("api", hours=0.25)
    assert found.phases[-2] == Phases(1.0, 2.0, 3.0)
    assert found.phases[5] is not None
    assert found.phases[5].first_byte_ms == found.mean_ms[5] - 7
    assert len(found.phases) == len(found.mean_ms)
    assert recorded.operations.service("api", hours=2).phases == ()


def test_its_states(recorded: Recorded) -> None:
    recorded.go_on(5)
    down = recorded.now + minutes(1)
    recorded.go_on(5, api=DOWN)
    first, second = recorded.operations.service("api", hours=1).states
    assert (first.state, first.end) == (UP, down)
    assert second == StateSpan(down, recorded.now, DOWN, REFUSED)


def test_the_past_is_the_same_whenever_it_is_asked(recorded: Recorded) -> None:
    recorded.go_on(30)
    number = recorded.alert("api")
    recorded.go_on(5, api=DOWN)
    recorded.clock.advance(13)
    then = recorded.now
    windows = ((0.25, 300), (1, 60), (24, 60), (24, 300), (720, 60))
    before = [recorded.operations.service("api", hours=hours, at=then, most_buckets=most) for hours, most in windows]
    assert before[0].service == next(each for each in recorded.operations.snapshot(then).services if each.name == "api")
    recorded.clock.advance(1)
    recorded.act(Acknowledge(number), BEN)
    recorded.go_on(10)
    recorded.end("api")
    after = [recorded.operations.service("api", hours=hours, at=then, most_buckets=most) for hours, most in windows]
    assert after == before


def test_coarser_buckets_where_the_finer_ones_are_deleted(recorded: Recorded) -> None:
    recorded.go_on(30)
    recorded.clock.advance(3600)
    recorded.go_on(1)
    with recorded.store.transaction() as writes:
        writes._connection.execute(text("DELETE FROM service_rollups WHERE resolution = 60"))
        writes._connection.execute(text("DELETE FROM monitoring_logs"))
    found = recorded.operations.service("api", hours=0.5, at=recorded.now - minutes(45))
    assert found.bucket_seconds == 300


def test_what_is_not_there_or_no_window(recorded: Recorded) -> None:
    for at in (None, recorded.now):
        with pytest.raises(NotFoundError):
            recorded.operations.service("nobody", at=at)
    with pytest.raises(InvalidError):
        recorded.operations.service("api", hours=0)
