"""The Typer application: global options and the table of commands. Each command is loaded when it is called."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.console_line import ConsoleLine
from amt_console.cli.startup.wrong_values import words_of

_COMMANDS = {
    "monitor": "monitor --once",
    "status": "status --line",
    "alerts": "alerts ack 12 --note 'restarting the API'",
    "oncall": "oncall --week",
    "notify": "notify test ops-mail",
    "silences": "silences add --service web-app --for 2h --reason 'new release'",
    "maintenance": "maintenance add 'new disks' --group shop --for 1h",
    "rules": "rules test rules-test.toml",
    "export": "export all --hours 168 --out /var/www/reports",
    "analyze": "analyze --hours 24 --json",
    "config": "config check",
    "figures": "figures test http://localhost:5000",
    "db": "db backup /var/backups/amt --keep 14",
    "run": "run nightly-backup -- /usr/local/bin/backup --all",
    "serve": "serve --tls-certificate cert.pem --tls-key key.pem --host 0.0.0.0",
    "token": "token create ann-laptop --role operator --expires 90d",
    "audit": "audit list --since 7d",
    "demo": "demo --incident api-down",
    "doctor": "doctor --json",
    "completion": "completion bash",
}
"""In the order of the help, with the example of its end. A module of the same name holds ``app`` for a group, or a
function of that name.
"""


class _Loaded(Mapping[str, Any]):
    """The commands by name, each built on first access."""

    def __getitem__(self, name: str) -> Any:
        return _made(name, _COMMANDS[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Root(TyperGroup):
    """Loads only the command that is called; the help loads all."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Loaded()

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the help."""
        return list(self.commands)


@cache
def _made(name: str, example: str) -> Any:
    """The click command of a module."""
    module = import_module(f"amt_console.cli.{name}")
    epilog = f"Example: amt-console {example}"
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name, epilog=epilog)
        group: Any = get_command(alone)
        return group.commands[name]
    alone.command(name, epilog=epilog)(getattr(module, name))
    return get_command(alone)


app = typer.Typer(
    cls=_Root,
    name="amt-console",
    help="The operations console of the AI Marketing Tools platform. Without a command it opens the live console.",
    epilog="--config, --db and --connect may stand anywhere on the line.\n\nExample: amt-console status --db sqlite:////var/lib/amt/monitoring.db",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _root(ctx: typer.Context, *, version: bool = False, **options: Any) -> None:
    """Open the live console, or run a command."""
    if version:
        from amt_console import __version__

        typer.echo(f"amt-console {__version__}")
        raise typer.Exit
    line = ConsoleLine(**options)
    if ctx.invoked_subcommand is None:
        raise typer.Exit(line.open())
    ctx.obj = line.context(ctx.invoked_subcommand)


def _root_signature() -> inspect.Signature:
    """The parameters that Typer reads from a signature, made from the fields of ``ConsoleLine``."""
    parameters = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)]
    for option in fields(ConsoleLine):
        words = option.metadata
        kind: Any = bool if words["metavar"] is None else str | None
        typed = Annotated[kind, typer.Option(words["flag"], metavar=words["metavar"], help=words["help"])]
        parameters.append(
            inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=typed)
        )
    version = Annotated[bool, typer.Option("--version", help="Print the version and exit.")]
    parameters.append(inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=version))
    return inspect.Signature(parameters)


# Typer has no way to declare options from data, only from a signature.
_signature = _root_signature()
_root.__signature__ = _signature  # type: ignore[attr-defined]
_root.__annotations__ = {name: each.annotation for name, each in _signature.parameters.items()}
app.callback(invoke_without_command=True)(_root)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Raises CommandError, also for a line that cannot be parsed."""
    try:
        result = app(list(arguments), prog_name="amt-console", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = "amt-console" if context is None else context.command_path
        raise CommandError(f"{words_of(error)} (see {command} --help)", ExitCode.USAGE) from error
    except typer.Abort:
        raise CommandError("stopped", ExitCode.STOPPED) from None
    return result if isinstance(result, int) else 0


def complete() -> int:
    """Answer the completion script of a shell: it says in the environment what is typed."""
    from typer.completion import get_completion_inspect_parameters

    # Registers the completions of Typer, which it otherwise does with the options of its own.
    get_completion_inspect_parameters()
    get_command(app)(prog_name="amt-console")
    return 0
