"""The offset between wall clock and monotonic clock, on a machine that preempts the thread between two readings."""

from __future__ import annotations

import pytest

from collectors.network import stamps

WALL_AHEAD = 1_700_000_000_000_000_000


def test_the_offset_is_taken_where_the_readings_lie_closest_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = iter([8_000_000, 3_000_000, 40_000, 5_000_000, 6_000_000, 7_000_000, 8_000_000, 9_000_000])
    now = 0

    def wall() -> int:
        nonlocal now
        found = now + WALL_AHEAD
        now += next(pauses)
        return found

    def monotonic() -> int:
        nonlocal now
        now += 1_000
        return now

    monkeypatch.setattr(stamps.time, "time_ns", wall)
    monkeypatch.setattr(stamps.time, "monotonic_ns", monotonic)
    offset, after = stamps._wall_offset()
    assert abs(offset - WALL_AHEAD) <= 21_000, "half of the shortest pause, not of the last one"
    assert after == now
