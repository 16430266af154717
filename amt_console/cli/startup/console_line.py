"""The options of the root command, declared once, and the command line of the console.

The console's line is read without Typer, because importing Typer would delay the first frame. A command, ``--help`` or
a mistake on the line is left to Typer: its root command has the same options.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context, url_of
from amt_console.runtime.remote_monitor import RemoteMonitor

_CONNECTING = (None, "status", "alerts", "oncall", "run")
"""Commands that work with ``--connect``; ``None`` is the console."""


def _value(flag: str, metavar: str, help_text: str, *, anywhere: bool = False) -> Any:
    """An option with a value. ``anywhere``: it may also stand behind a command."""
    option = {"flag": flag, "metavar": metavar, "help": help_text, "anywhere": anywhere}
    return field(default=None, metadata=option)


def _switch(flag: str, help_text: str) -> Any:
    """An option without a value."""
    return field(default=False, metadata={"flag": flag, "metavar": None, "help": help_text, "anywhere": False})


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """The options of the root command as they were written; each field is one option."""

    config: str | None = _value("--config", "FILE", "Configuration file (JSON or TOML).", anywhere=True)
    db: str | None = _value("--db", "URL", "Database: a URL or the path of a SQLite file.", anywhere=True)
    connect: str | None = _value(
        "--connect",
        "URL",
        "Attach to another monitor: unix:/path or https://host:port, with the access token in $AMT_TOKEN.",
        anywhere=True,
    )
    token_file: str | None = _value("--token-file", "FILE", "With --connect: the access token's file.", anywhere=True)
    ca_file: str | None = _value("--ca-file", "FILE", "With --connect: PEM file of the authority.", anywhere=True)
    at: str | None = _value("--at", "TIME", "Show a past moment: '14:00', '-2h', 'yesterday 09:00', ISO 8601.")
    read_only: bool = _switch("--read-only", "Look only: no actions, no probes.")
    ascii_only: bool = _switch("--ascii", "Draw with ASCII characters only.")
    plain: bool = _switch("--plain", "A page of text, refreshed; for TERM=dumb, pipes and screen readers.")
    interval: str | None = _value("--interval", "LENGTH", "With --plain: how often to look, 5s by default.")
    once: bool = _switch("--once", "With --plain: one page, and exit as status does.")
    no_mouse: bool = _switch("--no-mouse", "Leave the mouse to the terminal.")

    @classmethod
    def read(cls, arguments: Sequence[str]) -> ConsoleLine | None:
        """The options of the console; ``None`` if the line has anything else on it."""
        options = {option.metadata["flag"]: option for option in fields(cls)}
        found: dict[str, Any] = {}
        remaining = list(arguments)
        while remaining:
            name, equals, value = remaining.pop(0).partition("=")
            option = options.get(name)
            if option is None:
                return None
            if option.metadata["metavar"] is None:
                if equals:
                    return None
                found[option.name] = True
            elif value or (not equals and remaining):
                found[option.name] = value or remaining.pop(0)
            else:
                return None
        return cls(**found)

    def context(self, command: str | None = None) -> Context:
        """The context of ``command``; ``None`` is the console. Raises CommandError for options that do not fit."""
        if command is not None and self._of_the_console:
            raise CommandError(
                "--read-only, --ascii, --no-mouse, --plain, --interval, --once and an --at before the command are "
                "options of the console: leave out the command or the option",
                ExitCode.USAGE,
            )
        return Context(
            config=_path(self.config),
            db=None if self.db is None else url_of(self.db),
            connection=self._connection(command),
        )

    @property
    def _of_the_console(self) -> bool:
        """Whether an option is given that no command has."""
        switches = (self.read_only, self.ascii_only, self.no_mouse, self.plain, self.once)
        return any(switches) or self.at is not None or self.interval is not None

    def open(self) -> int:
        """Run the console; returns the exit code. Raises CommandError."""
        from amt_console.moments import past_moment

        context = self.context()
        if self.plain or no_screen():
            return self._print(context)
        if self.once or self.interval is not None:
            raise CommandError("--once and --interval go with --plain", ExitCode.USAGE)
        from amt_console.cli.console import open_console

        return open_console(
            context.place,
            connection=context.connection,
            screen=context.screen,
            read_only=self.read_only,
            at=past_moment(self.at, context.clock.now()) if self.at else None,
            ascii_only=self.ascii_only,
            mouse=not self.no_mouse,
        )

    def _print(self, context: Context) -> int:
        """Print plain pages; returns the exit code. Raises CommandError."""
        from amt_console.cli.plain import pages
        from amt_console.moments import past_moment

        clock, connection = context.clock, context.connection
        if self.once or self.at is not None:
            moment = past_moment(self.at, clock.now()) if self.at else None
            return pages.print_page(
                lambda: context.snapshot(moment), context.screen(), clock, ascii_only=self.ascii_only
            )
        return pages.print_pages(
            lambda ending: (
                pages.local(context.place, clock, ending, read_only=self.read_only)
                if connection is None
                else pages.remote(connection, context.screen)
            ),
            clock,
            interval=self.interval,
            ascii_only=self.ascii_only,
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


def no_screen(env: Mapping[str, str] = os.environ) -> bool:
    """Whether standard output can show no screen: it is no terminal, or one that cannot move its cursor."""
    out = sys.__stdout__
    return out is None or not out.isatty() or env.get("TERM", "") in ("", "dumb")


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def flags_allowed_anywhere() -> tuple[str, ...]:
    """The options that may also stand behind a command: they name a file, a database or a monitor."""
    return tuple(option.metadata["flag"] for option in fields(ConsoleLine) if option.metadata["anywhere"])
