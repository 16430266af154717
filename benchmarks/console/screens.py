"""Screens of the console on the reference history: from a key to the last byte of the screen with its data.

The console stands in the past, where nothing changes by itself: what comes after a key is its paint. It stands some
minutes back, where the age in the title does not change each second. A screen loads its data on threads and paints as
they come; measured is the last byte before a pause of ``QUIET_SECONDS``.
"""

from __future__ import annotations

import math
import os
import select
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history
from benchmarks.programs import AMT, OnTerminal, on_terminal, resident_mb, write_config

SIZE = (120, 40)
PLACES = "2345671"
TARGET_SCREEN_MS = 100.0
TARGET_JUMP_MS = 150.0
QUIET_SECONDS = 0.5
TYPED_SECONDS = 0.24
"""From one key to the next one: the mean of 136 million keys of 168,000 people (Dhakal, Feit, Kristensson, Oulasvirta:
"Observations on Typing from 136 Million Keystrokes", CHI 2018).
"""
LONGEST_SECONDS = 10.0
BACK = timedelta(minutes=5)
READY = b"PAST"
PASTED = ("-15d", "-3d", "-29d", "-1d", "-22d")
TYPED = ("-17d", "-5d", "-27d", "-2d", "-20d")
"""Others: answers about the alerts of a moment are kept for minutes."""


def figures(quick: bool) -> list[Figure]:
    """Each screen, and jumps in time, at 120x40."""
    history = reference_history()
    rounds = 3 if quick else 10
    with tempfile.TemporaryDirectory() as folder, _console(history, Path(folder)) as program:
        program.seen([READY])
        _settled(program)
        shown = {place: [_painted(program, place.encode()) for _ in range(1)] for place in PLACES}
        # Once for the first load of each screen's code, then as a person goes through them.
        for _ in range(rounds):
            for place in PLACES:
                shown[place].append(_painted(program, place.encode()))
        again = sorted(ms for values in shown.values() for ms in values[1:])
        first = max(values[0] for values in shown.values())
        typed = sorted(_typed_jump(program, TYPED[at % len(TYPED)]) for at in range(rounds * 2))
        pasted = sorted(_jump(program, PASTED[at % len(PASTED)]) for at in range(rounds * 2))
        memory = resident_mb(program.process.pid)
    return [
        Figure("a screen of the console, key to painted with its data, p95", _p95(again), "ms", TARGET_SCREEN_MS),
        Figure("  median", statistics.median(again), "ms"),
        Figure("  the slowest, opened for the first time", first, "ms"),
        Figure("a jump to a typed time over 30 days, enter to painted, p95", _p95(typed), "ms", TARGET_JUMP_MS),
        Figure("  median", statistics.median(typed), "ms"),
        Figure("a jump whose time comes together with enter, painted, p95", _p95(pasted), "ms", TARGET_JUMP_MS),
        Figure("  median", statistics.median(pasted), "ms"),
        Figure("  memory after it", memory, "MB"),
    ]


@contextmanager
def _console(history: History, folder: Path) -> Iterator[OnTerminal]:
    """A console that only reads the history, in the past."""
    services = history.fleet.services()
    config = write_config(folder / "config.json", 9, len(services), services[0].interval, name="service-{:03d}")
    at = (history.clock().now() - BACK).isoformat()
    command = [*AMT, "--config", str(config), "--db", history.url, "--read-only", "--at", at]
    with on_terminal(command, SIZE) as program:
        yield program


def _painted(program: OnTerminal, keys: bytes) -> float:
    """Milliseconds from keys to the last byte before a pause."""
    begin = time.perf_counter()
    os.write(program.master, keys)
    return (_settled(program) - begin) * 1000


def _typed_jump(program: OnTerminal, moment: str) -> float:
    """Milliseconds from confirming a typed moment to its last byte: the console reads what is typed so far."""
    for key in ("T", *moment):
        os.write(program.master, key.encode())
        program.read(TYPED_SECONDS)
    return _painted(program, b"\r")


def _jump(program: OnTerminal, moment: str) -> float:
    """Milliseconds from a moment with its confirmation, which leave no time to read ahead, to the last byte."""
    return _painted(program, b"T" + moment.encode() + b"\r")


def _settled(program: OnTerminal) -> float:
    """When the last byte came before a pause."""
    last = begin = time.perf_counter()
    while time.perf_counter() - begin < LONGEST_SECONDS:
        if not select.select([program.master], [], [], QUIET_SECONDS)[0]:
            break
        os.read(program.master, 65536)
        last = time.perf_counter()
    return last


def _p95(values: list[float]) -> float:
    """By nearest rank, of sorted values."""
    return values[math.ceil(0.95 * len(values)) - 1]
