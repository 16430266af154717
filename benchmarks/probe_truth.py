"""Are the measured times true while the console redraws as hard as it can, and what does a probe cost?

Three processes: a server that knows how long it held each request; a console on a pseudo terminal whose main thread
redraws without a pause while its collector probes from a thread; and this one, which reads the terminal and compares.
Then the processor time of a probe, against plain httpx with fresh connections, in this process and turn by turn.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import gc
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from amt_console.clock import SystemClock
from amt_console.model import Service
from benchmarks.figure import Figure
from collectors.http.collector import HttpCollector

MAX_UNCERTAINTY_MS = 0.1
"""Samples for which the server itself cannot say better when it answered are left out, and counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its target."""

    figure: str
    measured: float
    unit: str
    target: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; ``None`` without one."""
        return None if self.target is None else self.measured <= self.target


@contextlib.contextmanager
def hold_server() -> Iterator[int]:
    """The server's port, while its process runs."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.truth.server"], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def truth_round(port: int, probes: int) -> dict[str, list[float]]:
    """Errors in ms of one round: ``collector`` and ``httpx``; ``left_out``, ``frames`` and ``own_ms`` beside them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "measured.json"
        _run_on_terminal([sys.executable, "-m", "benchmarks.truth.console", str(port), str(probes), str(out)])
        measured = json.loads(out.read_text(encoding="utf-8"))
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/held") as answer:
        held = {key: (hold / 1e6, uncertain / 1e6) for key, (hold, uncertain) in json.load(answer).items()}
    errors: dict[str, list[float]] = {"frames": [measured["frames"]], "left_out": [0.0], "own_ms": measured["own_ms"]}
    for prober in ("collector", "httpx"):
        errors[prober] = []
        for key, value in measured[prober].items():
            hold, uncertain = held[key]
            if uncertain > MAX_UNCERTAINTY_MS:
                errors["left_out"][0] += 1
            else:
                errors[prober].append(abs(value - hold))
    return errors


def _run_on_terminal(command: list[str]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        reader = threading.Thread(target=_drain, args=(ours,))
        reader.start()
        code = process.wait()
        reader.join()
    os.close(ours)
    if code:
        raise SystemExit(f"the console ended with {code}")


def _drain(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 65536):
            pass


async def cost_round(port: int, probes: int) -> tuple[float, float]:
    """Processor microseconds a probe: the collector's, and plain httpx's with fresh connections."""
    collector = HttpCollector(clock=SystemClock())
    service = Service("cost", f"http://127.0.0.1:{port}/0/cost")
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client:

        async def ours() -> object:
            return await collector.probe(service)

        async def plain() -> object:
            return await client.get(service.url)

        costs = (await _cpu_us(ours, probes), await _cpu_us(plain, probes))
    await collector.aclose()
    return costs


async def _cpu_us(probe: Callable[[], Awaitable[object]], probes: int) -> float:
    for _ in range(20):
        await probe()
    gc.collect()
    began = time.thread_time()
    for _ in range(probes):
        await probe()
    return (time.thread_time() - began) / probes * 1e6


def quantile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(rounds: int, probes: int) -> list[Row]:
    """All figures, as medians over the rounds."""
    with hold_server() as port:
        truths = [truth_round(port, probes) for _ in range(rounds)]
        costs = [asyncio.run(cost_round(port, probes)) for _ in range(rounds)]

    def over_rounds(name: str, share: float) -> float:
        return statistics.median(quantile(truth[name], share) for truth in truths)

    ours, plain = (statistics.median(column) for column in zip(*costs, strict=True))
    return [
        Row("error of the measured time, median", over_rounds("collector", 0.5), "ms", 0.2),
        Row("error of the measured time, p99", over_rounds("collector", 0.99), "ms", 1.0),
        Row("  worst of all rounds", max(max(truth["collector"]) for truth in truths), "ms"),
        Row("  plain httpx, clock in the caller, median", over_rounds("httpx", 0.5), "ms"),
        Row("  plain httpx, clock in the caller, p99", over_rounds("httpx", 0.99), "ms"),
        Row("  the prober's own pauses, left out of the time, median", over_rounds("own_ms", 0.5), "ms"),
        Row("  frames drawn a round, median", over_rounds("frames", 0.5), ""),
        Row("  samples left out a round (server preempted), median", over_rounds("left_out", 0.5), f"of {2 * probes}"),
        Row("processor time a probe", ours, "us", 350),
        Row("  plain httpx, fresh connections", plain, "us"),
        Row("  ratio", ours / plain, "", 0.5),
    ]


def figures(quick: bool) -> list[Figure]:
    """The same as the rows, in the shape that all benchmarks share."""
    rows = measure(2 if quick else 5, 100 if quick else 200)
    return [Figure(row.figure, row.measured, row.unit, row.target) for row in rows]


def main(argv: list[str] | None = None) -> int:
    """Print a row per figure; exit 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probe_truth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--probes", type=int, default=200, help="probes a round")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    rows = measure(arguments.rounds, arguments.probes)
    if arguments.json:
        print(json.dumps([{**asdict(row), "holds": row.holds} for row in rows], indent=2))
    else:
        for row in rows:
            verdict = "" if row.holds is None else f"target {row.target:g}  {'ok' if row.holds else 'MISSED'}"
            print(f"{row.figure:<58}{row.measured:>10.3f} {row.unit:<8}{verdict}".rstrip())
    return 0 if all(row.holds is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
