"""What a monitor in a process of its own does about signals and about faults of its own parts."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support import template_process
from support.fair_time import fair_time
from support.platform import Platform, serving
from support.programs import Place, end, holder_pid, until

pytestmark = [pytest.mark.slow, pytest.mark.waits]
STOP_SECONDS = 5.0
"""Within which a monitor ends."""
AT_ONCE = {"allow_private": ["127.0.0.1"], "group_wait": 0, "group_wait_critical": 0}
BROKEN_PROBE = """
import sys
from amt_console.cli.startup.main import run
from collectors.http.collector import HttpCollector
works = HttpCollector.probe
async def probe(collector, service, *, attempt=1):
    if service.name == "broken":
        raise {error}("out of it")
    return await works(collector, service, attempt=attempt)
HttpCollector.probe = probe
run(sys.argv[1:])
"""
BROKEN_TASK = """
import sys
from amt_console.cli.startup.main import run
from amt_console.monitor.watches.watch import HostLoop
works, calls = HostLoop.run, []
async def fails_twice(loop):
    calls.append(loop)
    if len(calls) < 3:
        raise {error}("out of it")
    await works(loop)
HostLoop.run = fails_twice
run(sys.argv[1:])
"""


class SlowReceiver:
    """Takes messages and answers when it is let."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.answers = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                receiver.ids.append(self.headers["webhook-id"])
                receiver.answers.wait(60)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.channel = {
            "name": "hook",
            "type": "webhook",
            "url": f"http://127.0.0.1:{self._server.server_port}/hook",
        }
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[SlowReceiver]:
    with closing(SlowReceiver()) as running:
        yield running


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as running:
        yield running


@contextmanager
def running(place: Place, program: str) -> Iterator[subprocess.Popen[str]]:
    """A monitor with a fault built in."""
    log = (place.home / "log").open("w", encoding="utf-8")
    with log:
        process = template_process.start(
            [sys.executable, "-c", program, "--config", str(place.config), "--db", place.url, "monitor"],
            env=place.env,
            cwd=place.home,
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        until(lambda: holder_pid(place.url) == process.pid and Path(f"{place.database}.sock").exists())
        yield process
    finally:
        end(process)


def services(place: Place) -> dict[str, dict[str, Any]]:
    """The services as ``status`` shows them."""
    return {each["name"]: each for each in place.ask("status", "--json")["services"]}


def logged(place: Place) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in place.home.glob("log*"))


def messages(place: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.ask("notify", "log", "--json")
    return found


def test_a_stop_waits_neither_for_a_probe_nor_for_a_receiver(
    tmp_path: Path, platform: Platform, receiver: SlowReceiver
) -> None:
    place = Place(tmp_path / "home", gone="http://127.0.0.1:9/", silent=platform.url)
    place.document["services"][1] |= {"interval": 60, "timeout": 30}
    place.write(channels=[receiver.channel], notify=AT_ONCE)
    platform.hanging = True
    with place.monitor() as process:
        until(lambda: receiver.ids and platform.asked["/"])
        (alert,) = [each for each in place.ask("alerts", "list", "--json") if each["subject"] == "gone"]
        process.terminate()
        asked = fair_time()
        assert process.wait(60) == 0
        assert fair_time() - asked < STOP_SECONDS
    assert holder_pid(place.url) is None
    with closing(sqlite3.connect(place.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    receiver.answers.set()
    with place.monitor():
        until(lambda: any(each["state"] == "delivered" for each in messages(place)))
        assert [each["id"] for each in place.ask("alerts", "list", "--json") if each["subject"] == "gone"] == [
            alert["id"]
        ]
    assert len(set(receiver.ids)) == 1, "the page that was cut off is repeated under its number"


def test_a_reload_takes_a_good_configuration_whole_and_a_bad_one_not_at_all(tmp_path: Path, platform: Platform) -> None:
    place = Place(tmp_path / "home", web=platform.url)
    with place.monitor() as process:
        until(lambda: services(place).get("web", {}).get("state") == "up")
        good = place.config.read_text(encoding="utf-8")
        bad = json.loads(good)
        bad["services"] = [{"name": "new", "url": f"{platform.url}/new"}, {"name": "worse", "interval": -1}]
        place.config.write_text(json.dumps(bad), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        until(lambda: "the running configuration stays" in logged(place))
        platform.wait_asked("/", platform.asked["/"] + 2)
        assert "/new" not in platform.asked
        assert "interval" in logged(place)
        place.document["services"].append(
            {**place.document["services"][0], "name": "new", "url": f"{platform.url}/new"}
        )
        place.write()
        process.send_signal(signal.SIGHUP)
        platform.wait_asked("/new", 1)
        until(lambda: {"web", "new"} <= set(services(place)))
        assert process.poll() is None


def test_a_reload_in_the_middle_of_sending_neither_loses_nor_repeats_the_message(
    tmp_path: Path, receiver: SlowReceiver
) -> None:
    place = Place(tmp_path / "home", gone="http://127.0.0.1:9/")
    place.write(channels=[receiver.channel], notify=AT_ONCE)
    with place.monitor() as process:
        until(lambda: receiver.ids)
        place.write(channels=[{**receiver.channel, "url": f"{receiver.channel['url']}?new"}])
        process.send_signal(signal.SIGHUP)
        until(lambda: "configuration reloaded" in logged(place))
        receiver.answers.set()
        until(lambda: any(each["state"] == "delivered" for each in messages(place)))
        assert not [each for each in messages(place) if each["state"] in ("dead", "cancelled")]
        assert process.poll() is None
    assert len(receiver.ids) == len(set(receiver.ids)), "no message is sent twice"


@pytest.mark.parametrize("error", ["MemoryError", "RecursionError"])
def test_a_probe_that_runs_out_of_memory_or_stack_is_unknown_and_disturbs_nobody(
    tmp_path: Path, platform: Platform, error: str
) -> None:
    place = Place(tmp_path / "home", broken=f"{platform.url}/broken", web=f"{platform.url}/web")
    with running(place, BROKEN_PROBE.format(error=error)) as process:
        until(lambda: {"broken", "web"} <= set(services(place)) and services(place)["broken"]["state"] == "unknown")
        until(lambda: services(place)["web"]["state"] == "up")
        assert error in json.dumps(services(place)["broken"])
        platform.wait_asked("/web", platform.asked["/web"] + 2)
        assert platform.asked["/broken"] == 0
        assert process.poll() is None


@pytest.mark.parametrize("error", ["MemoryError", "RecursionError", "ValueError"])
def test_a_part_that_fails_starts_again_is_counted_and_told(tmp_path: Path, platform: Platform, error: str) -> None:
    place = Place(tmp_path / "home", web=platform.url)
    with running(place, BROKEN_TASK.format(error=error)) as process:
        told = f"A part of the monitor failed and was started again, 2 times: host: {error}: out of it."
        until(lambda: told in place.ask("status", "--json")["notices"])
        platform.wait_asked("/", platform.asked["/"] + 2)
        until(lambda: services(place)["web"]["state"] == "up")
        until(lambda: place.ask("status", "--json")["resources"] is not None)
        assert process.poll() is None
