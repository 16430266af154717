"""The console's own command line is read without Typer, and understands what Typer understands."""

from __future__ import annotations

import pytest
import typer

from amt_console.cli.startup.commands import app
from amt_console.cli.startup.console_line import ConsoleLine
from amt_console.cli.startup.main import hoist_options


def test_it_knows_the_options_of_the_root_command() -> None:
    parameters = {name: each for each in typer.main.get_command(app).params for name in each.opts}
    parameters.pop("--version")
    for name, parameter in parameters.items():
        given = [name] if getattr(parameter, "is_flag", False) else [name, "x"]
        line = ConsoleLine.read(given)
        assert line is not None
        assert getattr(line, str(parameter.name)) in (True, "x")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], ConsoleLine()),
        (["--db", "a.db", "--read-only"], ConsoleLine(db="a.db", read_only=True)),
        (["--config=x=y.json", "--at", "-2h"], ConsoleLine(config="x=y.json", at="-2h")),
        (["--db", "a", "--db", "b", "--ascii", "--no-mouse"], ConsoleLine(db="b", ascii_only=True, no_mouse=True)),
        (["--connect", "unix:/x", "--token-file", "t"], ConsoleLine(connect="unix:/x", token_file="t")),
    ],
)
def test_plain_options_are_read(arguments: list[str], line: ConsoleLine) -> None:
    assert ConsoleLine.read(arguments) == line


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["--db", "a.db", "status"],
        ["--help"],
        ["-h"],
        ["--version"],
        ["--db"],
        ["--db="],
        ["--ascii=1"],
        ["--"],
    ],
    ids=" ".join,
)
def test_everything_else_is_left_to_typer(arguments: list[str]) -> None:
    assert ConsoleLine.read(arguments) is None


def test_config_and_db_may_stand_behind_the_command() -> None:
    assert hoist_options(["alerts", "list", "--db", "x.db", "--json"]) == ["--db", "x.db", "alerts", "list", "--json"]
    assert hoist_options(["status", "--config=a.toml"]) == ["--config=a.toml", "status"]
    assert hoist_options(["alerts", "ack", "1", "--note", "x", "--", "--db", "y"]) == [
        "alerts",
        "ack",
        "1",
        "--note",
        "x",
        "--",
        "--db",
        "y",
    ]
