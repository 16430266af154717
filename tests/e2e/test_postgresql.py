"""Two consoles on one PostgreSQL database: every process reads and writes it, and a row elects the monitor."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.fair_time import fair_time
from support.http_servers import unused_port
from support.platform import Platform, serving
from support.programs import ServerPlace, end, holder_pid, until
from support.stores import new_schema, server_url
from support.terminal import TerminalProgram

from amt_console.clock import SystemClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.operations.actor import current_actor
from amt_console.store import Store

__all__ = ["new_schema", "server_url"]
pytestmark = [pytest.mark.pty, pytest.mark.postgres]
SHOWS_DOWN = "got 503"
TABLES = 74
"""Cells of the tables on a screen of 150."""
UP, DEGRADED, DOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN
MADE = re.compile(rb'(<dt>Made</dt><dd><bdi>|"generated_at": ")[^<"]+')
"""When a report was made, which is all that may differ between two of the same window."""


@pytest.fixture
def healthy() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def place(tmp_path: Path, server_url: str, healthy: Platform) -> Iterator[ServerPlace]:
    with serving() as failing:
        failing.status = 503
        yield ServerPlace(tmp_path, server_url, shop=failing.url, wiki=healthy.url)


@contextmanager
def console(place: ServerPlace) -> Iterator[TerminalProgram]:
    with TerminalProgram(place.command(), columns=150, lines=40, env=place.env) as program:
        yield program


def status(place: ServerPlace) -> dict[str, Any]:
    document: dict[str, Any] = place.ask("status", "--json")
    return document


def shown_of(program: TerminalProgram) -> set[str]:
    """What a console's tables say of the services, without what moves on and without the preview beside them."""
    lines = [line[:TABLES].split() for line in program.text.splitlines()]
    return {" ".join(word for word in words if word.isalpha()) for words in lines if "shop" in words or "wiki" in words}


def measured(place: ServerPlace, service: str, start: datetime, end: datetime) -> dict[str, float]:
    """Seconds of each kind between two moments."""
    with Store.open(place.url, clock=SystemClock(), read_only=True) as store, store.read() as reads:
        minute = start.replace(second=0, microsecond=0)
        sums = [reads.services.totals(start=minute, end=moment, services=[service])[service] for moment in (start, end)]
    kinds = ("up_s", "degraded_s", "down_s", "unknown_s")
    return {kind: round(getattr(sums[1], kind) - getattr(sums[0], kind), 6) for kind in kinds}


def longest_silence(place: ServerPlace, service: str) -> tuple[ProbeResult, ProbeResult]:
    """The two results of a service, one after the other, that are farthest apart."""
    with Store.open(place.url, clock=SystemClock(), read_only=True) as store, store.read() as reads:
        now = SystemClock().now()
        found = reads.services.results(
            service=service, start=now - timedelta(hours=1), end=now, limit=9999, newest_first=False
        )
    return max(pairwise(found), key=lambda pair: pair[1].timestamp - pair[0].timestamp)


def taken_by(name: str) -> Any:
    return lambda shown: any(SHOWS_DOWN in line and f" {name} " in line for line in shown.splitlines())


def test_what_one_takes_the_other_shows_and_a_killed_monitor_is_replaced(place: ServerPlace, healthy: Platform) -> None:
    with console(place) as first:
        first.wait_for(SHOWS_DOWN)
        assert holder_pid(place.url) == first.process.pid
        with console(place) as second:
            second.wait_for(SHOWS_DOWN)
            until(lambda: len(shown_of(first)) > 1 and shown_of(second) == shown_of(first))
            both = {f"pid {each.process.pid}" for each in (first, second)}
            until(lambda: {each["place"] for each in status(place)["viewers"]} == both)
            first.wait_for("2 looking")
            second.wait_for("2 looking")
            second.press("a")
            second.wait_for("note")
            second.press("mine\r")
            name = current_actor().name
            second.wait_for(f"Acknowledged by {name}")
            taken_at = fair_time()
            first.wait_for(taken_by(name))
            assert fair_time() - taken_at < 1.0
            (alert,) = [each for each in status(place)["alerts"] if each["alert_type"] == "service_down"]
            assert (alert["acknowledged_by"], alert["note"]) == (name, "mine")

            os.kill(first.process.pid, signal.SIGKILL)
            killed_at = fair_time()
            until(lambda: holder_pid(place.url) == second.process.pid, 10)
            healthy.wait_asked("/", healthy.asked["/"] + 1)
            assert fair_time() - killed_at < 10
            until(lambda: [each["place"] for each in status(place)["viewers"]] == [f"pid {second.process.pid}"])
            detail = place.ask("alerts", "show", str(alert["id"]), "--json")
            assert [event["kind"] for event in detail["events"]].count("fired") == 1
            assert detail["acknowledged_by"] == name
            document = status(place)
            (shop,) = [each for each in document["services"] if each["name"] == "shop"]
            assert document["monitor"]["pid"] == second.process.pid
            assert shop["state"] == "down"
            check_the_gap_is_unknown(place)
            check_every_alert_fired_once(place)


def check_the_gap_is_unknown(place: ServerPlace) -> None:
    """A result speaks for one and a half intervals; what follows until the next monitor's first one is neither."""
    for service in ("wiki", "shop"):
        last, first = longest_silence(place, service)
        gap = (first.timestamp - last.timestamp).total_seconds()
        assert gap > 3, "the lease of a killed monitor lasts for some seconds"
        # On a busy machine the last probe of a healthy service may have been slow.
        told = {f"{state}_s": 1.5 if last.state is state else 0.0 for state in (UP, DEGRADED, DOWN)}
        assert measured(place, service, last.timestamp, first.timestamp) == told | {"unknown_s": round(gap - 1.5, 6)}


def check_every_alert_fired_once(place: ServerPlace) -> None:
    found = place.ask("alerts", "list", "--all", "--json")
    # The host's own may come and go, as busy as it is.
    keys = [(each["alert_type"], each["subject"]) for each in found if each["subject"] in ("shop", "wiki")]
    assert ("service_down", "shop") in keys
    assert len(keys) == len(set(keys))
    for each in found:
        detail = place.ask("alerts", "show", str(each["id"]), "--json")
        assert [event["kind"] for event in detail["events"]].count("fired") <= 1


def test_reports_are_written_from_the_server(place: ServerPlace, healthy: Platform) -> None:
    monitor = place.start("monitor")
    try:
        until(lambda: holder_pid(place.url) == monitor.pid)
        until(lambda: any(each["state"] == "firing" for each in status(place)["alerts"]))
        healthy.wait_asked("/", 3)
    finally:
        end(monitor)
    moment = SystemClock().now().isoformat()
    written = [place.run("export", "all", "--until", moment, "--out", out, "--json") for out in ("one", "two")]
    assert [each.returncode for each in written] == [0, 0], written[0].stderr
    one, two = (
        {Path(name).name: MADE.sub(rb"\1", Path(name).read_bytes()) for name in json.loads(each.stdout)}
        for each in written
    )
    assert set(one) == {
        "overview_dashboard.html",
        "chatbot_dashboard.html",
        "revenue_dashboard.html",
        "performance_dashboard.html",
        "executive_summary.html",
        "executive_summary.json",
        "monitoring_report.json",
        "performance_analysis_report.json",
        "performance_analysis.png",
    }
    assert one == two
    report = json.loads(one["monitoring_report.json"])
    states = {each["name"]: each["state"] for each in report["services"]}
    assert (states["shop"], states["wiki"]) == ("down", "up")
    assert [each["subject"] for each in report["alerts"] if each["alert_type"] == "service_down"] == ["shop"]
    assert place.url not in one["monitoring_report.json"].decode()


def test_a_clean_stop_hands_over_at_once_and_a_resumed_monitor_writes_nothing_more(
    place: ServerPlace, healthy: Platform
) -> None:
    monitor = place.start("monitor")
    try:
        until(lambda: holder_pid(place.url) == monitor.pid)
        with console(place) as waiting:
            waiting.wait_for(SHOWS_DOWN)
            os.kill(monitor.pid, signal.SIGSTOP)
            # In the middle of a write it holds the lease until the server ends its transaction, after 9 s.
            until(lambda: holder_pid(place.url) == waiting.process.pid)
            os.kill(monitor.pid, signal.SIGCONT)
            until(lambda: monitor.poll() is not None)
            assert monitor.returncode == 69
            words = "".join(log.read_text("utf-8") for log in place.home.glob("log-*"))
            assert "has become the monitor" in words
            assert "Traceback" not in words
            with console(place) as next_one:
                next_one.wait_for(SHOWS_DOWN)
                waiting.press("qy")
                waiting.process.wait(60)
                stopped_at = fair_time()
                until(lambda: holder_pid(place.url) == next_one.process.pid, 5)
                assert fair_time() - stopped_at < 2
    finally:
        end(monitor)


def test_a_second_monitor_shares_the_probing_and_takes_over_after_a_kill(place: ServerPlace, healthy: Platform) -> None:
    first = place.start("monitor")
    second = None
    try:
        until(lambda: holder_pid(place.url) == first.pid)
        second = place.start("monitor")
        until(lambda: any("shares its probing" in log.read_text("utf-8") for log in place.home.glob("log-*")))
        start, asked = time.monotonic(), healthy.asked["/"]
        healthy.wait_asked("/", asked + 5)
        assert time.monotonic() - start > 3.0, "one probe a second, not two"
        first.kill()
        killed_at = fair_time()
        until(lambda: holder_pid(place.url) == second.pid, 10)
        healthy.wait_asked("/", healthy.asked["/"] + 2)
        assert fair_time() - killed_at < 10
        until(lambda: status(place)["monitor"]["pid"] == second.pid)
        second.terminate()
        assert second.wait(60) == 0
    finally:
        for process in (first, second):
            if process is not None:
                end(process)


def test_a_hook_at_a_process_without_the_lease_reaches_the_one_that_evaluates(place: ServerPlace) -> None:
    port = unused_port()
    alert = {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "service": "nas", "severity": "critical"},
        "annotations": {"summary": "disk 7 is full"},
        "startsAt": "2026-01-05T11:55:00Z",
        "fingerprint": "c6eadffa33fcdf37",
    }
    monitor = place.start("monitor")
    server = None
    try:
        until(lambda: holder_pid(place.url) == monitor.pid)
        token = place.ask("token", "create", "alertmanager", "--role", "operator", "--json")["token"]
        server = place.start("serve", "--port", str(port))

        def posted(status: str) -> bool:
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{port}/api/v1/hooks/alertmanager",
                    json={"version": "4", "alerts": [{**alert, "status": status}]},
                    headers={"authorization": f"Bearer {token}"},
                    trust_env=False,
                )
            except httpx.TransportError:
                return False
            assert (answer.status_code, answer.json()) == (200, {"taken": 1})
            return True

        def states() -> list[str]:
            found = place.ask("alerts", "list", "--all", "--json")
            return [each["state"] for each in found if (each["alert_type"], each["subject"]) == ("external", "nas")]

        until(lambda: posted("firing"))
        until(lambda: states() == ["firing"])
        assert holder_pid(place.url) == monitor.pid, "the one that took it has no lease"
        assert posted("resolved")
        until(lambda: states() == ["resolved"])
    finally:
        for process in (server, monitor):
            if process is not None:
                end(process)
