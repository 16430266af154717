"""``run``: a cron job as a monitored heartbeat."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.api.client.address import MonitorAddress
    from amt_console.api.client.ping import Pinger
    from amt_console.config import Settings

KEY_VARIABLE = "AMT_PING_KEY"
START_SECONDS = 3.0
"""How long the report of the end waits for that of the start."""


def run(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job: the name of an entry of [[heartbeats]].")],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="The command and its arguments.")],
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help=f"The API of the monitor, such as https://host:8787; ${KEY_VARIABLE} has the key.",
        ),
    ] = None,
    keep_output: Annotated[
        bool, typer.Option("--keep-output", help="On failure, send the last lines of output that go to no terminal.")
    ] = False,
) -> None:
    """Run a command and report its start, its duration and its exit code to the monitor.

    Output, signals and exit code pass through; the command runs the same without a monitor.
    """
    from amt_console.model.inbound import MAX_OUTPUT_BYTES
    from amt_console.runtime.job import Job, StartError

    context = get_context(ctx)
    began = time.monotonic()
    try:
        job = Job(command, keep=2 * MAX_OUTPUT_BYTES if keep_output else 0)
    except StartError as error:
        _say(str(error))
        _Reports(context, name, url).end(error.code, 0.0, b"")
        raise typer.Exit(error.code) from None
    reports = _Reports(context, name, url)
    reports.begin()
    code = job.wait()
    duration_ms = (time.monotonic() - began) * 1000.0
    reports.end(code, duration_ms, job.tail if code else b"")
    raise typer.Exit(code)


class _Reports:
    """The reports of one run. Nothing here fails or delays the command: what goes wrong is one line on stderr."""

    def __init__(self, context: Context, name: str, url: str | None) -> None:
        self._context = context
        self._name = name
        self._url = url
        self._told = False
        self._heard = False
        """Whether the monitor took the report of the start."""
        self._pinger: Pinger | None = None
        self._starting = threading.Thread(target=self._start, daemon=True)

    def begin(self) -> None:
        """Report the start, beside the running command."""
        self._starting.start()

    def end(self, code: int, duration_ms: float, output: bytes) -> None:
        """Report the end."""
        if self._starting.ident is None:
            self._prepare()
        else:
            self._starting.join(START_SECONDS)
        if self._pinger is not None:
            self._tell(self._pinger.end(code, duration_ms, output, insist=self._heard))

    def _start(self) -> None:
        self._prepare()
        if self._pinger is not None:
            # The report of the end says what the monitor misses; a start alone is not worth a line.
            self._heard = self._pinger.start() is None

    def _prepare(self) -> None:
        try:
            self._pinger = _pinger(self._context, self._name, self._url)
        except Exception as error:
            self._tell(safe_text(str(error).splitlines()[0] if str(error) else type(error).__name__, 300))

    def _tell(self, trouble: str | None) -> None:
        if trouble is not None and not self._told:
            self._told = True
            _say(f"{safe_text(self._name, 64)} is not reported to the monitor: {trouble}")


def _pinger(context: Context, name: str, url: str | None) -> Pinger:
    """Raises CommandError, ConfigError or whatever else says why there is none."""
    from amt_console.api.client.address import parse_address
    from amt_console.api.client.ping import Pinger

    connection = context.connection
    ca_file = None if connection is None or connection.ca_file is None else str(connection.ca_file)
    place = url or (None if connection is None else connection.url)
    key = os.environ.get(KEY_VARIABLE)
    settings = None if key and place else _settings(context)
    if not key:
        assert settings is not None
        key = _key(settings, name)
    if place is not None:
        return Pinger(parse_address(place), key, ca_file)
    assert settings is not None
    return Pinger(_own_address(context, settings), key, ca_file)


def _settings(context: Context) -> Settings:
    from amt_console.config import load_config

    demo = context.demo
    return load_config(demo.config_path if demo else context.config, resolve_secrets=False).settings


def _key(settings: Settings, name: str) -> str:
    for each in settings.heartbeats:
        if each.name == name and each.enabled:
            return each.key.resolve(os.environ)
    raise CommandError(f"no [[heartbeats]] has this name, and ${KEY_VARIABLE} is not set", ExitCode.BAD_CONFIG)


def _own_address(context: Context, settings: Settings) -> MonitorAddress:
    """The monitor of this host: its socket, else its API."""
    from amt_console.api.client.address import MonitorAddress, parse_address
    from amt_console.api.listeners.socket_path import socket_path
    from amt_console.config import database_url

    demo = context.demo
    store_url = demo.store_url if demo else database_url(settings, override=context.db, env=os.environ)
    path = socket_path(store_url, settings.api.socket)
    if path is not None and path.exists():
        return MonitorAddress(f"unix:{path}", path)
    api = settings.api
    if api.enabled:
        return parse_address(f"{'http' if api.tls_key is None else 'https'}://{api.host}:{api.port}")
    raise CommandError("no monitor listens on this host; name one with --url", ExitCode.UNAVAILABLE)


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"amt-console: {text}\n")
        sys.stderr.flush()
    except OSError:
        return
