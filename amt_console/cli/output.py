"""How commands print: data to stdout, talk to stderr, tables that pipe well."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import typer

from amt_console.text import locale_speaks_utf8


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    _echo(json.dumps(document, indent=2, ensure_ascii=not _is_utf8(), allow_nan=False))


def print_line(text: str = "") -> None:
    """One line of data, with what the terminal cannot write replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    _echo(text.encode(encoding, "replace").decode(encoding))


def talk(text: str) -> None:
    """One line to the person, on stderr."""
    encoding = sys.stderr.encoding or "utf-8"
    _echo(text.encode(encoding, "replace").decode(encoding), err=True)


def to_nowhere(stream: TextIO) -> None:
    """Let a stream whose reader has gone lead to nowhere, with what it still holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _echo(text: str, *, err: bool = False) -> None:
    """One line. Once the reader has gone the rest is lost, which changes neither the command nor its exit code."""
    try:
        typer.echo(text, err=err)
    except BrokenPipeError:
        to_nowhere(sys.stderr if err else sys.stdout)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, styles: Sequence[str | None] = ()) -> None:
    """A table: drawn by Rich on a terminal, columns two blanks apart elsewhere. ``styles`` has one entry a row."""
    if not sys.stdout.isatty():
        _print_plain(headings, rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for index, row in enumerate(rows):
        style = styles[index] if index < len(styles) else None
        table.add_row(*(Text(cell, style=style or "") for cell in row))
    Console(highlight=False, markup=False, emoji=False).print(table)


def _print_plain(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    for row in (headings, *rows):
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def ascii_only() -> bool:
    """Whether the locale or stdout cannot carry the glyphs."""
    return not (_is_utf8() and locale_speaks_utf8(os.environ))


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
