"""``monitor``: probe, store and alert without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import get_context
from amt_console.store_url import store_url_is_server
from amt_console.text import public_url

if TYPE_CHECKING:
    from amt_console.config import Settings


def monitor(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run every collector once, store, evaluate, and exit.")] = False,
    alive: Annotated[
        bool,
        typer.Option("--alive", help="Only tell whether the monitor of this database works: exit code 0, else 69."),
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="With --once: print the results as JSON.")] = False,
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            metavar="NAME",
            help="Location of this monitor, e.g. fra, where several share a PostgreSQL database: each location "
            "probes everything itself, and more than half must agree.",
        ),
    ] = None,
) -> None:
    """Probe, store and alert without a screen until SIGTERM or ctrl+c. SIGHUP reloads the configuration."""
    context = get_context(ctx)
    if json_output and not once:
        raise CommandError("--json goes with --once", ExitCode.USAGE)
    if location is not None and once:
        raise CommandError("--location does not go with --once", ExitCode.USAGE)
    if alive:
        if once or location is not None:
            raise CommandError("--alive goes with no other option", ExitCode.USAGE)
        from amt_console.cli.monitor.alive import check_alive

        check_alive(context)
        return
    if once:
        from amt_console.cli.monitor.once import run_once

        raise typer.Exit(run_once(context, json_output=json_output))
    from amt_console.runtime.monitor_process import run_monitor

    run_monitor(
        settings=context.settings,
        store_url=context.store_url,
        config_path=context.loaded.path,
        location=_location(context.settings, context.store_url, location),
    )


def _location(settings: Settings, store_url: str, given: str | None) -> str | None:
    """The location. Raises ConfigError; CommandError where the database is a file."""
    from amt_console.config import location_of

    found = location_of(settings, override=given)
    if found is None:
        return None
    location, named_by = found
    if not store_url_is_server(store_url):
        raise CommandError(
            f"location {location} ({named_by}) needs a database on a server: the file {public_url(store_url)} has one "
            "monitor on one host; name a PostgreSQL database with --db, or no location",
            ExitCode.USAGE,
        )
    return location
