"""What the console does while nobody waits for it: it loads the code of its other screens, and collects garbage."""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Protocol

from textual._styles_cache import StylesCache
from textual.timer import Timer

from amt_console.allocator import return_free_memory
from amt_console.clock import Clock
from amt_console.console.places import PLACES
from amt_console.console.view_state import ViewState

QUIET_SECONDS = 0.3
"""So long after a key nobody waits for an answer."""
COLLECT_SECONDS = 0.5
"""So long after a key new garbage is collected, which takes some milliseconds."""
REST_AFTER_SECONDS, REST_SECONDS = 3.0, 2.0
"""So long after a key the looks become rare, and the seconds between two of them: each wakes the process up."""
AWAY_SECONDS = 20.0
"""So long after a key nobody is there: then all garbage is collected, which takes a tenth of a second and more."""
YOUNG_FROM = 5_000
"""So many more new objects than dropped ones, and the youngest are collected, whoever waits. The usual 700 come and go
with each frame; what lived through ten such collections is then looked at as well, between a key and its answer.
"""
COLLECT_FROM = 4
"""Collections of the youngest objects after which one of all new objects is worth it."""
ALL_FROM, ALL_AT_LAST = 20, 200
"""Collections of new objects after which one of all is worth it, and after which it waits no longer."""
AUTOMATIC_FROM = 8
"""Collections of young objects, each after ten of the youngest, after which the interpreter collects the new ones,
whoever waits.
"""
_SCREENS, _CARDS = "amt_console.console.screens", "amt_console.console.cards"
_DETAILS = ("alert_detail", "service_detail", "monitor", "why", "away")
_log = logging.getLogger(__name__)


class SpareTimeHost(Protocol):
    """The part of the app that works in spare time."""

    view: ViewState

    @property
    def reads(self) -> bool:
        """Whether data that a screen waits for is being read."""
        ...

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        """Run blocking work on a thread of its own."""
        ...

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call once, on the loop."""
        ...


def code_of_screens() -> tuple[Callable[[], object], ...]:
    """What loads the code that is needed later, in small pieces: cards, screens, pages, palette. Then free memory goes
    back to the system: loading leaves 2 MB of it.

    plotext is left out: it takes 5 MB, and many consoles never show a page with a large chart.
    """
    places = (place.screen.partition(":")[0] for place in PLACES)
    modules = (
        f"{_CARDS}.alert_card",
        f"{_CARDS}.service_card",
        *(f"{_SCREENS}.{name}" for name in (*places, *_DETAILS)),
        "amt_console.console.palette",
    )
    return (*(partial(import_module, name) for name in modules), return_free_memory)


class SpareTime:
    """Works one piece after the other, each on a thread, while nobody waits; then it keeps collections short.

    A full collection looks through all objects, and nothing else runs meanwhile. Whatever has survived one is
    therefore left out of the next ones, until nobody is there.
    """

    def __init__(self, host: SpareTimeHost, clock: Clock, pieces: Iterable[Callable[[], object]]) -> None:
        """Args:
        host: The app.
        clock: For the time since the last key.
        pieces: The work.
        """
        self._host, self._clock = host, clock
        self._pieces = deque(pieces)
        self._pressed_at = float("-inf")
        self._collected = ALL_AT_LAST
        """Collections of new objects since one of all; none was made yet."""
        self._thresholds = gc.get_threshold()

    def begin(self) -> None:
        """Begin when there is data on the screen."""
        self._thresholds = gc.get_threshold()
        gc.set_threshold(YOUNG_FROM, self._thresholds[1], AUTOMATIC_FROM)
        self._later()

    def pressed(self) -> None:
        """A key was pressed."""
        self._pressed_at = self._clock.monotonic()

    def close(self) -> None:
        """Leave collections to the interpreter."""
        gc.set_threshold(*self._thresholds)

    def _later(self) -> None:
        rests = not self._pieces and self._quiet >= REST_AFTER_SECONDS
        self._host.set_timer(REST_SECONDS if rests else QUIET_SECONDS, self._go_on)

    @property
    def _quiet(self) -> float:
        return self._clock.monotonic() - self._pressed_at

    def _go_on(self) -> None:
        quiet = self._quiet
        # Polls go on for ever: later than that nobody waits for what they read.
        waited_for = quiet < REST_AFTER_SECONDS and self._host.reads
        if quiet < QUIET_SECONDS or waited_for or self._host.view.shown is None:
            self._later()
        elif self._pieces:
            self._host.on_thread(partial(self._work, self._pieces.popleft()), "spare time")
        else:
            self._collect(quiet)
            self._later()

    def _work(self, piece: Callable[[], object]) -> None:
        try:
            piece()
        except Exception:
            _log.warning("a piece of work in spare time failed", exc_info=True)
        self._host.on_loop(self._go_on)

    def _collect(self, quiet: float) -> None:
        """Collect what is worth it, what closed screens have painted too; leave what survives out of the next ones."""
        if self._collected >= ALL_AT_LAST or (self._collected >= ALL_FROM and quiet >= AWAY_SECONDS):
            gc.unfreeze()
            self._collected = 0
        elif quiet >= COLLECT_SECONDS and gc.get_count()[1] >= COLLECT_FROM:
            self._collected += 1
        else:
            return
        # One cache for all widgets keeps what the last 1,024 have painted, closed ones too (Textualize/textual#6665).
        StylesCache.get_inner_outer.cache_clear()
        gc.collect()
        gc.freeze()
