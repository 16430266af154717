"""A monitor that cannot store its results looks faulty everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.monitored import monitored
from support.platform import serving

from amt_console.clock import SystemClock
from amt_console.model import ProbeResult
from amt_console.store import Reads, Writes

pytestmark = [pytest.mark.slow, pytest.mark.waits]


def test_a_fault_in_storing_results_stops_the_sign_of_life_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_results = Writes.add_results

    def faulty(writes: Writes, results: Sequence[ProbeResult]) -> None:
        if results:
            raise AttributeError("no such column")
        store_results(writes, results)

    def stored(reads: Reads) -> int:
        clock = SystemClock()
        day = clock.now().replace(hour=0, minute=0)
        return len(
            reads.services.results(service=None, start=day.replace(year=2000), end=day.replace(year=9000), limit=9999)
        )

    with (
        serving() as platform,
        monitored(tmp_path / "m.db", {"services": [{"name": "web", "url": platform.url, "interval": 1}]}) as monitor,
    ):
        monitor.wait(lambda reads: reads.services.statuses().get("web"))
        monkeypatch.setattr(Writes, "add_results", faulty)
        monitor.wait_status(lambda engine: "no such column" in (engine.status.store_error or ""))
        with monitor.store.read() as reads:
            row = reads.monitor.sign_of_life()
        assert row is not None
        probed = monitor.engine.status.probes_run
        monitor.wait_status(lambda engine: engine.status.probes_run > probed + 1)
        with monitor.store.read() as reads:
            later = reads.monitor.sign_of_life()
            newest = reads.services.statuses()["web"].last.timestamp
        assert later is not None
        assert (later.last_cycle_at - newest).total_seconds() < 3.0, "not beyond the first result that waits"
        assert any("no such column" in notice for notice in monitor.engine.status.notices)
        monkeypatch.setattr(Writes, "add_results", store_results)
        monitor.wait_status(lambda engine: engine.status.store_error is None)
        probed = monitor.engine.status.probes_run
        monitor.wait(lambda reads: stored(reads) >= probed)
        monitor.wait(
            lambda reads: (
                (found := reads.monitor.sign_of_life()) is not None and found.last_cycle_at > later.last_cycle_at
            )
        )
