"""The database file is deleted or replaced under the real program: it says so, and exits with 74 after the grace.

The grace is shorter than that of a person's monitor. ``tests/monitor/test_commit_watch`` holds its length.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from support.platform import serving
from support.programs import Place, end, until
from support.terminal import TerminalProgram

from amt_console.clock import SystemClock
from amt_console.store import Store

pytestmark = pytest.mark.pty
ENDS_WITHIN = 60.0
"""The grace, a second until it is noticed, and what a busy machine needs."""
PROGRAM = """
from amt_console.__main__ import main
from amt_console.monitor.watches import commit_watch

commit_watch.GRACE = {grace}
main()
"""


class HurriedPlace(Place):
    """Its monitors give up a lost file after some seconds."""

    grace = 15

    def command(self, *arguments: str) -> list[str]:
        program, _, _, *options = super().command(*arguments)
        return [program, "-c", PROGRAM.format(grace=self.grace), *options]


def test_a_headless_monitor_whose_database_is_replaced(tmp_path: Path) -> None:
    with serving() as platform:
        place = HurriedPlace(tmp_path, web=platform.url)
        other = tmp_path / "other.db"
        Store.open(f"sqlite:///{other}", clock=SystemClock()).close()
        before = other.read_bytes()
        with place.monitor() as monitor:
            until(lambda: place.ask("status", "--json")["services"][0]["state"] == "up")
            other.replace(place.database)
            until(lambda: place.ask("status", "--json")["monitor"]["fault"])
            transport = httpx.HTTPTransport(uds=f"{place.database}.sock")
            with httpx.Client(transport=transport, base_url="http://monitor") as client:
                assert client.get("/healthz").status_code == 503
            doctor = place.run("doctor")
            assert doctor.returncode != 0
            assert "was replaced by another file" in " ".join(doctor.stdout.split())
            asked = platform.asked["/"]
            platform.wait_asked("/", asked + 2)
            until(lambda: monitor.poll() is not None, ENDS_WITHIN)
            assert monitor.returncode == 74
        logged = "".join(log.read_text("utf-8") for log in tmp_path.glob("log-*"))
        assert "was replaced by another file" in logged
        assert "of its results are lost" in logged
        assert place.database.read_bytes() == before


def test_a_console_that_is_the_monitor_and_whose_database_is_deleted(tmp_path: Path) -> None:
    with serving() as platform:
        place = HurriedPlace(tmp_path, web=platform.url)
        place.grace = 8
        with TerminalProgram(place.command(), columns=150, lines=40, env=place.env) as program:
            program.wait_for("data now")
            until(place.database.exists)
            place.database.unlink()
            program.wait_for("not storing")
            program.wait_for("was deleted")
            until(lambda: program.process.poll() is not None, ENDS_WITHIN)
            assert program.process.returncode == 74
            program.wait_for("of its results are lost")
        assert not place.database.exists()
        successor = place.start("monitor")
        try:
            until(place.database.exists)
        finally:
            end(successor)
