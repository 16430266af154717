"""The console's own command line is read without Typer, and understands what Typer understands."""

from __future__ import annotations

import pytest
import typer

from amt_console.cli.startup.commands import app
from amt_console.cli.startup.console_line import FLAGS, WITH_VALUE, ConsoleLine


def test_it_knows_the_options_of_the_root_command() -> None:
    parameters = {name: each for each in typer.main.get_command(app).params for name in each.opts}
    flags = {name for name, each in parameters.items() if getattr(each, "is_flag", False)}
    assert set(FLAGS) == flags - {"--version"}
    assert set(WITH_VALUE) == set(parameters) - flags
    assert {name: each.name for name, each in parameters.items() if name != "--version"} == FLAGS | WITH_VALUE


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
