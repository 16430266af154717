"""The pages name every command, every option and every section of the configuration, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
import typer
from support.config_reference import sections
from support.pages import PROGRAM, Page, pages

from amt_console.cli.startup.commands import app
from amt_console.cli.startup.console_line import ConsoleLine, flags_allowed_anywhere

REFERENCE = "docs/configuration.md"


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command by its words, the groups too."""
    pending: list[tuple[tuple[str, ...], click.Command]] = [((), typer.main.get_command(app))]
    while pending:
        words, command = pending.pop()
        yield words, command
        if isinstance(command, click.Group):
            pending += [((*words, name), inner) for name, inner in command.commands.items() if not inner.hidden]


COMMANDS = dict(commands())
