"""Locations on the command line: ``monitor --location`` and its refusals, and what ``status`` says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.operations import API, WEB, probe

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.model import ServiceState, series_name
from amt_console.store import Store

Command = Callable[..., object]


@pytest.fixture
def two(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of two services."""
    (home / "two.toml").write_text(
        "".join(f'[[services]]\nname = "{each.name}"\nurl = "http://127.0.0.1:1/"\n' for each in (API, WEB))
    )
    monkeypatch.setenv("AMT_CONFIG", str(home / "two.toml"))


@pytest.mark.parametrize("named_by", ["--location", "AMT_LOCATION", "location"])
def test_a_file_has_one_monitor_and_no_locations(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    (home / "c.toml").write_text('location = "fra"\n' if named_by == "location" else "# the defaults\n")
    if named_by == "AMT_LOCATION":
        monkeypatch.setenv("AMT_LOCATION", "fra")
    option = ("--location", "fra") if named_by == "--location" else ()
    outcome = command("monitor", *option, "--config", str(home / "c.toml"), "--db", str(home / "m.db"))
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert f"location fra ({named_by}) needs a database on a server" in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not (home / "m.db").exists()


@pytest.mark.parametrize("name", ["Fra", "fra@nyc", "-x", ""])
def test_what_is_no_name_of_a_location_is_refused(command: Command, name: str) -> None:
    outcome = command("monitor", f"--location={name}", "--db", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert outcome.code == ExitCode.BAD_CONFIG
    assert "small letters, digits and hyphens, such as fra" in outcome.err


def test_a_single_round_has_no_location(command: Command, home: Path) -> None:
    outcome = command("monitor", "--once", "--location", "fra", "--db", str(home / "m.db"))
    assert outcome.code == ExitCode.USAGE
    assert "--once" in outcome.err


def watched(store: Store, **states: ServiceState) -> None:
    now = SystemClock().now()
    worst = ServiceState.DEGRADED if ServiceState.DOWN in states.values() else ServiceState.UP
    results = [replace(probe(API, now, worst), error="down from nyc (1 of 2): refused")]
    results += [
        replace(probe(API, now, state), service=series_name(API.name, name), location=name)
        for name, state in states.items()
    ]
    with store.transaction() as writes:
        writes.add_results([*results, probe(WEB, now)])
        writes.sign_of_life(host="here", pid=1, started_at=now, at=now)


def test_status_lists_the_locations_of_what_is_not_up_everywhere(command: Command, store: Store, two: None) -> None:
    watched(store, fra=ServiceState.UP, nyc=ServiceState.DOWN)
    lines = command("status").out.splitlines()
    assert "1 of 3 services up, 1 slow, 1 unknown" in lines[0], "a location is no service"
    (heading,) = [at for at, line in enumerate(lines) if "SEEN FROM" in line]
    assert [line.split()[:2] for line in lines[heading + 1 : heading + 3]] == [
        ["backend-api", "fra"],
        ["backend-api", "nyc"],
    ]
    assert "connection refused" in lines[heading + 2]
    assert lines[heading + 3] == ""
    assert not [line for line in lines if "@" in line]


def test_status_needs_one_line_where_all_locations_agree(command: Command, store: Store, two: None) -> None:
    watched(store, fra=ServiceState.UP, nyc=ServiceState.UP)
    outcome = command("status")
    assert "seen from: fra, nyc; everything is up from all of them" in outcome.out
    assert "SEEN FROM" not in outcome.out
