"""A Textual app that redraws as hard as it can in the main thread, while a collector probes in a thread of its own.

Runs on a terminal; writes what it measured as JSON to a file: ``{prober: {key: measured_ms}, "frames", "own_ms"}``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from amt_console.clock import SystemClock
from amt_console.model import Service
from collectors.http.collector import HttpCollector

HOLD_MS = 50
CONCURRENCY = 5
_ROWS = 60
_COLUMNS = 8


class BusyConsole(App[None]):
    """Rewrites every cell of a table without a pause."""

    def __init__(self, port: int, probes: int, out: Path) -> None:
        super().__init__()
        self._port = port
        self._probes = probes
        self._out = out
        self._frames = 0

    def compose(self) -> ComposeResult:
        """One table."""
        yield DataTable(show_cursor=False)

    def on_mount(self) -> None:
        """Fill the table, start the redrawing and the probing."""
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {number}" for number in range(_COLUMNS)))
        for row in range(_ROWS):
            table.add_row(*("-" for _ in range(_COLUMNS)), key=str(row))
        self._redraw()
        sys.setswitchinterval(0.0005)
        gc.collect()
        gc.freeze()
        threading.Thread(target=self._probe, name="prober", daemon=True).start()

    def _redraw(self) -> None:
        table = self.query_one(DataTable)
        self._frames += 1
        table.clear()
        for row in range(_ROWS):
            table.add_row(
                *(f"[b]{self._frames * row * column % 9973}[/b] ms" for column in range(_COLUMNS)), key=str(row)
            )
        self.call_after_refresh(self._redraw)

    def _probe(self) -> None:
        try:
            found = asyncio.run(measure(self._port, self._probes))
            self._out.write_text(json.dumps({**found, "frames": self._frames}), encoding="utf-8")
        finally:
            self.call_from_thread(self.exit)


async def measure(port: int, probes: int) -> dict[str, object]:
    """Measure ``probes`` held requests with the collector, then with plain httpx and the clock in the caller."""
    collector = HttpCollector(clock=SystemClock())
    own: list[float] = []

    async def ours(key: str) -> float:
        result = await collector.probe(Service("held", f"http://127.0.0.1:{port}/{HOLD_MS}/{key}"))
        assert result.response_time_ms is not None, result.error
        own.append(float(result.details["own_ms"] or 0))
        return result.response_time_ms

    async with httpx.AsyncClient(trust_env=False, headers={"Connection": "close"}) as client:

        async def plain(key: str) -> float:
            began = time.perf_counter()
            await client.get(f"http://127.0.0.1:{port}/{HOLD_MS}/{key}")
            return (time.perf_counter() - began) * 1000

        await _many("warm", ours, 2 * CONCURRENCY)
        own.clear()
        found = {"collector": await _many("c", ours, probes), "httpx": await _many("x", plain, probes)}
    await collector.aclose()
    return {**found, "own_ms": own}


async def _many(prefix: str, probe: Callable[[str], Awaitable[float]], count: int) -> dict[str, float]:
    measured: dict[str, float] = {}
    keys = iter([f"{prefix}{number}" for number in range(count)])

    async def worker(delay: float) -> None:
        await asyncio.sleep(delay)
        for key in keys:
            measured[key] = await probe(key)

    await asyncio.gather(*(worker(slot * HOLD_MS / 1000 / CONCURRENCY) for slot in range(CONCURRENCY)))
    return measured


if __name__ == "__main__":
    BusyConsole(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])).run()
