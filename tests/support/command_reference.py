"""docs/commands.md, made from the commands themselves.

``PYTHONPATH=tests python -m support.command_reference`` brings the page up to date.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import typer
from support.pages import PROGRAM, ROOT

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.commands import app

PAGE = ROOT / "docs" / "commands.md"
HEAD = """# Commands

Every command with its arguments and options, as `--help` prints them. Data goes to standard output, messages go to
standard error. A time is `14:30`, `-2h`, `yesterday 09:00` or ISO 8601; a length of time is `90s`, `15m`, `2h`,
`7d` or a number of seconds.

<!-- made from the commands by: PYTHONPATH=tests python -m support.command_reference -->
"""
Words = tuple[str, ...]
_TYPE = re.compile(r" ?<(int range|str|path|list\[(str|Path)\])>")
_ID_RANGE = re.compile(r" ?\[1<=x<=4611686018427387904\]|1<=x<=4611686018427387904; ")


def commands() -> Iterator[tuple[Words, Any]]:
    """Every command and group with its words, in the order of the help; the program itself has none."""

    def walk(words: Words, command: Any) -> Iterator[tuple[Words, Any]]:
        yield words, command
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.hidden:
                yield from walk((*words, name), inner)

    yield from walk((), typer.main.get_command(app))


def options_of(command: Any) -> dict[str, Any]:
    """The options of a command by each of their spellings."""
    found = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    return {name: param for name, param in found.items() if name.startswith("-")}


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _rows(words: Words, command: Any) -> Iterator[str]:
    context = command.make_context(" ".join((PROGRAM, *words)), [], resilient_parsing=True)
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is None or "--help" in param.opts:
            continue
        form = _TYPE.sub("", record[0])
        yield f"| `{_cell(form)}` | {_cell(_ID_RANGE.sub('', record[1]))} |"


def _section(words: Words, command: Any) -> Iterator[str]:
    yield f"{'#' * (len(words) + 1)} {' '.join(words)}" if words else "## Options of every command"
    yield ""
    if words:
        help_text = (command.help or "").split("\n\n")
        for paragraph in help_text:
            yield _text(paragraph)
            yield ""
    rows = list(_rows(words, command))
    if rows:
        yield from ("| argument or option | meaning |", "|---|---|", *rows, "")
    if words and command.epilog:
        yield f"{_text(command.epilog).replace('Example: ', 'Example: `', 1)}`"
        yield ""


def _codes() -> Iterator[str]:
    yield from ("## Exit codes", "", "| code | name |", "|---|---|")
    for code in sorted(ExitCode):
        yield f"| {int(code)} | {code.name.lower().replace('_', ' ')} |"
    yield ""


def reference() -> str:
    """The whole page."""
    lines = [HEAD, *_codes()]
    for words, command in commands():
        lines += _section(words, command)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    os.environ["TERM"] = "dumb"
    PAGE.write_text(reference(), encoding="utf-8")
