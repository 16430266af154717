"""Work while nobody presses a key: the code of other screens, and garbage."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import heap
from support.pictures import NOW, all_fine
from textual.color import Color
from textual.widget import Widget

from amt_console.clock import FakeClock
from amt_console.console.places import PLACES
from amt_console.console.session import SessionFacts
from amt_console.console.spare_time import (
    ALL_FROM,
    AUTOMATIC_FROM,
    AWAY_SECONDS,
    COLLECT_FROM,
    COLLECT_SECONDS,
    QUIET_SECONDS,
    REST_AFTER_SECONDS,
    YOUNG_FROM,
    SpareTime,
)
from amt_console.console.view_state import ViewState


class Host:
    """Runs timers and threads when it is told to."""

    def __init__(self) -> None:
        self.view = ViewState()
        self.view.read(all_fine(), SessionFacts())
        self.timers: list[Callable[[], None]] = []
        self.reads = False
        self.delay = 0.0
        """Of the newest timer."""
        self.threads: list[Callable[[], None]] = []
        self.calls: list[Callable[[], None]] = []

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        self.threads.append(work)

    def on_loop(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Any:
        self.timers.append(callback)
        self.delay = delay

    def step(self) -> None:
        """The next timer, with what follows from it on threads."""
        self.timers.pop()()
        while self.threads:
            self.threads.pop()()
            while self.calls:
                self.calls.pop()()


@pytest.fixture
def host() -> Iterator[Host]:
    thresholds = gc.get_threshold()
    with heap.program_freezes():
        yield Host()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_pieces_are_worked_in_their_order_and_one_that_fails_stops_no_other(host: Host) -> None:
    worked: list[str] = []

    def fail() -> None:
        worked.append("second")
        raise ImportError("a file is gone")

    pieces = (lambda: worked.append("first"), fail, lambda: worked.append("third"))
    SpareTime(host, FakeClock(NOW), pieces).begin()
    host.step()
    assert worked == ["first", "second", "third"]


def test_a_key_and_a_screen_without_data_come_first(host: Host) -> None:
    worked: list[str] = []
    clock = FakeClock(NOW)
    host.view, shown = ViewState(), host.view
    spare = SpareTime(host, clock, [lambda: worked.append("piece")])
    spare.begin()
    host.step()
    assert not worked
    host.view = shown
    spare.pressed()
    host.step()
    assert not worked
    clock.advance(2 * QUIET_SECONDS)
    host.step()
    assert worked == ["piece"]


def test_what_a_key_has_asked_is_read_first_and_endless_polls_stop_nothing(host: Host) -> None:
    worked: list[str] = []
    clock = FakeClock(NOW)
    spare = SpareTime(host, clock, [lambda: worked.append("first"), lambda: worked.append("second")])
    spare.begin()
    spare.pressed()
    clock.advance(2 * QUIET_SECONDS)
    host.reads = True
    host.step()
    assert not worked
    clock.advance(REST_AFTER_SECONDS)
    host.step()
    assert worked == ["first", "second"]


def test_no_garbage_is_collected_while_an_answer_is_read(host: Host) -> None:
    clock = FakeClock(NOW)
    spare = SpareTime(host, clock, ())
    spare.begin()
    host.step()
    frozen = gc.get_freeze_count()
    host.reads = True
    kept = [[] for _ in range(1000)]  # type: ignore[var-annotated]
    _pause(spare, host, clock)
    assert gc.get_freeze_count() <= frozen
    host.reads = False
    clock.advance(COLLECT_SECONDS)
    host.step()
    assert gc.get_freeze_count() > frozen
    assert len(kept) == 1000


def test_new_garbage_is_collected_in_a_pause_and_what_survived_when_nobody_is_there(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Node:
        def __init__(self) -> None:
            self.itself = self

    clock = FakeClock(NOW)
    spare = SpareTime(host, clock, ())
    spare.begin()
    host.step()
    survivor, new = Node(), Node()
    survived, fresh = weakref.ref(survivor), weakref.ref(new)
    del new
    _pause(spare, host, clock)
    assert fresh() is None
    del survivor
    _pause(spare, host, clock)
    assert survived() is not None, "what survived once is left out"
    for _ in range(ALL_FROM):
        _pause(spare, host, clock)
    clock.advance(2 * AWAY_SECONDS)
    monkeypatch.setattr(gc, "unfreeze", heap.unfreeze)
    host.step()
    assert survived() is None


def test_what_closed_screens_have_painted_is_dropped_in_a_pause(host: Host) -> None:
    clock = FakeClock(NOW)
    spare = SpareTime(host, clock, ())
    spare.begin()
    painted = Widget()._styles_cache
    painted.get_inner_outer(Color.parse("black"), Color.parse("navy"))
    seen = weakref.ref(painted)
    del painted
    gc.collect()
    assert seen() is not None, "the toolkit keeps it"
    _pause(spare, host, clock)
    assert seen() is None


def _pause(spare: SpareTime, host: Host, clock: FakeClock) -> None:
    """A key, some collections of young objects, and a pause."""
    spare.pressed()
    for _ in range(COLLECT_FROM):
        gc.collect(0)
    clock.advance(2 * COLLECT_SECONDS)
    host.step()


def test_it_looks_rarely_while_nobody_types(host: Host) -> None:
    clock = FakeClock(NOW)
    spare = SpareTime(host, clock, [lambda: None])
    spare.begin()
    assert host.delay == QUIET_SECONDS, "there is work"
    host.step()
    assert host.delay > QUIET_SECONDS
    spare.pressed()
    host.step()
    assert host.delay == QUIET_SECONDS
    clock.advance(2 * REST_AFTER_SECONDS)
    host.step()
    assert host.delay > QUIET_SECONDS


def test_the_thresholds_are_given_back(host: Host) -> None:
    before = gc.get_threshold()
    spare = SpareTime(host, FakeClock(NOW), ())
    spare.begin()
    assert gc.get_threshold() == (YOUNG_FROM, before[1], AUTOMATIC_FROM)
    spare.close()
    assert gc.get_threshold() == before


@pytest.mark.slow
def test_the_code_of_all_screens_can_be_loaded_without_that_of_charts() -> None:
    modules = [f"amt_console.console.screens.{place.screen.partition(':')[0]}" for place in PLACES]
    code = (
        "import sys\n"
        "from amt_console.console.spare_time import code_of_screens\n"
        "[load() for load in code_of_screens()]\n"
        f"missing = [name for name in {modules!r} if name not in sys.modules]\n"
        "sys.exit(', '.join(missing) or ('charts' if 'plotext' in sys.modules else 0))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
