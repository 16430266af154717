"""How long it takes until the program answers, and until the console shows what is stored.

Whole processes, in turn. A first frame is counted from the start of the process to the moment when the last text of the
complete frame has come through the terminal: of the shell, its footer; of the data, the last service that fits on the
screen.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from amt_console.clock import SystemClock
from amt_console.config import targets
from amt_console.demo.history import History as DemoHistory
from amt_console.demo.process import PlatformProcess
from amt_console.demo.server import ServerOptions
from amt_console.demo.settings import write_config as write_demo_config
from amt_console.store import Store
from benchmarks.figure import Figure
from benchmarks.history.reference import reference_history
from benchmarks.programs import AMT, on_terminal, running, wait_for, write_config

TARGET_VERSION = 2.0
TARGET_FRAME = 1.5
TARGET_OWN_DATA = 2.5
TARGET_ATTACHED_DATA = 2.0
TARGET_GROWTH = 1.2
SIZE = (120, 40)
MINIMAL = """
from textual.app import App
from textual.widgets import Footer, Label

class Minimal(App):
    BINDINGS = [("q", "quit", "leave-now")]

    def compose(self):
        yield Label("everything-is-here")
        yield Footer()

Minimal().run()
"""
MINIMAL_TEXTS = (b"everything-is-here", b"leave-now")
SHELL_TEXTS = (b"quit",)
DEMO_TEXTS = (b"backend-api", b"web-app", b"mobile-app", b"api-analytics-rev")
"""Services of the demo; the overview crops the name of the last one."""


def figures(quick: bool) -> list[Figure]:
    """All ratios."""
    rounds = 3 if quick else 9
    return [
        version_ratio(5 if quick else 25),
        *demo_frames(rounds, days=1 if quick else 7),
        *attached_frames(rounds),
        *grown_frames(rounds, quick),
    ]


def version_ratio(rounds: int) -> Figure:
    """``--version`` beside the interpreter alone."""
    program = str(Path(sys.executable).with_name("amt-console"))
    ratio = _paired(lambda: _whole([program, "--version"]), lambda: _whole([sys.executable, "-c", "pass"]), rounds)
    return Figure("amt-console --version, ratio to python -c pass", ratio, "x", TARGET_VERSION)


def demo_frames(rounds: int, days: int) -> list[Figure]:
    """The console as the monitor on the demo's database, beside a minimal Textual app."""
    with demo_database(days) as (config, database):
        command = [*AMT, "--config", str(config), "--db", str(database)]
        _frames(command, DEMO_TEXTS)
        triples = [_frames(command, DEMO_TEXTS) for _ in range(rounds)]
    return [
        Figure(
            f"first full frame (the shell) on the demo database of {days} days, ratio to a minimal Textual app",
            statistics.median(shell / base for base, shell, _ in triples),
            "x",
            TARGET_FRAME,
        ),
        Figure(
            "  the services with their data, ratio to a minimal Textual app",
            statistics.median(data / base for base, _, data in triples),
            "x",
            TARGET_OWN_DATA,
        ),
        *_times(triples),
    ]


def attached_frames(rounds: int) -> list[Figure]:
    """The console that attaches to a running monitor on the demo's database, beside a minimal Textual app."""
    with demo_database(1) as (config, database), demo_monitor(config, database):
        command = [*AMT, "--config", str(config), "--db", str(database)]
        _frames(command, DEMO_TEXTS)
        triples = [_frames(command, DEMO_TEXTS) for _ in range(rounds)]
    return [
        Figure(
            "the services with their data on a console that attaches, ratio to a minimal Textual app",
            statistics.median(data / base for base, _, data in triples),
            "x",
            TARGET_ATTACHED_DATA,
        ),
        *_times(triples),
    ]


@contextmanager
def demo_monitor(config: Path, database: Path) -> Iterator[int]:
    """A headless monitor on the demo's database; its process."""
    with running([*AMT, "monitor", "--config", str(config), "--db", str(database)]) as process:
        wait_for(database.with_name(database.name + ".sock"))
        yield process.pid


def grown_frames(rounds: int, quick: bool) -> list[Figure]:
    """The console on the reference history and on an empty database, both only looking and with the same services."""
    history = reference_history(quick=quick)
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder) / "many.json", 9, history.services, 60)
        empty = Path(folder) / "empty.db"
        Store.open(f"sqlite:///{empty}", clock=SystemClock()).close()
        pairs: list[tuple[float, float, float, float]] = []
        for _ in range(rounds):
            full = _two_frames([*AMT, "--read-only", "--config", str(config), "--db", str(history.path)])
            bare = _two_frames([*AMT, "--read-only", "--config", str(config), "--db", str(empty)])
            pairs.append((*full, *bare))
    return [
        Figure(
            "first frame (the shell) on the reference history, ratio to an empty database",
            statistics.median(pair[0] / pair[2] for pair in pairs),
            "x",
            TARGET_GROWTH,
        ),
        Figure(
            "first frame with the services on the reference history, ratio to an empty database",
            statistics.median(pair[1] / pair[3] for pair in pairs),
            "x",
            TARGET_GROWTH,
        ),
        Figure("  with the services, reference history", 1000 * statistics.median(pair[1] for pair in pairs), "ms"),
    ]


@contextmanager
def demo_database(days: int) -> Iterator[tuple[Path, Path]]:
    """The simulated platform in its process, its configuration, and a database with a past; gone afterwards."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "demo.db"
        options = ServerOptions(seed=1, ports={"api": 0, "web": 0, "mobile": 0})
        with PlatformProcess(options, log=folder / "platform.log") as platform:
            settings = write_demo_config(platform, folder / "demo.json").settings
            history = DemoHistory(
                settings=settings, targets=targets(settings), seed=1, days=days, end=datetime.now(UTC)
            )
            with Store.open(f"sqlite:///{database}", clock=clock) as store:
                history.write(store, clock=clock)
                store.checkpoint(truncate=True)
            yield folder / "demo.json", database


def _frames(command: Sequence[str], texts: Sequence[bytes]) -> tuple[float, float, float]:
    """Seconds to the frame of a minimal app, to the console's shell, and to its data."""
    with on_terminal([sys.executable, "-c", MINIMAL], SIZE) as program:
        base = program.seen(MINIMAL_TEXTS)
    with on_terminal(command, SIZE) as program:
        shell = program.seen(SHELL_TEXTS)
        return base, shell, program.seen(texts)


def _two_frames(command: Sequence[str]) -> tuple[float, float]:
    with on_terminal(command, SIZE) as program:
        return program.seen(SHELL_TEXTS), program.seen((b"service-000", b"service-010"))


def _times(triples: Sequence[tuple[float, float, float]]) -> list[Figure]:
    names = ("  minimal Textual app", "  shell", "  services with their data")
    return [
        Figure(name, 1000 * statistics.median(column), "ms")
        for name, column in zip(names, zip(*triples, strict=True), strict=True)
    ]


def _paired(ours: Callable[[], float], base: Callable[[], float], rounds: int) -> float:
    """Median ratio of turns."""
    ours(), base()
    return statistics.median(ours() / base() for _ in range(rounds))


def _whole(command: Sequence[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(list(command), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin
