"""A day of a console without a terminal: snapshots of all seconds that change, and a person who goes everywhere.

Usage: python -m benchmarks.load.console_day SNAPSHOTS KEYS; it prints its memory in MB after each twelfth.
"""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from datetime import timedelta

import psutil
from support import pictures
from support.console_script import live
from support.desk import Desk, desk
from textual import screen

STRETCHES = 12
UPDATE_PERIOD = 1 / 60
DAY = timedelta(days=1)
ROUND = (
    *("2", "j", "j", "enter", "plus", "plus", "minus", "j", "escape", "3", "j", "enter", "escape", "right", "4"),
    *("plus", "minus", "5", "6", "j", "enter", "escape", "7", "j", "1", "tab", "j", "enter", "escape", "question_mark"),
    *("escape", "colon", "s", "e", "escape", "left_square_bracket", "2", "3", "right_square_bracket", "0", "A"),
    *("escape", "slash", "w", "e", "enter", "slash", "escape", "ctrl+t", "p", "p"),
)
"""All screens, details, ranges, the palette, help, moments, filters and themes."""


async def day(snapshots: int, keys: int) -> None:
    """Show the snapshots and press the keys, evenly."""
    process, choose = psutil.Process(), random.Random(1)
    async with desk(pictures.incident(), size=(120, 40), faults=True) as console:
        # The tests' period is an hour: so long the loop would keep the timer of each closed screen, and the screen.
        screen.UPDATE_PERIOD = UPDATE_PERIOD
        pressed = 0
        for shown in range(snapshots):
            _pass(console, DAY / snapshots)
            console.app.wake()
            await console.settle()
            while pressed < keys * (shown + 1) // snapshots:
                # Mostly as listed; one key in ten at the wrong moment.
                at = pressed if choose.random() < 0.9 else choose.randrange(len(ROUND))
                await console.pilot.press(ROUND[at % len(ROUND)])
                pressed += 1
            console.operations.calls.clear()
            if (shown + 1) % (snapshots // STRETCHES) == 0:
                print(f"{process.memory_info().rss / 2**20:.1f}", flush=True)


def _pass(console: Desk, span: timedelta) -> None:
    """Time passes, and the monitor measures."""
    console.clock.advance(span.total_seconds())
    operations = console.operations
    live(operations, console.clock)  # type: ignore[arg-type]
    operations.show(replace(operations.picture, generated_at=console.clock.now()))


if __name__ == "__main__":
    asyncio.run(day(int(sys.argv[1]), int(sys.argv[2])))
