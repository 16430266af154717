"""Durations hold through suspends and clock corrections."""

from __future__ import annotations

from amt_console.clock import FakeClock, SystemClock


def test_a_corrected_wall_clock_changes_no_duration() -> None:
    clock = FakeClock()
    start = clock.instant()
    clock.step_wall(86_400)
    clock.advance(5)
    assert clock.instant().seconds_since(start) == 5
    clock.step_wall(-200_000)
    assert clock.instant().seconds_since(start) == 5


def test_sleep_counts_as_time_that_passed() -> None:
    clock = FakeClock()
    start = clock.instant()
    clock.suspend(3600)
    now = clock.instant()
    assert now.seconds_since(start) == 3600
    assert now.monotonic == start.monotonic


def test_across_a_reboot_the_wall_clock_decides() -> None:
    before = FakeClock(boot_id="one")
    after = FakeClock(wall=before.now(), boot_id="two")
    after.advance(42)
    assert after.instant().seconds_since(before.instant()) == 42
    assert before.instant().seconds_since(after.instant()) == 0


def test_the_machine_clock_runs_forward_in_utc() -> None:
    clock = SystemClock()
    first, second = clock.instant(), clock.instant()
    assert second.monotonic >= first.monotonic
    assert first.wall.utcoffset() is not None
    assert first.boot_id == second.boot_id
