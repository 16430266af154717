"""Runs one command line, and turns every failure into one message and an exit code.

The console opens without Typer; every command uses it.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from typing import TextIO

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.garbage import without_collections
from amt_console.cli.startup.console_line import ConsoleLine, flags_allowed_anywhere
from amt_console.redaction import without_remembered
from amt_console.text import safe_text

_CLOSED_PIPE = 128 + 13
"""The exit code that a shell reports after SIGPIPE."""
COMPLETION_VARIABLE = "_AMT_CONSOLE_COMPLETE"
"""Set by the completion script of a shell."""


def hoist_options(arguments: Sequence[str]) -> list[str]:
    """Move options that are allowed anywhere to the front: people add them at the end, Typer wants them first."""
    anywhere = flags_allowed_anywhere()
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            rest += [argument, *remaining]
            break
        if argument in anywhere and remaining:
            front += [argument, remaining.pop(0)]
        elif argument.startswith(tuple(f"{name}=" for name in anywhere)):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and end the process with a code of ``ExitCode``."""
    code = _run(hoist_options(sys.argv[1:] if arguments is None else arguments))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)
    except OSError as error:
        from amt_console.cli.printing.output import unwritten

        failed = unwritten(error)
        if code != ExitCode.IO:
            code = _fail(str(failed), ExitCode.IO)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        if COMPLETION_VARIABLE in os.environ:
            from amt_console.cli.startup.commands import complete

            return complete()
        line = ConsoleLine.read(arguments)
        if line is not None:
            return line.open()
        with without_collections():
            from amt_console.cli.startup.commands import run_command

        return run_command(arguments)
    except CommandError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("stopped", ExitCode.STOPPED)
    except SystemExit as ended:
        # On a closed pipe Typer exits with 1, and 1 means "warning" here.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _cut_short(ended.__context__)
    except Exception as error:
        return _fail_unexpected(error)


def _cut_short(error: BrokenPipeError) -> int:
    """A closed pipe while the help was printed, or another broken pipe; ``output`` handles the output of commands."""
    gone = [stream for stream in (sys.__stdout__, sys.__stderr__) if stream is not None and _reader_is_gone(stream)]
    if not gone:
        return _fail_unexpected(error)
    for stream in gone:
        _to_nowhere(stream)
    return _CLOSED_PIPE


def _to_nowhere(stream: TextIO) -> None:
    from amt_console.cli.printing.output import to_nowhere

    to_nowhere(stream)


def _reader_is_gone(stream: TextIO) -> bool:
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _fail(message: str, code: int) -> int:
    shown = safe_text(without_remembered(message), 20_000, keep_newlines=True)
    sys.stderr.write(f"amt-console: {shown}\n")
    return int(code)


def _words(error: Exception) -> str:
    """The text of an error; of one of the system without its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


def _fail_unexpected(error: Exception) -> int:
    """Map errors of other rooms to exit codes without importing rooms that this run did not use."""
    from amt_console.cli.failures import exit_code_of

    code = exit_code_of(error)
    if code is not None:
        return _fail(_words(error), code)
    if os.environ.get("AMT_DEBUG"):
        raise error
    return _fail(
        f"internal error: {type(error).__name__}: {error}\nSet AMT_DEBUG=1 to see where, and report it please.",
        ExitCode.INTERNAL,
    )
