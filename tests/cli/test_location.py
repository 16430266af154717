"""``monitor --location``: where it makes no sense it is refused with one message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from amt_console.cli.exit_codes import ExitCode

Command = Callable[..., object]


@pytest.fixture(autouse=True)
def no_location(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMT_LOCATION", raising=False)


@pytest.mark.parametrize("named_by", ["--location", "AMT_LOCATION", "location"])
def test_a_file_has_one_monitor_and_no_locations(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    (home / "c.toml").write_text('location = "fra"\n' if named_by == "location" else "")
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
