"""Consoles and monitors in processes of their own, on terminals of their own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.fair_time import fair_time
from support.platform import Platform, serving
from support.programs import PROGRAM, Place, end, holder_pid, until
from support.terminal import TerminalProgram

from amt_console.operations.actor import current_actor

pytestmark = pytest.mark.pty
DOWN = "got 503"


@pytest.fixture
def failing() -> Iterator[Platform]:
    with serving() as platform:
        platform.status = 503
        yield platform


@pytest.fixture
def healthy() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def place(tmp_path: Path, failing: Platform, healthy: Platform) -> Place:
    return Place(tmp_path, shop=failing.url, wiki=healthy.url)


@contextmanager
def console(place: Place, *arguments: str) -> Iterator[TerminalProgram]:
    with TerminalProgram(place.command(*arguments), columns=150, lines=40, env=place.env) as program:
        yield program


def status(place: Place, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = place.ask(*arguments, "status", "--json")
    return document


def test_two_consoles_show_one_picture_and_the_second_takes_over_after_a_kill(place: Place, healthy: Platform) -> None:
    with console(place) as first, console(place) as second:
        first.wait_for(DOWN)
        second.wait_for(DOWN)
        monitor = holder_pid(place.url)
        holder, attached = (first, second) if monitor == first.process.pid else (second, first)
        assert monitor == holder.process.pid
        attached.wait_for(f"attached: pid {monitor}")
        assert {person["place"] for person in status(place)["viewers"]} == {
            f"pid {first.process.pid}",
            f"pid {second.process.pid}",
        }

        attached.press("a")
        attached.wait_for("note")
        attached.press("mine\r")
        name = current_actor().name
        attached.wait_for(f"Acknowledged by {name}")
        taken_at = fair_time()
        holder.wait_for(lambda shown: any(DOWN in line and f" {name} " in line for line in shown.splitlines()))
        assert fair_time() - taken_at < 1.0
        (alert,) = [alert for alert in status(place)["alerts"] if alert["alert_type"] == "service_down"]
        assert (alert["acknowledged_by"], alert["note"]) == (name, "mine")

        os.kill(holder.process.pid, signal.SIGKILL)
        killed_at = fair_time()
        until(lambda: holder_pid(place.url) == attached.process.pid, 10)
        attached.wait_for(lambda shown: "monitoring" in shown and "attached" not in shown, 10)
        assert fair_time() - killed_at < 10
        asked = healthy.asked["/"]
        healthy.wait_asked("/", asked + 1)
        start, asked = time.monotonic(), healthy.asked["/"]
        healthy.wait_asked("/", asked + 4)
        assert time.monotonic() - start > 2.5, "one probe a second, not two"
        detail = place.ask("alerts", "show", str(alert["id"]), "--json")
        assert [event["kind"] for event in detail["events"]].count("fired") == 1
        assert detail["acknowledged_by"] == name
        assert [each["id"] for each in status(place)["alerts"] if each["alert_type"] == "service_down"] == [alert["id"]]


def test_a_clean_stop_hands_over_at_once(place: Place) -> None:
    with place.monitor() as monitor, console(place) as attached:
        attached.wait_for(f"attached: pid {monitor.pid}")
        monitor.terminate()
        monitor.wait(60)
        stopped_at = fair_time()
        until(lambda: holder_pid(place.url) == attached.process.pid, 5)
        assert fair_time() - stopped_at < 2
        attached.wait_for(lambda shown: "monitoring" in shown and "attached" not in shown)


def test_a_console_that_shows_the_past_takes_over_when_its_monitor_dies(place: Place) -> None:
    with place.monitor() as monitor, console(place) as attached:
        attached.wait_for(f"attached: pid {monitor.pid}")
        attached.press("[")
        attached.wait_for("PAST")
        monitor.kill()
        monitor.wait(60)
        until(lambda: holder_pid(place.url) == attached.process.pid, 10)
        assert "PAST" in attached.text
        attached.press("0")
        attached.wait_for(lambda shown: "● monitoring" in shown and "PAST" not in shown)
        attached.press("[")
        attached.wait_for("PAST")
        attached.press("q")
        attached.wait_for("Quit the monitor?")


def test_a_console_that_is_suspended_disturbs_nobody(place: Place, healthy: Platform) -> None:
    with place.monitor() as monitor, console(place) as attached:
        attached.wait_for(f"attached: pid {monitor.pid}")
        os.kill(attached.process.pid, signal.SIGSTOP)
        try:
            healthy.wait_asked("/", healthy.asked["/"] + 4)
            until(lambda: status(place)["viewers"] == [])
            document = status(place)
            assert document["monitor"]["state"] == "running"
            assert document["monitor"]["pid"] == monitor.pid
        finally:
            os.kill(attached.process.pid, signal.SIGCONT)
        until(lambda: len(status(place)["viewers"]) == 1)
        attached.wait_for(f"attached: pid {monitor.pid}")
        assert holder_pid(place.url) == monitor.pid


def test_of_two_monitors_started_at_once_one_is_refused_with_the_name_of_the_other(place: Place) -> None:
    both = [place.start("monitor"), place.start("monitor")]
    try:
        until(lambda: any(process.poll() is not None for process in both))
        (refused,) = [process for process in both if process.poll() is not None]
        (running,) = [process for process in both if process is not refused]
        assert refused.returncode == 75
        words = "".join(log.read_text("utf-8") for log in place.home.glob("log-*"))
        assert f"pid {running.pid} on {os.uname().nodename} is already the monitor" in words
        assert "Traceback" not in words
        until(lambda: holder_pid(place.url) == running.pid)
    finally:
        for process in both:
            end(process)


def test_a_monitor_that_is_suspended_is_called_silent_and_its_alerts_can_be_taken(place: Place) -> None:
    with place.monitor() as monitor:
        until(lambda: any(alert["state"] == "firing" for alert in status(place)["alerts"]))
        os.kill(monitor.pid, signal.SIGSTOP)
        try:
            result = place.run("alerts", "list")
            assert result.returncode == 0
            assert "shop is down" in result.stdout
        finally:
            os.kill(monitor.pid, signal.SIGCONT)


@pytest.mark.parametrize("typed", ["aon it", "aon it\r"], ids=["before enter", "with enter"])
def test_a_connection_lost_in_an_acknowledgement_leaves_all_of_it_or_nothing(place: Place, typed: str) -> None:
    with place.monitor() as monitor, console(place) as program:
        program.wait_for(f"attached: pid {monitor.pid}")
        program.wait_for(DOWN)
        program.press(typed)
        program.hang_up()
        program.process.wait(30)
        alerts = [alert for alert in status(place)["alerts"] if alert["alert_type"] == "service_down"]
        rows = [row for row in place.ask("audit", "list", "--json") if row["action"] == "acknowledge"]
        taken = [alert for alert in alerts if alert["acknowledged_by"] is not None]
        assert len(taken) == len(rows) <= 1
        assert all(alert["note"] == "on it" for alert in taken), "never half of it"
        if not typed.endswith("\r"):
            assert taken == []


def test_a_console_attaches_to_a_named_socket_and_never_takes_over(place: Place) -> None:
    with place.monitor() as monitor, console(place) as keeper:
        keeper.wait_for(f"attached: pid {monitor.pid}")
        arguments = [*place.command()[:3], "--connect", f"unix:{place.database}.sock"]
        with TerminalProgram(arguments, columns=150, lines=40, env=place.env) as remote:
            remote.wait_for(f"attached: pid {monitor.pid}")
            remote.wait_for(DOWN)
            monitor.kill()
            monitor.wait(60)
            remote.wait_for(f"attached: pid {keeper.process.pid}", 15)
            remote.press("q")
            assert remote.process.wait(60) == 0
        assert holder_pid(place.url) == keeper.process.pid


def test_a_console_obeys_the_configuration_of_its_own_host(place: Place) -> None:
    place.write(console={"ascii": True, "mouse": False, "keymap": {"acknowledge": "f2"}})
    with place.monitor():
        connect = [*PROGRAM, "--config", str(place.config), "--connect", f"unix:{place.database}.sock"]
        for command in (place.command(), connect):
            with TerminalProgram(command, columns=150, lines=40, env=place.env) as program:
                program.wait_for(DOWN)
                program.wait_for("F2 ack")
                shown = program.wait_for("X DOWN")
                assert shown.isascii()
                assert program.raw.rfind(b"\x1b[?1000l") > program.raw.rfind(b"\x1b[?1000h"), "the mouse is left alone"
                program.press("a")
                program.press("\x1bOQ")
                program.wait_for("Acknowledge CRITICAL shop")
                program.press("\x1b")
                program.wait_for(lambda shown: "Acknowledge CRITICAL" not in shown)
                program.press("q")
                assert program.process.wait(60) == 0
