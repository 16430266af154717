"""The order of the tests of several workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.spreading import WAITING_WORKERS, spread


@dataclass(frozen=True)
class Test:
    """As much of a collected test as its place depends on."""

    __test__ = False
    path: Path
    number: int
    mark: str = ""

    def iter_markers(self) -> list[pytest.Mark]:
        return [getattr(pytest.mark, self.mark).mark] if self.mark else []


def module(name: str, tests: int, mark: str = "") -> list[Any]:
    return [Test(Path(name), number, mark) for number in range(tests)]


def stretches(items: list[Any], workers: int) -> list[list[Any]]:
    """What each worker gets at first, as ``xdist`` cuts it."""
    found, left = [], list(items)
    for number in range(workers):
        size = len(left) // (workers - number)
        found.append(left[:size])
        del left[:size]
    return found


ALL = [
    *module("quick_a", 70),
    *module("wait_a", 2, "waits"),
    *module("slow_a", 9, "slow"),
    *(*module("slow_e", 3), Test(Path("slow_e"), 3, "slow")),
    *module("wait_b", 3, "pty"),
    *module("quick_b", 40),
    *module("slow_b", 5, "postgres"),
    *module("slow_c", 8, "chromium"),
    *module("wait_c", 1, "pty"),
    *module("slow_d", 7, "slow"),
    *module("wait_d", 2, "waits"),
]
WORKERS = WAITING_WORKERS + 2


def test_nothing_is_lost_and_modules_stay_whole() -> None:
    found = spread(ALL, WORKERS)
    assert sorted(map(str, found)) == sorted(map(str, ALL))
    for name in {test.path for test in ALL}:
        places = [place for place, test in enumerate(found) if test.path == name]  # type: ignore[attr-defined]
        assert [found[place].number for place in places] == list(range(len(places)))  # type: ignore[attr-defined]
        if "quick" not in name.name:
            assert places == list(range(places[0], places[-1] + 1))


def test_some_workers_begin_with_what_waits_and_all_end_with_what_is_quick() -> None:
    first = stretches(spread(ALL, WORKERS), WORKERS)
    begins = [stretch[0].path.name for stretch in first]
    assert [name.partition("_")[0] for name in begins] == ["wait"] * WAITING_WORKERS + ["slow"] * 2
    for stretch in first:
        kinds = ["quick" not in test.path.name for test in stretch]
        assert kinds == sorted(kinds, reverse=True)
        assert any(kinds)
        assert not all(kinds)


@pytest.mark.parametrize("workers", [2, 5, 11])
def test_any_selection_can_be_spread(workers: int) -> None:
    for name in ("quick", "wait", "slow"):
        some = [test for test in ALL if test.path.name.startswith(name)]
        assert sorted(map(str, spread(some, workers))) == sorted(map(str, some))
    assert spread([], workers) == []
