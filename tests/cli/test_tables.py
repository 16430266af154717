"""What commands print fits the terminal: no name is broken, figures of a column have the same digits, words wrap."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support import template_process
from support.operations import API, WEB, probe
from support.stores import episode
from support.terminal import TerminalProgram

from amt_console.clock import SystemClock
from amt_console.model import AlertState, EpisodeChange, ServiceState
from amt_console.store import Store, record

pytestmark = pytest.mark.slow

MESSAGE = "backend-api is down: connection refused by 127.0.0.1:5000 (3 of 3)"
CONFIG = """
[[services]]
name = "backend-api"
url = "http://127.0.0.1:5000/api/health"
interval = 60
[[services]]
name = "web-app"
url = "http://127.0.0.1:5173/"
interval = 60
"""
History = Callable[..., int | None]


@pytest.fixture(autouse=True)
def outage(home: Path, store: Store, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in which one of two services was down for a few minutes, and is down now."""
    (home / "two.toml").write_text(CONFIG)
    monkeypatch.setenv("AMT_CONFIG", str(home / "two.toml"))
    now = SystemClock().now()
    moments = [now - timedelta(minutes=minutes) for minutes in range(1, 24 * 60)]
    with store.transaction() as writes:
        writes.add_results([probe(WEB, at) for at in moments])
        writes.add_results(
            [
                probe(replace(API, interval=60), at, ServiceState.DOWN if 300 <= minute < 310 else ServiceState.UP)
                for minute, at in enumerate(moments)
            ]
        )
    history(ServiceState.DOWN, message=MESSAGE)


def shown(width: int, *arguments: str, until: str = "receiver") -> list[str]:
    """What a command shows on a terminal of that width."""
    command = [sys.executable, "-m", "amt_console", *arguments]
    with TerminalProgram(command, columns=width, lines=200) as program:
        return program.wait_for(until).rstrip().splitlines()


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.lstrip().startswith(f"{name} "))


def test_figures_of_a_column_have_the_same_digits_and_end_in_the_same_cell() -> None:
    command = [sys.executable, "-m", "amt_console", "status"]
    lines = template_process.run(command, text=True, timeout=60).stdout.splitlines()
    heading = row(lines, "SERVICE")
    end = heading.index("UPTIME 24H") + len("UPTIME 24H")
    assert re.fullmatch(r"9\d\.\d\d %", row(lines, "backend-api")[:end].split("  ")[-1].strip())
    assert row(lines, "web-app")[:end].endswith(" 100.00 %")


@pytest.mark.parametrize("width", [56, 64, 80, 120, 200])
def test_no_terminal_is_too_narrow_for_names_and_reasons(width: int) -> None:
    lines = shown(width, "status")
    for name in ("backend-api", "web-app", "monitoring-db"):
        assert row(lines, name), "names are whole, and begin a line"
    assert max(len(line) for line in lines) <= width
    assert "connection refused" in row(lines, "backend-api"), "the reason stands in the row of the service"
    assert "backend-api: connec" in row(lines, "1"), "and in the row of its alert"
    assert ("P95 24H" in row(lines, "SERVICE")) == (width >= 120), "what matters least goes first"
    assert ("UPTIME 24H" in row(lines, "SERVICE")) == (width >= 120)
    whole = "connection refused by 127.0.0.1:5000 (3 of 3)"
    assert (whole in row(lines, "1")) == (width >= 120)
    assert sum(line.startswith(("backend-api ", "web-app ", "monitoring-db ")) for line in lines) == 3


def test_values_stand_beside_their_keys_where_they_fit_and_below_them_where_not() -> None:
    lines = shown(64, "config", "show", until="console.keymap")
    assert row(lines, "check_interval").split() == ["check_interval", "default", "1m"]
    address = next(at for at, line in enumerate(lines) if line.startswith("services[0].url"))
    assert lines[address].split() == ["services[0].url", "file"]
    assert lines[address + 1] == "    http://127.0.0.1:5000/api/health"


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_subject_of_an_alert_from_outside_hides_no_other_column(width: int, store: Store) -> None:
    alert = episode("s" * 200, rule_id="external/generic/x", state=AlertState.FIRING, message="the disk is full")
    with store.transaction(durable=True) as writes:
        record(writes, EpisodeChange(alert))
    lines = shown(width, "alerts", "list", until="the disk")
    found = next(line for line in lines if "the disk is full" in line)
    assert "firing" in found
    assert "nobody" in found
    assert max(map(len, lines)) <= width
    assert ("s" * 29 + "…" in found) == (width == 120), "where there is room, its beginning"
    assert "s" * 31 not in found
