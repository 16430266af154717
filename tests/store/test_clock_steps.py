"""A wall clock that is set forward and back: the state of a service is that of the newest real result, and once time
has caught up all sums are as if the results had come in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stores import START, at, result
from support.thoroughness import times

from amt_console.clock import FakeClock
from amt_console.model import RESOLUTIONS, ProbeResult, ServiceState
from amt_console.store import Store
from amt_console.store.upkeep.integrity import disagreements

pytestmark = pytest.mark.slow

UP, DOWN = ServiceState.UP, ServiceState.DOWN
HOUR, DAY = 3600, 86_400


def add(store: Store, *results: ProbeResult) -> None:
    with store.transaction() as writes:
        writes.add_results(results)


def state(store: Store) -> tuple[ServiceState, float, float]:
    """State, since when, and when it was last looked at, in seconds."""
    with store.read() as reads:
        status = reads.services.statuses()["api"]
    assert status.since is not None
    return status.state, (status.since - START).total_seconds(), (status.last.timestamp - START).total_seconds()


def derived(store: Store) -> object:
    """All that is made of single results."""
    with store.read() as reads:
        start, end = at(-10 * DAY), at(20 * DAY)
        return (
            {
                resolution: reads.services.rollups(resolution=resolution, start=start, end=end)
                for resolution in RESOLUTIONS
            },
            [(row.at, row.state, row.previous) for row in reads.services.state_changes(start=start, end=end)],
            reads.services.statuses(),
        )


def test_what_was_stamped_in_the_future_is_not_what_a_service_is_now(
    store: Store, store_url: str, clock: FakeClock
) -> None:
    add(store, result(seconds=0))
    clock.step_wall(HOUR)
    clock.advance(60)
    add(store, result(seconds=HOUR + 60, state=DOWN))
    assert state(store) == (DOWN, HOUR + 60, HOUR + 60), "as far as anybody can know"
    clock.step_wall(-HOUR)
    for minute in range(2, 5):
        clock.advance(60)
        add(store, result(seconds=60 * minute, ms=10.0 * minute))
        assert state(store) == (UP, 0, 60 * minute)
    clock.advance(60)
    add(store, result(seconds=300, state=DOWN, error="refused"))
    assert state(store) == (DOWN, 300, 300)
    with Store.open(store_url, clock=clock) as after_a_restart:
        clock.advance(60)
        add(after_a_restart, result(seconds=360))
        assert state(after_a_restart) == (UP, 360, 360)
    assert disagreements(store, sample=100)[1] == []


def test_a_clock_that_was_set_back_by_mistake_loses_nothing(store: Store, clock: FakeClock) -> None:
    truth = [result(seconds=60 * minute) for minute in range(-120, 1)]
    add(store, *truth)
    clock.step_wall(-DAY)
    clock.advance(60)
    add(store, result(seconds=60 - DAY, state=DOWN))
    assert state(store) == (DOWN, 60 - DAY, 60 - DAY)
    clock.step_wall(DAY)
    clock.advance(60)
    add(store, result(seconds=120))
    assert state(store) == (UP, -7200, 120)
    with store.read() as reads:
        assert len(reads.services.results(service="api", start=at(-2 * DAY), end=at(DAY), limit=500)) == len(truth) + 2
    assert disagreements(store, sample=100)[1] == []


@pytest.fixture(scope="module")
def copies(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[FakeClock], Store]:
    folder, made = tmp_path_factory.mktemp("steps"), iter(range(100_000))

    def copy(clock: FakeClock) -> Store:
        path = folder / f"{next(made)}.db"
        shutil.copy(new_database, path)
        return Store.open(f"sqlite:///{path}", clock=clock)

    return copy


STEPS = st.sampled_from([0, 0, 0, 5, 100, HOUR, DAY, -100, -700, -HOUR, -DAY])


@settings(max_examples=times(10, 100), suppress_health_check=[HealthCheck.too_slow])
@given(turns=st.lists(st.tuples(STEPS, st.sampled_from([15, 60, 400]), st.sampled_from([UP, DOWN])), max_size=15))
def test_whatever_the_clock_does(
    copies: Callable[[FakeClock], Store], turns: list[tuple[int, int, ServiceState]]
) -> None:
    clock, seen = FakeClock(START), []
    with copies(clock) as store:
        for number, (step, seconds, found) in enumerate(turns):
            clock.step_wall(step)
            clock.advance(seconds + number / 1000)
            now = (clock.now() - START).total_seconds()
            seen.append(result(seconds=now, state=found, ms=float(number)))
            add(store, seen[-1])
            assert state(store)[::2] == (found, pytest.approx(now))
        ahead = max([0.0, *((each.timestamp - START).total_seconds() for each in seen)])
        clock.advance(max(0.0, ahead - (clock.now() - START).total_seconds()) + 60)
        seen.append(result(seconds=(clock.now() - START).total_seconds()))
        add(store, seen[-1])
        with copies(clock) as in_order:
            add(in_order, *seen)
            assert derived(store) == derived(in_order)
