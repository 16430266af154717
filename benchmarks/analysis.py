"""The analysis and the dashboards of the reference history, and the same analysis over raw rows with pandas.

The baseline reads the raw rows of the window into pandas once and takes from them what the analysis tells of every
service: seconds by state (each result until the next one, at most for 1.5 intervals), checks and failures, mean and
percentiles of the response times, the same percentiles for every step of the window, and the changes of state. Both
are timed in processes of their own without their start and imports, one after the other in the same run; ours without
garbage collection, as the command runs it.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history

TARGET_ANALYZE_S = 3.0
TARGET_ANALYZE_MIB = 200.0
TARGET_DASHBOARDS_S = 5.0
TARGET_PAGE_MB = 2.0
TARGET_RATIO = 20.0
TARGET_SERIES_S = 5.0
SERIES_ROWS = 20_000
ROUNDS = 3
_PROGRAM = (sys.executable, "-m", "amt_console")

_OURS = """
import json, sys, time
from pathlib import Path
from amt_console.cli.garbage import without_collections
from amt_console.clock import FakeClock
from amt_console.config import load_config, targets
from amt_console.reports.export import report_data
from amt_console.reports.view import build_view
from amt_console.store import Store
from datetime import datetime
url, config, end, hours = sys.argv[1:]
loaded = load_config(Path(config), env={}).settings
clock = FakeClock(datetime.fromisoformat(end))
with Store.open(url, clock=clock, read_only=True) as store, without_collections():
    begin = time.perf_counter()
    data = report_data(store, targets(loaded, env={}), loaded, clock, hours=float(hours), zone="UTC")
    found = build_view(data).analysis
    print(time.perf_counter() - begin, len(found.services))
"""

_PANDAS = """
import sqlite3, sys, time
import pandas as pd
path, start, end, step = sys.argv[1:]
begin = time.perf_counter()
with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
    rows = pd.read_sql_query(
        "SELECT timestamp, service_name, status, response_us, interval_us, attempt FROM monitoring_logs"
        " WHERE timestamp >= ? AND timestamp < ?", connection, params=(start, end))
rows["timestamp"] = pd.to_datetime(rows["timestamp"])
rows = rows.sort_values(["service_name", "timestamp"])
following = rows.groupby("service_name")["timestamp"].shift(-1)
longest = rows["timestamp"] + pd.to_timedelta(rows["interval_us"] * 1.5, unit="us")
until = longest.where(longest < following, following.fillna(longest))
rows["seconds"] = (until - rows["timestamp"]).dt.total_seconds()
seconds = rows.pivot_table(index="service_name", columns="status", values="seconds", aggfunc="sum")
first = rows[rows["attempt"] == 1]
checks = first.groupby("service_name")["status"].agg(["size", lambda states: (states == "down").sum()])
good = first[first["status"].isin(("up", "degraded")) & first["response_us"].notna()]
levels = [0.5, 0.95, 0.99]
whole = good.groupby("service_name")["response_us"].quantile(levels)
sums = good.groupby("service_name")["response_us"].agg(["mean", "min", "max", "count"])
steps = good.groupby(["service_name", pd.Grouper(key="timestamp", freq=step + "s")])["response_us"].quantile(levels)
changes = rows[rows["status"] != rows.groupby("service_name")["status"].shift()]
print(time.perf_counter() - begin, len(checks), len(steps), len(changes))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that has ended."""

    seconds: float
    mebibytes: float
    """The most memory that it had."""
    output: str


def figures(quick: bool) -> list[Figure]:
    """All of them."""
    history = reference_history(quick=quick)
    hours = (history.end_minute - history.start_minute) / 60
    hours = min(hours, 168 if quick else 720)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "amt.toml"
        config.write_text(_config(history), encoding="utf-8")
        window = ("--hours", f"{hours:g}", "--until", history.end.isoformat())
        options = (*_PROGRAM, "--config", str(config), "--db", history.url)
        analyses = [_run([*options, "analyze", *window, "--json"]) for _ in range(ROUNDS)]
        out = folder / "out"
        exports = [
            _run([*options, "export", "all", "--format", "html", *window, "--out", str(out)]) for _ in range(ROUNDS)
        ]
        pages = {path.name: path.stat().st_size / 1e6 for path in out.glob("*.html")}
        largest = max(pages, key=lambda page: pages[page])
        ours = _seconds([sys.executable, "-c", _OURS, history.url, str(config), history.end.isoformat(), f"{hours:g}"])
        pandas = _seconds(
            [sys.executable, "-c", _PANDAS, str(history.path), *_bounds(history, hours), "10800"], rounds=1
        )
        series = folder / "series.csv"
        series.write_text(_series(), encoding="utf-8")
        judged = [_run([*_PROGRAM, "analyze", "--series", str(series), "--json"]) for _ in range(ROUNDS)]
    size = f"{history.services} services, {hours / 24:g} days"
    return [
        Figure(f"analyze, {size}", _median(analyses), "s", TARGET_ANALYZE_S),
        Figure("its memory", max(run.mebibytes for run in analyses), "MiB", TARGET_ANALYZE_MIB),
        Figure(f"all dashboards as HTML, {size}", _median(exports), "s", TARGET_DASHBOARDS_S),
        Figure("the largest page", pages[largest], "MB", TARGET_PAGE_MB, note=largest),
        Figure("the same analysis with pandas over raw rows", pandas, "s", note="reading and grouping once"),
        Figure("the analysis without the program's start", ours, "s"),
        Figure("how much faster the analysis is", pandas / ours, "x", TARGET_RATIO, at_least=True),
        Figure(f"analyze --series, {SERIES_ROWS:,} rows", _median(judged), "s", TARGET_SERIES_S),
    ]


def _run(command: Sequence[str]) -> Run:
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output, env={**os.environ, "AMT_CONFIG": ""})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        output.seek(0)
        text = output.read().decode()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} ... has failed with exit code {child.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024, text)


def _seconds(command: Sequence[str], *, rounds: int = ROUNDS) -> float:
    """What the process says that it took; the median."""
    return statistics.median(float(_run(command).output.split()[0]) for _ in range(rounds))


def _median(runs: Sequence[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def _config(history: History) -> str:
    entries = ((service.name, service.url, service.interval) for service in history.fleet.services())
    return "\n".join(
        f"[[services]]\nname = {json.dumps(name)}\nurl = {json.dumps(url)}\ninterval = {interval:g}"
        for name, url, interval in entries
    )


def _bounds(history: History, hours: float) -> tuple[str, str]:
    start = history.end - timedelta(hours=hours)
    return tuple(moment.isoformat(" ", "microseconds")[:26] for moment in (start, history.end))  # type: ignore[return-value]


def _series() -> str:
    """A daily rhythm with noise and some spikes."""
    dice = random.Random(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = ["timestamp,value"]
    for index in range(SERIES_ROWS):
        rhythm = 10 * abs((index % 288) / 144 - 1)
        spike = 40 if dice.random() < 0.001 else 0
        at = start + timedelta(minutes=5 * index)
        lines.append(f"{at.isoformat()},{100 + rhythm + spike + dice.gauss(0, 1):.3f}")
    return "\n".join(lines) + "\n"
