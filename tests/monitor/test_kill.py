"""After kill -9 nothing committed is lost, and the next monitor continues."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support import template_process
from support.monitored import monitored
from support.platform import serving

from amt_console.clock import SystemClock
from amt_console.model import AlertState, GapReason
from amt_console.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.waits]

ENGINE = "from support import kill_me; kill_me.main()"
LONG_AGO = SystemClock().now().replace(year=2000)


class LaterClock(SystemClock):
    """The machine's clock as it will be in two minutes."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=2)


def test_a_kill_loses_no_committed_row_and_the_restart_does_not_fire_again(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with serving() as platform:
        platform.status = 503
        rows = run_until_fired_and_kill([sys.executable, "-c", ENGINE, str(path), platform.url])
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT count(*) FROM monitoring_logs").fetchone()[0] >= rows
        with Store.open(f"sqlite:///{path}", clock=SystemClock(), read_only=True) as store, store.read() as reads:
            last = reads.monitor.sign_of_life()
            (firing,) = [each for each in reads.alerts.open() if each.rule_id == "service_down"]
        assert last is not None
        assert firing.state is AlertState.FIRING

        clock = LaterClock()
        document = {"services": [{"name": "web", "url": platform.url, "interval": 1}]}
        with monitored(path, document, clock=clock) as monitor:
            (gap,) = monitor.wait(lambda reads: reads.monitor.gaps(LONG_AGO, clock.now()))
            assert (gap.started_at, gap.reason) == (last.last_cycle_at, GapReason.STOPPED)
            monitor.wait(lambda _: "fresh" in monitor.kinds(firing))
            now = monitor.episode("service_down", "web", AlertState.FIRING)
            assert now.id == firing.id
            assert monitor.kinds(now).count("fired") == 1


def run_until_fired_and_kill(command: list[str]) -> int:
    """Start the engine, kill it right after it has told of a fired alert; returns how many rows it had told of."""
    process = template_process.start(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            rows, fired = line.split()
            if fired == "1":
                return int(rows)
        raise AssertionError("the engine ended by itself")
    finally:
        process.kill()
        process.communicate()
