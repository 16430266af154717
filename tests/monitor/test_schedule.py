"""The schedule: a fixed rate with a phase, nothing queued, quick re-checks."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amt_console.monitor.schedule import TICK, Schedule, phase, slot_after

FLEET = {
    "backend-api": 15.0,
    "web-app": 15.0,
    "mobile-app": 15.0,
    "api-chat-analytics": 60.0,
    "api-plans": 60.0,
    "api-dashboard-overview": 60.0,
    "api-analytics-revenue": 60.0,
}


def run_until(schedule: Schedule, end: float, *, took: float = 0.0) -> list[tuple[float, str]]:
    """Drive a schedule exactly on time with probes that take no (or ``took``) time; returns the starts."""
    starts: list[tuple[float, str]] = []
    while (due := schedule.next_due()) is not None and due <= end:
        for run in schedule.take(due):
            starts.append((due, run.name))
            schedule.finish(run.name, now=due + took, failed=False)
    return starts


def test_the_whole_fleet_is_probed_within_half_a_second_of_the_start() -> None:
    schedule = Schedule(FLEET, now=1000.0)
    starts = run_until(schedule, 1000.5)
    assert [name for _, name in starts][: len(FLEET)] == list(FLEET)
    assert starts[0][0] == 1000.0
    assert len({at for at, _ in starts}) == len(starts)


def test_slots_lie_on_the_grid_of_the_phase_and_never_drift() -> None:
    schedule = Schedule({"backend-api": 15.0}, now=1003.0)
    starts = [at for at, _ in run_until(schedule, 1600.0)]
    grid = starts[1:]
    assert grid[0] - starts[0] >= 5.0
    slots = [(at - phase("backend-api", 15.0)) / 15.0 for at in grid]
    assert slots == pytest.approx([round(slot) for slot in slots])
    assert all(later - sooner == pytest.approx(15.0) for sooner, later in pairwise(grid))
    assert schedule.skipped == 0


def test_a_restart_keeps_the_phase() -> None:
    first = run_until(Schedule({"web-app": 30.0}, now=1000.0), 2000.0)
    second = run_until(Schedule({"web-app": 30.0}, now=1500.0), 2000.0)
    assert first[-3:] == second[-3:]


def test_slots_lie_on_ticks_so_that_probes_start_together() -> None:
    starts = {round(phase(f"service-{index}", 2.0), 6) for index in range(200)}
    assert len(starts) == 20
    assert all(math.isclose(start / TICK, round(start / TICK), abs_tol=1e-6) for start in starts)


def test_phases_spread_evenly_over_two_hundred_targets() -> None:
    seconds = Counter(int(phase(f"service-{index}", 60.0)) for index in range(200))
    assert max(seconds.values()) <= 12
    assert len(seconds) > 45


def test_two_hundred_targets_start_within_the_span_and_then_never_pile_up() -> None:
    schedule = Schedule({f"service-{index}": 60.0 for index in range(200)}, now=0.0)
    starts = run_until(schedule, 300.0)
    assert {name for at, name in starts if at <= 1.0} == {f"service-{index}" for index in range(200)}
    per_second = Counter(int(at) for at, _ in starts if at > 60)
    assert max(per_second.values()) <= 12
    counts = Counter(name for _, name in starts)
    assert set(counts.values()) <= {5, 6}


def test_a_slot_is_skipped_and_counted_while_the_run_before_it_goes() -> None:
    schedule = Schedule({"slow": 10.0}, now=0.0)
    assert [run.name for run in schedule.take(0.0)] == ["slow"]
    first = schedule.next_due()
    assert first is not None
    assert schedule.take(first) == []
    assert schedule.take(first + 10.0) == []
    assert schedule.skipped == 2
    schedule.finish("slow", now=first + 11.0, failed=False)
    assert schedule.take(first + 11.0) == [], "a skipped slot must not be made up for"
    assert [run.name for run in schedule.take(first + 20.0)] == ["slow"]


def test_a_caller_that_comes_late_runs_once_and_counts_what_it_missed() -> None:
    schedule = Schedule({"web-app": 10.0}, now=0.0)
    run_until(schedule, 0.0)
    slot = schedule.next_due()
    assert slot is not None
    runs = schedule.take(slot + 41.0)
    assert [(run.name, run.attempt) for run in runs] == [("web-app", 1)]
    assert runs[0].late == pytest.approx(41.0)
    assert schedule.skipped == 4
    schedule.finish("web-app", now=slot + 41.0, failed=False)
    following = schedule.next_due()
    assert following == pytest.approx(slot + 50.0)


def test_a_late_run_is_not_followed_at_once_by_the_next_slot() -> None:
    schedule = Schedule({"web-app": 9.0}, now=0.0)
    run_until(schedule, 0.0)
    slot = schedule.next_due()
    assert slot is not None
    assert len(schedule.take(slot + 8.0)) == 1
    schedule.finish("web-app", now=slot + 8.0, failed=False)
    assert schedule.next_due() == pytest.approx(slot + 18.0)
    assert schedule.skipped == 1


def test_no_more_than_the_capacity_runs_at_once_and_the_rest_waits_late() -> None:
    schedule = Schedule({f"service-{index}": 60.0 for index in range(5)}, now=0.0, capacity=2)
    assert len(schedule.take(1.0)) == 2
    assert schedule.next_due() is None
    assert schedule.take(1.1) == []
    schedule.finish("service-0", now=2.0, failed=False)
    due = schedule.next_due()
    assert due is not None
    assert due < 2.0
    runs = schedule.take(2.0)
    assert [run.name for run in runs] == ["service-2"]
    assert runs[0].late > 1.0


def test_a_first_failure_is_re_checked_quickly_until_the_first_success() -> None:
    schedule = Schedule({"backend-api": 15.0}, now=0.0, recheck=(1.0, 2.0))
    schedule.take(0.0)
    assert schedule.finish("backend-api", now=0.5, failed=True)
    assert schedule.next_due() == pytest.approx(1.5)
    assert [run.attempt for run in schedule.take(1.5)] == [2]
    assert not schedule.finish("backend-api", now=1.6, failed=False)
    due = schedule.next_due()
    assert due is not None
    assert due >= 5.0
    assert [run.attempt for run in schedule.take(due)] == [1]


def test_re_checks_end_after_the_configured_delays_and_do_not_repeat_while_it_stays_down() -> None:
    schedule = Schedule({"backend-api": 15.0}, now=0.0, recheck=(1.0, 2.0))
    attempts: list[tuple[float, int]] = []
    while (due := schedule.next_due()) is not None and due < 60.0:
        for run in schedule.take(due):
            attempts.append((due, run.attempt))
            schedule.finish(run.name, now=due, failed=True)
    assert [attempt for _, attempt in attempts[:3]] == [1, 2, 3]
    assert attempts[2][0] == pytest.approx(3.0)
    assert {attempt for _, attempt in attempts[3:]} == {1}


def test_a_slot_that_falls_between_re_checks_is_skipped() -> None:
    slot = slot_after("backend-api", 3.0, 1.0)
    schedule = Schedule({"backend-api": 3.0}, now=slot - 1.5, recheck=(2.0, 2.0))
    schedule.take(slot - 1.5)
    schedule.finish("backend-api", now=slot - 1.5, failed=True)
    assert schedule.next_due() == pytest.approx(slot)
    assert schedule.take(slot + 0.001) == []
    assert schedule.skipped == 1
    assert [run.attempt for run in schedule.take(slot + 0.501)] == [2]


def test_probe_now_runs_at_once_and_leaves_the_grid_alone() -> None:
    schedule = Schedule({"web-app": 60.0}, now=0.0)
    run_until(schedule, 0.0)
    slot = schedule.next_due()
    schedule.probe_now(["web-app", "nobody"], now=3.0)
    assert [run.name for run in schedule.take(3.0)] == ["web-app"]
    schedule.probe_now(["web-app"], now=3.1)
    schedule.finish("web-app", now=3.2, failed=False)
    assert schedule.take(3.2) == [], "a request that comes while the probe runs is ignored, not queued"
    assert schedule.next_due() == slot
    assert schedule.skipped == 0


def test_a_reload_keeps_unchanged_slots_and_forgets_removed_targets() -> None:
    schedule = Schedule({"a": 30.0, "b": 30.0}, now=0.0)
    schedule.take(1.0)
    schedule.finish("a", now=1.0, failed=False)
    schedule.replace({"a": 30.0, "c": 30.0}, now=2.0)
    assert [run.name for run in schedule.take(2.0)] == ["c"]
    schedule.finish("b", now=2.5, failed=True)
    schedule.finish("c", now=2.5, failed=False)
    names = {name for _, name in run_until(schedule, 100.0)}
    assert names == {"a", "c"}
    assert schedule.running == 0


def test_a_changed_interval_takes_the_new_grid() -> None:
    schedule = Schedule({"a": 600.0}, now=0.0)
    run_until(schedule, 0.0)
    schedule.replace({"a": 10.0}, now=1.0)
    due = schedule.next_due()
    assert due is not None
    assert due <= 11.0


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_interval_is_refused(interval: float) -> None:
    with pytest.raises(ValueError, match="interval of a"):
        Schedule({"a": interval}, now=0.0)


@settings(max_examples=60)
@given(
    interval=st.floats(0.5, 400.0),
    now=st.floats(0.0, 1e7),
    lateness=st.lists(st.floats(0.0, 500.0), min_size=1, max_size=25),
    lasting=st.floats(0.0, 300.0),
)
def test_whatever_the_lateness_runs_do_not_overlap_and_every_slot_is_run_or_counted(
    interval: float, now: float, lateness: list[float], lasting: float
) -> None:
    schedule = Schedule({"x": interval}, now=now)
    ran: list[float] = []
    for late in lateness:
        due = schedule.next_due()
        assert due is not None
        now = max(now, due + late)
        for run in schedule.take(now):
            assert run.late >= 0
            assert not ran or now >= ran[-1]
            ran.append(now)
            if lasting < interval:
                schedule.finish("x", now=now + lasting, failed=False)
        if lasting >= interval and schedule.running:
            schedule.take(now + lasting)
            schedule.finish("x", now=now + lasting, failed=False)
            now += lasting
    following = schedule.next_due()
    assert following is not None
    first_slot = slot_after("x", interval, ran[0] + interval / 3)
    slots = round((following - first_slot) / interval)
    assert slots == schedule.skipped + len(ran) - 1
