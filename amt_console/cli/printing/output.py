"""How commands print: data to stdout, messages to stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import Any, TextIO

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.text import locale_speaks_utf8


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    _echo(json.dumps(document, indent=2, ensure_ascii=not _is_utf8(), allow_nan=False))


def print_encoded(content: bytes) -> None:
    """One JSON document in UTF-8 on stdout."""
    if _is_utf8():
        _echo(content.decode("utf-8").removesuffix("\n"))
    else:
        print_json(json.loads(content))


def print_line(text: str = "") -> None:
    """One line of data; characters that stdout cannot encode are replaced."""
    _echo(writable(text))


def writable(text: str) -> str:
    """The text with characters that stdout cannot encode replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def talk(text: str) -> None:
    """One message on stderr."""
    encoding = sys.stderr.encoding or "utf-8"
    _echo(text.encode(encoding, "replace").decode(encoding), err=True)


def to_nowhere(stream: TextIO) -> None:
    """Redirect a stream whose reader has gone to /dev/null, with its unwritten data."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _echo(text: str, *, err: bool = False) -> None:
    """Print one line. A reader that has gone changes neither the command nor its exit code.

    Raises CommandError if it cannot be written for another reason, such as a full disk.
    """
    try:
        typer.echo(text, err=err)
    except BrokenPipeError:
        to_nowhere(sys.stderr if err else sys.stdout)
    except OSError as error:
        raise unwritten(error) from error


def unwritten(error: OSError) -> CommandError:
    """The output cannot be written. What waits in the buffer is dropped, or the interpreter would report it again."""
    to_nowhere(sys.stdout)
    return CommandError(f"the output cannot be written: {error.strerror or error}", ExitCode.IO)


def print_wrapped(text: str, *, indent: int = 0) -> None:
    """A line of data. On a terminal it wraps between words; further lines are indented by ``indent`` blanks."""
    if not sys.stdout.isatty():
        print_line(text)
        return
    width = shutil.get_terminal_size().columns
    for part in textwrap.wrap(text, max(width, indent + 20), subsequent_indent=" " * indent, break_on_hyphens=False):
        print_line(part)


def ascii_only() -> bool:
    """Whether the locale or stdout cannot encode the glyphs."""
    return not (_is_utf8() and locale_speaks_utf8(os.environ))


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
