"""``amt-console serve``: the API over TCP beside a monitor that serves only its socket."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.http_servers import unused_port
from support.platform import serving
from support.programs import PROGRAM, Place, end, until
from support.terminal import TerminalProgram

pytestmark = pytest.mark.pty


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as platform:
        yield Place(tmp_path, web=platform.url)


def log(place: Place) -> str:
    return "".join(path.read_text("utf-8") for path in place.home.glob("log-*"))


def people(place: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.ask("status", "--json")["viewers"]
    return found


def test_who_looks_through_another_process_is_seen_by_all(place: Place) -> None:
    port = unused_port()
    with place.monitor() as monitor:
        serving_process = place.start("serve", "--port", str(port))
        try:
            token = json.loads(place.run("token", "create", "ann-laptop", "--json").stdout)["token"]
            url = f"http://127.0.0.1:{port}"
            remote_env = {**place.env, "AMT_TOKEN": token}
            until(lambda: "is served at" in log(place))
            serving_process.send_signal(signal.SIGHUP)  # it looks at its certificate, and goes on
            with TerminalProgram([*PROGRAM, "--connect", url], columns=150, lines=40, env=remote_env) as remote:
                remote.wait_for(f"attached: pid {serving_process.pid}")
                until(lambda: [person["name"] for person in people(place)] == ["ann-laptop"])
                (ann,) = people(place)
                assert ann["place"] == "127.0.0.1"
                with TerminalProgram(place.command(), columns=150, lines=40, env=place.env) as local:
                    local.wait_for(f"attached: pid {monitor.pid}")
                    local.wait_for("2 looking")
                    remote.wait_for("2 looking")
                remote.press("q")
                assert remote.process.wait(60) == 0
            until(lambda: people(place) == [])
            serving_process.send_signal(signal.SIGTERM)
            assert serving_process.wait(60) == 0
        finally:
            end(serving_process)
    assert os.path.exists(place.database)
