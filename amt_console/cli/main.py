"""The root of the command line: global options, the table of commands, and how every failure ends."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from amt_console.cli import alerts, audit, config, db, demo, doctor, export, monitor, serve, status, token
from amt_console.cli.analyze import analyze
from amt_console.cli.connection import Connection
from amt_console.cli.context import Context
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.moment import parse_moment
from amt_console.cli.output import to_nowhere
from amt_console.text import safe_text

app = typer.Typer(
    name="amt-console",
    help="The operations console of the AI Marketing Tools platform. Without a command it opens the live console.",
    epilog="--config, --db and --connect may stand anywhere on the line. Example: amt-console status --db sqlite:////var/lib/amt/monitoring.db",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("monitor", epilog="Example: amt-console monitor --once")(monitor.monitor)
app.command("status", epilog="Example: amt-console status --line")(status.status)
app.add_typer(alerts.app, name="alerts", epilog="Example: amt-console alerts ack 12 --note 'restarting the API'")
app.add_typer(export.app, name="export", epilog="Example: amt-console export all --hours 168 --out /var/www/reports")
app.command("analyze", epilog="Example: amt-console analyze --hours 24 --json")(analyze)
app.add_typer(config.app, name="config", epilog="Example: amt-console config check")
app.command("serve", epilog="Example: amt-console serve --tls-certificate cert.pem --tls-key key.pem --host 0.0.0.0")(
    serve.serve
)
app.add_typer(
    token.app, name="token", epilog="Example: amt-console token create ann-laptop --role operator --expires 90d"
)
app.add_typer(audit.app, name="audit", epilog="Example: amt-console audit list --since 7d")
app.command("demo", epilog="Example: amt-console demo --incident api-down")(demo.demo)
app.add_typer(db.app, name="db", epilog="Example: amt-console db backup /var/backups/amt --keep 14")
app.command("doctor", epilog="Example: amt-console doctor --json")(doctor.doctor)

_ANYWHERE = ("--config", "--db", "--connect", "--token-file", "--ca-file")
_CONNECTING = (None, "status", "alerts")
"""Commands that can ask another monitor than that of the database; ``None`` is the console."""
_CLOSED_PIPE = 128 + 13
"""The exit code that a shell shows for a program that is ended by SIGPIPE."""


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    config_file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration file (JSON or TOML).")
    ] = None,
    db: Annotated[str | None, typer.Option("--db", metavar="URL", help="Database, as a URL or a SQLite file.")] = None,
    connect: Annotated[
        str | None,
        typer.Option(
            "--connect",
            metavar="URL",
            help="Look at another monitor: unix:/path or https://host:port, with the access token in $AMT_TOKEN.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="With --connect: file with the access token.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="With --connect: PEM file of the authority.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, but do not act and do not probe.")] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Show a past moment: '2026-01-31 14:00', '14:00', '2h'.")
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Open the live console, or run a command."""
    if version:
        from amt_console import __version__

        typer.echo(f"amt-console {__version__}")
        raise typer.Exit
    connection = None if connect is None else Connection(connect, token_file, ca_file)
    context = Context(config=config_file, db=_store_url(db), connection=connection)
    ctx.obj = context
    _check_connection(ctx.invoked_subcommand, context, token_file or ca_file)
    if ctx.invoked_subcommand is not None:
        if at is not None or read_only or ascii_only or no_mouse:
            raise CommandError(
                "--at, --read-only, --ascii and --no-mouse belong to the console: leave the command out, or the option",
                ExitCode.USAGE,
            )
        return
    from amt_console.cli.console import Place, open_console

    moment: datetime | None = parse_moment(at, context.clock.now()) if at else None
    code = open_console(
        lambda: Place(context.settings, context.store_url, context.targets, context.notices),
        connection=connection,
        read_only=read_only,
        at=moment,
        ascii_only=ascii_only,
        mouse=not no_mouse,
    )
    raise typer.Exit(code)


def _check_connection(command: str | None, context: Context, companion: Path | None) -> None:
    if context.connection is None:
        if companion is not None:
            raise CommandError("--token-file and --ca-file go with --connect", ExitCode.USAGE)
        return
    if context.db is not None:
        raise CommandError("--connect and --db exclude each other", ExitCode.USAGE)
    if command not in _CONNECTING:
        raise CommandError(
            f"--connect works with the console, status and alerts; run '{command}' on the monitor's host",
            ExitCode.USAGE,
        )


def _store_url(db: str | None) -> str | None:
    """``--db`` takes a plain path as well as a URL."""
    if db is None or "://" in db:
        return db
    return f"sqlite:///{Path(db).expanduser().resolve()}"


def hoist_options(arguments: Sequence[str]) -> list[str]:
    """Move the options that name a file, a database or a monitor to the front: they may stand behind a command."""
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            rest += [argument, *remaining]
            break
        if argument in _ANYWHERE and remaining:
            front += [argument, remaining.pop(0)]
        elif argument.startswith(tuple(f"{name}=" for name in _ANYWHERE)):
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
        to_nowhere(sys.stdout)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        result = app(arguments, prog_name="amt-console", standalone_mode=False)
    except CommandError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        return _fail(f"{error.format_message()} (see amt-console --help)", ExitCode.USAGE)
    except typer.Abort:
        return _fail("stopped", 130)
    except SystemExit as ended:
        # Typer ends the process with 1, which means "warning" here, when anything in a command meets a closed pipe.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _cut_short(ended.__context__)
    except Exception as error:
        return _fail_unexpected(error)
    return result if isinstance(result, int) else 0


def _cut_short(error: BrokenPipeError) -> int:
    """What commands print never comes here (see ``output``): a help text nobody reads on, or another broken pipe."""
    gone = [stream for stream in (sys.__stdout__, sys.__stderr__) if stream is not None and _reader_is_gone(stream)]
    if not gone:
        return _fail_unexpected(error)
    for stream in gone:
        to_nowhere(stream)
    return _CLOSED_PIPE


def _reader_is_gone(stream: TextIO) -> bool:
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"amt-console: {safe_text(message, 20_000, keep_newlines=True)}\n")
    return int(code)


def _fail_unexpected(error: Exception) -> int:
    """Errors of the rooms below, told apart without importing the rooms that this run did not use."""
    from amt_console.cli.failures import exit_code_of

    code = exit_code_of(error)
    if code is not None:
        return _fail(str(error), code)
    if os.environ.get("AMT_DEBUG"):
        raise error
    return _fail(
        f"internal error: {type(error).__name__}: {error}\nSet AMT_DEBUG=1 to see where, and report it please.",
        ExitCode.INTERNAL,
    )
