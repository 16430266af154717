"""What an idle console costs while its data change every second: bytes, processor time, key to paint.

The console runs on a pseudo terminal in a process of its own, on sample data that change as a monitor changes them: a
new host sample each second, and each service probed every 15 seconds. Beside it, in the same run, a minimal Textual app
on which nothing happens.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.figure import Figure

TESTS = Path(__file__).resolve().parent.parent / "tests"
MINIMAL = "from textual.app import App\nApp().run()"
READY = b"monitoring"
TARGET_BYTES = 4000.0
TARGET_CPU = 2.0
TARGET_PAINT_MS = 10.0
TARGET_FRAME_RATIO = 1.5


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its target."""

    figure: str
    measured: float
    unit: str
    target: float | None = None


class OnTerminal:
    """A process on a pseudo terminal."""

    def __init__(self, arguments: Sequence[str], size: tuple[int, int]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(TESTS),
        }
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def read(self, seconds: float, until: bytes = b"\x00never") -> bytes:
        """What comes within a time, or until some bytes came."""
        collected = b""
        end = time.perf_counter() + seconds
        while until not in collected and (left := end - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0]:
                collected += os.read(self.master, 65536)
        return collected

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def paint_ms(self, key: bytes) -> float:
        """Milliseconds from a key to the first byte of its paint."""
        self.read(0.3)
        begin = time.perf_counter()
        os.write(self.master, key)
        select.select([self.master], [], [], 2.0)
        return (time.perf_counter() - begin) * 1000


@contextlib.contextmanager
def on_terminal(arguments: Sequence[str], size: tuple[int, int]) -> Iterator[OnTerminal]:
    """Start, and end at the end."""
    program = OnTerminal(arguments, size)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.wait()
        os.close(program.master)


def console(picture: str, *options: str) -> list[str]:
    """The command of a console on sample data."""
    return ["-m", "support.console_script", picture, *options]


def first_frame(arguments: Sequence[str], sign: bytes) -> float:
    """Seconds from the start of the process to a sign on the screen."""
    with on_terminal(arguments, (80, 24)) as program:
        program.read(30.0, sign)
        return time.perf_counter() - program.started


def idle(picture: str, size: tuple[int, int], seconds: float) -> list[Row]:
    """Bytes and processor time of an idle console, and its answer to a key."""
    name = f"{picture} {size[0]}x{size[1]}"
    with on_terminal(console(picture, "live"), size) as program:
        program.read(30.0, READY)
        program.read(5.0)
        begin, cpu = time.perf_counter(), program.cpu_seconds()
        sent = len(program.read(seconds))
        took = time.perf_counter() - begin
        used = (program.cpu_seconds() - cpu) / took * 100
        paints = sorted(program.paint_ms(b"jk"[at % 2 : at % 2 + 1]) for at in range(20))
    return [
        Row(f"{name}: sent", sent / took, "bytes/s", TARGET_BYTES if size == (80, 24) else None),
        Row(f"{name}: processor", used, "% of a core", TARGET_CPU),
        Row(f"{name}: key to paint, median", statistics.median(paints), "ms"),
        Row(f"{name}: key to paint, p95", paints[-2], "ms", TARGET_PAINT_MS),
    ]


def minimal(seconds: float) -> Row:
    """Processor time of a Textual app on which nothing happens."""
    with on_terminal(["-c", MINIMAL], (80, 24)) as program:
        program.read(4.0)
        begin, cpu = time.perf_counter(), program.cpu_seconds()
        program.read(seconds)
        return Row(
            "minimal Textual app: processor",
            (program.cpu_seconds() - cpu) / (time.perf_counter() - begin) * 100,
            "% of a core",
        )


def frames(runs: int) -> Row:
    """The console's first full frame beside a minimal app's, as the median ratio of pairs."""
    ratios = []
    for _ in range(runs):
        base = first_frame(["-c", MINIMAL], b"\x1b[?2004h")
        ratios.append(first_frame(console("all_fine"), b"quit") / base)
    return Row("first full frame, ratio to a minimal app", statistics.median(ratios), "x", TARGET_FRAME_RATIO)


def measure(seconds: float, runs: int) -> list[Row]:
    """All figures."""
    rows = [frames(runs), minimal(seconds)]
    for picture, size in (("all_fine", (80, 24)), ("incident", (120, 40)), ("many", (200, 60))):
        rows.extend(idle(picture, size, seconds))
    return rows


def figures(quick: bool) -> list[Figure]:
    """The same as the rows, in the shape that all benchmarks share."""
    rows = measure(5.0, 3) if quick else measure(15.0, 5)
    return [Figure(row.figure, row.measured, row.unit, row.target) for row in rows]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each console is watched")
    parser.add_argument("--runs", type=int, default=5, help="pairs of first frames")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = measure(options.seconds, options.runs)
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for row in rows:
        target = (
            "" if row.target is None else f"  target {row.target:g}  {'ok' if row.measured <= row.target else 'MISSED'}"
        )
        print(f"{row.figure:<46}{row.measured:>10.2f} {row.unit:<12}{target}")


if __name__ == "__main__":
    main()
