"""Rollups agree with the raw rows, in any order, up to any moment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stores import START, at, result
from support.thoroughness import times

from amt_console.clock import FakeClock, micros
from amt_console.model import RESOLUTIONS, ProbeResult, Rollup, ServiceState
from amt_console.store import Store
from amt_console.store.rollups import finished

pytestmark = pytest.mark.slow

UP, DEGRADED, DOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN
STATES = tuple(ServiceState)
Span = tuple[float, float, ServiceState]


def seconds(result: ProbeResult) -> float:
    return (result.timestamp - START).total_seconds()


def spans(results: Sequence[ProbeResult], now: float) -> Iterator[Span]:
    """What each result speaks for, straight from the definition."""
    ordered = sorted({each.timestamp: each for each in reversed(results)}.values(), key=seconds)
    for this, following in pairwise(ordered):
        yield seconds(this), min(seconds(this) + 1.5 * this.interval, seconds(following)), this.state
    if ordered:
        last = ordered[-1]
        yield seconds(last), min(seconds(last) + 1.5 * last.interval, now), last.state


def expected(results: Sequence[ProbeResult], begin: float, end: float, now: float) -> dict[str, float]:
    """The figures of one stretch, straight from the definitions."""
    known = [each for each in results if seconds(each) < end]
    found = dict.fromkeys(("up", "degraded", "down", "maintenance"), 0.0)
    for first, last, state in spans(known if end <= now else results, min(now, end)):
        if state.value in found:
            found[state.value] += max(0.0, min(last, end) - max(first, begin))
    distinct = {each.timestamp: each for each in reversed(known)}.values()
    counted = [
        each for each in distinct if begin <= seconds(each) and each.attempt == 1 and each.state in (UP, DEGRADED, DOWN)
    ]
    good = [each.response_time_ms for each in counted if each.state is not DOWN and each.response_time_ms is not None]
    return found | {
        "samples": len(counted),
        "errors": sum(each.state is DOWN for each in counted),
        "sum": sum(good),
        "timed": len(good),
    }


def figures(rollup: Rollup) -> dict[str, float]:
    return {
        "up": rollup.up_s,
        "degraded": rollup.degraded_s,
        "down": rollup.down_s,
        "maintenance": rollup.maintenance_s,
        "samples": rollup.samples,
        "errors": rollup.errors,
        "sum": rollup.histogram.total / 1000,
        "timed": rollup.histogram.count,
    }


@st.composite
def histories(draw: st.DrawFn) -> list[ProbeResult]:
    """Results of one service over some hours, in order: intervals, gaps, re-checks and states of all kinds."""
    results = []
    moment = draw(st.integers(0, 3600)) / 2
    for _ in range(draw(st.integers(1, 25))):
        results.append(
            result(
                seconds=moment,
                state=draw(st.sampled_from(STATES)),
                ms=draw(st.one_of(st.none(), st.integers(0, 30_000).map(float))),
                interval=draw(st.sampled_from([15, 60, 300])),
                attempt=draw(st.sampled_from([1, 1, 1, 2])),
            )
        )
        moment += draw(st.sampled_from([1, 14.5, 15, 60, 61, 90, 300, 450, 4000]))
    return results


@dataclass
class Template:
    """A new database, made once and copied for each example."""

    path: Path
    folder: Path
    copies: int = 0

    def store(self, now: float) -> Store:
        self.copies += 1
        copy = self.folder / f"{self.copies}.db"
        shutil.copy(self.path, copy)
        return Store.open(f"sqlite:///{copy}", clock=FakeClock(at(now)))


@pytest.fixture(scope="module")
def template(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(new_database, tmp_path_factory.mktemp("rollups"))


def everything(store: Store) -> object:
    """All that is derived from raw rows."""
    with store.read() as reads:
        start, end = at(-86_400), at(3 * 86_400)
        return (
            {
                resolution: reads.services.rollups(resolution=resolution, start=start, end=end)
                for resolution in RESOLUTIONS
            },
            [(row.at, row.state, row.previous) for row in reads.services.state_changes(start=start, end=end)],
            {name: (status.last, status.since) for name, status in reads.services.statuses().items()},
        )


QUICK = settings(max_examples=times(12, 100), suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(history=histories(), late=st.floats(0, 1000))
def test_every_bucket_is_what_the_definition_says(template: Template, history: list[ProbeResult], late: float) -> None:
    now = seconds(history[-1]) + late
    with template.store(now) as store:
        for each in history:
            with store.transaction() as writes:
                writes.add_results([each])
        with store.read() as reads:
            for resolution in RESOLUTIONS:
                end = -(-(now + 1) // resolution) * resolution
                found = reads.services.rollups(resolution=resolution, start=START, end=at(end))["api"]
                buckets = {(rollup.start - START).total_seconds(): rollup for rollup in found}
                first = -((START.timestamp()) % resolution)
                begin = first
                while begin < end:
                    want = expected(history, begin, begin + resolution, now)
                    if begin in buckets:
                        assert figures(buckets[begin]) == pytest.approx(want, abs=1e-6)
                        assert buckets[begin].unknown_s >= 0
                    else:
                        assert not any(want.values())
                    begin += resolution


@QUICK
@given(history=histories(), data=st.data())
def test_order_batches_duplicates_and_rebuilding_change_nothing(
    template: Template, history: list[ProbeResult], data: st.DataObject
) -> None:
    now = seconds(history[-1]) + 20
    shuffled = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history), max_size=5))))
    with template.store(now) as in_order, template.store(now) as mixed:
        with in_order.transaction() as writes:
            writes.add_results(history)
        rest = list(shuffled)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            with mixed.transaction() as writes:
                writes.add_results(rest[:size])
            del rest[:size]
        truth = everything(in_order)
        assert everything(mixed) == truth
        with mixed.transaction() as writes:
            writes.rebuild_rollups(START, at(now))
        assert everything(mixed) == truth
        with mixed.transaction() as writes:
            writes.add_results([result(seconds=now + 30)])
        with in_order.transaction() as writes:
            writes.add_results([result(seconds=now + 30)])
        assert everything(mixed) == everything(in_order)


@QUICK
@given(history=histories(), cut=st.integers(0, 40_000))
def test_the_past_is_what_it_was(template: Template, history: list[ProbeResult], cut: int) -> None:
    then = seconds(history[0]) + cut / 2 + 0.25
    with template.store(then) as past, template.store(seconds(history[-1]) + 1000) as present:
        with past.transaction() as writes:
            writes.add_results([each for each in history if seconds(each) < then])
        with present.transaction() as writes:
            writes.add_results(history)
        with past.read() as before, present.read() as now:
            for resolution in RESOLUTIONS:
                assert now.services.rollups(
                    resolution=resolution, start=START, end=at(then)
                ) == before.services.rollups(resolution=resolution, start=START, end=at(then))
            assert now.services.totals(start=START, end=at(then)) == before.services.totals(start=START, end=at(then))


@QUICK
@given(history=histories(), cuts=st.lists(st.integers(1, 700), min_size=2, max_size=2, unique=True))
def test_windows_add_up_and_parts_fill_them(template: Template, history: list[ProbeResult], cuts: list[int]) -> None:
    middle, end = sorted(cut * 60 for cut in cuts)
    with template.store(1e6) as store:
        with store.transaction() as writes:
            writes.add_results([*history, result(seconds=1e5)])
        with store.read() as reads:
            first = reads.services.totals(start=START, end=at(middle))["api"]
            second = reads.services.totals(start=at(middle), end=at(end))["api"]
            whole = reads.services.totals(start=START, end=at(end))["api"]
    both = Rollup.merged([first, second], start_us=first.start_us, length_us=first.length_us + second.length_us)
    assert figures(both) == pytest.approx(figures(whole), abs=1e-6)
    assert both == whole
    assert figures(whole) == pytest.approx(expected([*history, result(seconds=1e5)], 0, end, 1e6), abs=1e-6)
    parts = whole.up_s + whole.degraded_s + whole.down_s + whole.maintenance_s + whole.unknown_s
    assert parts == pytest.approx(whole.seconds) == pytest.approx(end)


def test_a_day_on_every_database(store: Store, clock: FakeClock) -> None:
    history = [
        result(name, 60 * i + 7 * k, DOWN if i % 97 < 5 else UP, ms=float(10 + i % 50), attempt=1)
        for i in range(1500)
        for k, name in enumerate(("a", "b", "c"))
    ]
    clock.advance(60 * 1500)
    for begin in range(0, len(history), 900):
        with store.transaction() as writes:
            writes.add_results(history[begin : begin + 900])
    with store.transaction() as writes:
        writes.add_results([result("a", 30_000.5, DOWN), result("c", -500)])
    truth = everything(store)
    with store.transaction() as writes:
        writes.rebuild_rollups(at(-1000), at(90_000))
    assert everything(store) == truth
    with store.read() as reads:
        mine = [each for each in [*history, result("a", 30_000.5, DOWN)] if each.service == "a"]
        total = reads.services.totals(start=START, end=at(86_400), services=["a"])
        assert list(total) == ["a"]
        assert figures(total["a"]) == pytest.approx(expected(mine, 0, 86_400, 90_000))
        few = reads.services.rollups(resolution=300, start=START, end=at(86_400), services=["a", "c"])
        many = reads.services.rollups(resolution=300, start=START, end=at(86_400))
        assert few == {name: many[name] for name in ("a", "c")}
        quick = reads.services.rollups(resolution=300, start=START, end=at(86_400), histograms=False)
        assert quick == {
            name: [replace(each, histogram=replace(each.histogram, counts={})) for each in rows]
            for name, rows in many.items()
        }
        assert [each.mean_ms for each in quick["b"]] == [each.mean_ms for each in many["b"]]


def test_a_silent_monitor_lowers_coverage_and_not_availability(store: Store, clock: FakeClock) -> None:
    hours = [result(seconds=60 * i) for i in range(24 * 60) if not 6 * 60 <= i < 12 * 60]
    with store.transaction() as writes:
        writes.add_results(hours)
    clock.advance(86_400)
    with store.read() as reads:
        day = reads.services.totals(start=START, end=at(86_400))["api"]
    assert day.availability == 1.0
    assert day.coverage == pytest.approx(0.75, abs=0.001)
    assert day.unknown_s == pytest.approx(6 * 3600 - 30)


def test_the_newest_result_speaks_for_one_and_a_half_intervals(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=0, state=DOWN)])
    for passed, down in ((30, 30.0), (70, 70.0), (1000, 90.0)):
        with store.read() as reads:
            clock.advance(passed - (clock.now() - START).total_seconds())
            assert reads.services.totals(start=START, end=at(2000))["api"].down_s == down


def test_an_unknown_resolution_is_refused(store: Store) -> None:
    with store.read() as reads, pytest.raises(ValueError, match="rollups of"):
        reads.services.rollups(resolution=10, start=START, end=START + timedelta(hours=1))


def test_the_steps_of_a_report_are_the_sums_of_their_buckets(store: Store, clock: FakeClock) -> None:
    states = [DOWN if n % 7 == 0 else UP for n in range(120)]
    with store.transaction() as writes:
        writes.add_results([result(seconds=120 * n, state=state) for n, state in enumerate(states) if not 30 < n < 70])
    clock.advance(120 * 120)
    for end in (at(120 * 120), at(10_000)):
        with store.read() as reads:
            steps = reads.services.steps(resolution=300, start=START, end=end, step=900)["api"]
            rollups = reads.services.rollups(resolution=300, start=START, end=end)["api"]
        by_step: dict[int, list[Rollup]] = {}
        for rollup in rollups:
            by_step.setdefault(int((rollup.start - START).total_seconds()) // 900, []).append(rollup)
        assert len(steps) == len(by_step)
        for step, (index, parts) in zip(steps, sorted(by_step.items()), strict=True):
            begin, length = at(900 * index), min(900.0, (end - at(900 * index)).total_seconds())
            assert step == Rollup.merged(parts, start_us=micros(begin), length_us=round(length * 1e6))


@pytest.mark.parametrize("passed", [120 * 120, 120 * 119 + 31, 120 * 119 + 5000])
def test_courses_are_the_numbers_of_the_buckets(store: Store, clock: FakeClock, passed: int) -> None:
    states = [DOWN if n % 7 == 0 else UP for n in range(120)]
    with store.transaction() as writes:
        for name, missing in (("api", range(30, 70)), ("web", range(5))):
            kept = [(n, state) for n, state in enumerate(states) if n not in missing]
            writes.add_results([result(name, seconds=120 * n, state=state) for n, state in kept])
    clock.advance(passed)
    windows = [(at(1500), at(3000)), (at(7200), at(15_000)), (at(0), at(600))]
    windows = [(start, min(end, clock.now())) for start, end in windows]
    with store.read() as reads:
        courses = reads.services.courses(resolution=300, windows=windows)
        rollups = [reads.services.rollups(resolution=300, start=start, end=end) for start, end in windows]

    def measured(bucket: Rollup) -> finished.Measured:
        known, times = bucket.up_us + bucket.degraded_us + bucket.down_us, bucket.histogram
        return bucket.start_us, known, bucket.down_us, times.count, times.total

    assert sorted(courses) == ["api", "web"]
    for name, course in courses.items():
        assert course == [measured(each) for found in rollups for each in found[name]]


def test_a_writing_transaction_sees_the_sums_of_what_it_has_written(store: Store, clock: FakeClock) -> None:
    clock.advance(600)
    with store.transaction() as writes:
        for count in (1, 2, 3):
            writes.add_results([result("api", seconds=60 * count)])
            now = writes.services.totals(start=at(0), end=at(300))["api"]
            past = writes.services.totals(start=at(0), end=at(60 * count), services=["api"])["api"]
            assert (now.samples, past.samples) == (count, count - 1)
