"""Processor time of a probe, alone and stored, beside blackbox_exporter's bare probe of the same target.

Debian's package ``prometheus-blackbox-exporter`` is used when it is installed, or whatever program
``AMT_BLACKBOX_EXPORTER`` names.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import shutil
import socket
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from amt_console.clock import SystemClock
from amt_console.model import Service, ServiceState
from benchmarks.figure import Figure
from benchmarks.programs import answer_server, cpu_seconds, pin, running
from benchmarks.steady import monitor
from collectors.http.collector import HttpCollector

TARGET_RATIO = 1.0
TARGET_STORED_RATIO = 0.6
SERVICES = 200
INTERVAL = 2.0
"""100 probes a second."""
MODULES = """modules:
  http_2xx:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
"""


def figures(quick: bool) -> list[Figure]:
    """The ratios, turn by turn."""
    rounds, probes = (3, 200) if quick else (7, 500)
    exporter = os.environ.get("AMT_BLACKBOX_EXPORTER") or shutil.which("prometheus-blackbox-exporter")
    pin(0, 0)
    with answer_server() as port:
        if exporter is None:
            ours = statistics.median(asyncio.run(our_cost(port, probes)) for _ in range(rounds))
            note = "prometheus-blackbox-exporter is not installed"
            return [
                Figure("processor time of a probe, ratio to blackbox_exporter", None, "x", TARGET_RATIO, note=note),
                Figure("  a probe of ours", ours, "us"),
            ]
        with tempfile.TemporaryDirectory() as folder, _exporter(exporter, Path(folder), port) as (opener, page, pid):
            pairs = [
                (asyncio.run(our_cost(port, probes)), _their_cost(opener, page, pid, probes)) for _ in range(rounds)
            ]
            stored = _stored_pairs(opener, page, pid, port, rounds, 5.0 if quick else 10.0)
    return [
        Figure(
            "a stored probe, processor time of the whole monitor, ratio to a bare probe of blackbox_exporter",
            statistics.median(mine / theirs for mine, theirs in stored),
            "x",
            TARGET_STORED_RATIO,
        ),
        Figure(
            f"  a stored probe, {SERVICES} services every {INTERVAL:.0f} s",
            statistics.median(mine for mine, _ in stored),
            "us",
        ),
        Figure(
            "  a bare probe of blackbox_exporter, 100 a second", statistics.median(theirs for _, theirs in stored), "us"
        ),
        Figure(
            "processor time of a probe, ratio to blackbox_exporter",
            statistics.median(mine / theirs for mine, theirs in pairs),
            "x",
            TARGET_RATIO,
        ),
        Figure("  a probe of ours", statistics.median(mine for mine, _ in pairs), "us"),
        Figure("  a probe of blackbox_exporter", statistics.median(theirs for _, theirs in pairs), "us"),
    ]


@contextlib.contextmanager
def _exporter(exporter: str, folder: Path, port: int) -> Iterator[tuple[urllib.request.OpenerDirector, str, int]]:
    """A running exporter: how to ask it, the page that probes the target, and its process."""
    modules = folder / "blackbox.yml"
    modules.write_text(MODULES, encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = free.getsockname()[1]
    command = [exporter, f"--config.file={modules}", f"--web.listen-address=127.0.0.1:{listen}", "--log.level=error"]
    with running(command, core=1, log=folder / "log") as process:
        page = f"http://127.0.0.1:{listen}/probe?module=http_2xx&target=http://127.0.0.1:{port}/health"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        _await_answer(opener, page)
        yield opener, page, process.pid


def _stored_pairs(
    opener: urllib.request.OpenerDirector, page: str, pid: int, port: int, rounds: int, seconds: float
) -> list[tuple[float, float]]:
    """Microseconds for each probe over the same stretches: the whole monitor, and the exporter at the same rate."""
    pairs = []
    with monitor(port, SERVICES, INTERVAL) as (monitor_pid, _):
        time.sleep(2 * INTERVAL + 5)
        for _ in range(rounds):
            begin, mine, theirs = time.monotonic(), cpu_seconds(monitor_pid), cpu_seconds(pid)
            asked = 0
            while (elapsed := time.monotonic() - begin) < seconds:
                with opener.open(page, timeout=5) as answer:
                    answer.read()
                asked += 1
                time.sleep(max(0.0, begin + asked * INTERVAL / SERVICES - time.monotonic()))
            probes = elapsed * SERVICES / INTERVAL
            pairs.append(((cpu_seconds(monitor_pid) - mine) / probes * 1e6, (cpu_seconds(pid) - theirs) / asked * 1e6))
    return pairs


def _await_answer(opener: urllib.request.OpenerDirector, page: str) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            with opener.open(page, timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
            continue
        if "probe_success 1" not in text:
            raise SystemExit(f"blackbox_exporter does not reach the target:\n{text}")
        return


def _their_cost(opener: urllib.request.OpenerDirector, page: str, pid: int, probes: int) -> float:
    """Microseconds of the exporter's process for each of its probes."""
    before = cpu_seconds(pid)
    for _ in range(probes):
        with opener.open(page, timeout=5) as answer:
            answer.read()
    return (cpu_seconds(pid) - before) / probes * 1e6


async def our_cost(port: int, probes: int) -> float:
    """Microseconds of this process for each probe of the collector."""
    collector = HttpCollector(clock=SystemClock())
    service = Service("cost", f"http://127.0.0.1:{port}/health")
    for _ in range(20):
        result = await collector.probe(service)
        if result.state is not ServiceState.UP:
            raise SystemExit(f"the probe failed: {result.error}")
    gc.collect()
    begin = time.process_time()
    for _ in range(probes):
        await collector.probe(service)
    spent = time.process_time() - begin
    await collector.aclose()
    return spent / probes * 1e6
