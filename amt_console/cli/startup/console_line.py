"""The command line of the console itself, which is read without Typer: loading that would hold up the first frame.

Only what is plain is read here. Whatever else stands on a line, a command, a question for help or a mistake, is for
Typer, whose root command has the same options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context, url_of
from amt_console.runtime.remote_monitor import RemoteMonitor

WITH_VALUE = {
    "--config": "config",
    "--db": "db",
    "--connect": "connect",
    "--token-file": "token_file",
    "--ca-file": "ca_file",
    "--at": "at",
}
FLAGS = {"--read-only": "read_only", "--ascii": "ascii_only", "--no-mouse": "no_mouse"}
_CONNECTING = (None, "status", "alerts")
"""Commands that can ask another monitor than that of the database; ``None`` is the console."""


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """The options that may stand before a command, as they were written."""

    config: str | None = None
    db: str | None = None
    connect: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    at: str | None = None
    read_only: bool = False
    ascii_only: bool = False
    no_mouse: bool = False

    @classmethod
    def read(cls, arguments: Sequence[str]) -> ConsoleLine | None:
        """What the arguments ask of the console; ``None`` if they are more than its plain options."""
        found: dict[str, str | bool] = {}
        remaining = list(arguments)
        while remaining:
            argument = remaining.pop(0)
            name, equals, value = argument.partition("=")
            if argument in FLAGS:
                found[FLAGS[argument]] = True
            elif name in WITH_VALUE and (value or (not equals and remaining)):
                found[WITH_VALUE[name]] = value or remaining.pop(0)
            else:
                return None
        return cls(**found)  # type: ignore[arg-type]

    def context(self, command: str | None = None) -> Context:
        """What ``command`` needs, ``None`` being the console. Raises CommandError for options that do not fit."""
        if command is not None and (self.at is not None or self.read_only or self.ascii_only or self.no_mouse):
            raise CommandError(
                "--at, --read-only, --ascii and --no-mouse belong to the console: leave the command out, or the option",
                ExitCode.USAGE,
            )
        return Context(
            config=_path(self.config),
            db=None if self.db is None else url_of(self.db),
            connection=self._connection(command),
        )

    def open(self) -> int:
        """Run the console; returns the exit code. Raises CommandError."""
        from amt_console.cli.console import Place, open_console
        from amt_console.cli.startup.moment import parse_moment

        context = self.context()
        return open_console(
            lambda: Place(context.settings, context.store_url, context.targets, context.notices),
            connection=context.connection,
            wishes=context.console_settings,
            read_only=self.read_only,
            at=parse_moment(self.at, context.clock.now()) if self.at else None,
            ascii_only=self.ascii_only,
            mouse=not self.no_mouse,
        )

    def _connection(self, command: str | None) -> RemoteMonitor | None:
        if self.connect is None:
            if self.token_file or self.ca_file:
                raise CommandError("--token-file and --ca-file go with --connect", ExitCode.USAGE)
            return None
        if self.db is not None:
            raise CommandError("--connect and --db exclude each other", ExitCode.USAGE)
        if command not in _CONNECTING:
            raise CommandError(
                f"--connect works with the console, status and alerts; run '{command}' on the monitor's host",
                ExitCode.USAGE,
            )
        return RemoteMonitor(self.connect, _path(self.token_file), _path(self.ca_file))


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
