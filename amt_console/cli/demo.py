"""``demo``: the simulated platform with history, and the console or the headless monitor on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import talk
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import near_moment

if TYPE_CHECKING:
    from amt_console.config import LoadedConfig
    from amt_console.demo.process import PlatformProcess
    from amt_console.demo.state import DemoFolder
    from amt_console.store import Store

LONGEST_PAST_DAYS = 90
_SECONDS_HELP = "How long the incident lasts; 0 until it is stopped on the control page."
_PORT_HELP = "Port of the simulated {}; by default {} or any free one."


def demo(
    ctx: typer.Context,
    days: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=LONGEST_PAST_DAYS, help="Days of history to write into a new demo database."
        ),
    ] = 7,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the simulated platform.")] = 1,
    incident: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Start with an incident: api-down, slow-chat, web-500 or flapping."),
    ] = None,
    incident_seconds: Annotated[float, typer.Option(metavar="N", min=0, max=86400, help=_SECONDS_HELP)] = 120.0,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="No console: monitor until ctrl+c.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the demo's database first.")] = False,
    api_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help=_PORT_HELP.format("API", 5000))
    ] = None,
    web_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help=_PORT_HELP.format("web app", 5173))
    ] = None,
    mobile_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help=_PORT_HELP.format("mobile app", 19006))
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> None:
    """Open the console on a simulated platform: real HTTP servers on this machine, with incidents on demand.

    The demo has its own database and services. Of a file named by --config it takes the table [console] alone: keys,
    theme and own commands can be tried on it. Commands in another terminal use the running demo unless they name
    another database.
    """
    from amt_console.demo.process import PlatformError, PlatformProcess
    from amt_console.demo.server import ServerOptions
    from amt_console.demo.state import DemoFolder

    _check_incident(incident)
    if not no_ui:
        _check_terminal()
    context = get_context(ctx)
    console = _own_console(context)
    folder = DemoFolder.of_user()
    store_url = _prepare_database(context, folder, fresh=fresh)
    options = ServerOptions(seed=seed, ports={"api": api_port, "web": web_port, "mobile": mobile_port})
    try:
        with PlatformProcess(options, log=folder.log) as platform:
            loaded = _write_config(platform, folder, console)
            moved = platform.notices()
            past = _write_history(context, loaded, store_url, seed=seed, days=days)
            with _announced(platform, folder, store_url):
                if incident is not None:
                    platform.start_incident(incident, incident_seconds)
                code = 0
                if no_ui:
                    _run_headless(platform, loaded, context, store_url, [*moved, *past])
                else:
                    notices = (f"incidents can be started at {platform.control_url}", *moved)
                    code = _run_console(loaded, store_url, notices, ascii_only=ascii_only, mouse=not no_mouse)
    except PlatformError as error:
        raise CommandError(str(error), ExitCode.UNAVAILABLE) from None
    raise typer.Exit(code)


def _check_incident(name: str | None) -> None:
    from amt_console.demo.incidents import UnknownIncidentError, check_name

    if name is None:
        return
    try:
        check_name(name)
    except UnknownIncidentError as error:
        raise CommandError(str(error), ExitCode.USAGE) from None


def _check_terminal() -> None:
    """Report a missing terminal before the history is written, not after."""
    from amt_console.console.terminal.guard import check_terminal

    fault = check_terminal()
    if fault is not None:
        raise CommandError(f"{fault} Without a screen: amt-console demo --no-ui", ExitCode.UNAVAILABLE)


def _prepare_database(context: Context, folder: DemoFolder, *, fresh: bool) -> str:
    """The database to use. Refuses one that is in use or is not the demo's."""
    from amt_console.demo.state import running_demo
    from amt_console.store import Store, lease_holder

    other = running_demo()
    if other is not None:
        raise CommandError(
            f"a demo runs already, pid {other.pid}: look at it with amt-console --db {other.store_url}", ExitCode.BUSY
        )
    if fresh and context.db is not None:
        raise CommandError("--fresh deletes only the demo's own database: leave out --db, or --fresh", ExitCode.USAGE)
    try:
        folder.create()
    except OSError as error:
        raise CommandError(f"the folder {folder.path} cannot be made: {error.strerror}", ExitCode.IO) from None
    store_url = context.db or f"sqlite:///{folder.database}"
    holder = lease_holder(store_url)
    if holder is not None:
        raise CommandError(f"pid {holder.pid} on {holder.host} is using the demo's database", ExitCode.BUSY)
    if fresh:
        folder.remove_database()
    with Store.open(store_url, clock=context.clock) as store:
        half_written = _check_contents(store, store_url)
    if half_written and context.db is None:
        folder.remove_database()
    return store_url


def _check_contents(store: Store, store_url: str) -> bool:
    """Refuse a database with measurements of a real platform. Returns whether the demo's history was interrupted."""
    with store.read() as reads:
        statuses, simulated_until, monitor = (
            reads.services.statuses(),
            reads.monitor.simulated_until(),
            reads.monitor.sign_of_life(),
        )
    if statuses and simulated_until is None:
        raise CommandError(
            f"{store_url} holds measurements of a real platform; the demo does not mix with them. Name another --db",
            ExitCode.USAGE,
        )
    return simulated_until is not None and monitor is None


def _own_console(context: Context) -> Mapping[str, object]:
    """The table ``[console]`` of a configuration that was named. Raises ConfigError."""
    if context.config is None:
        return {}
    from amt_console.config import load_config

    settings = load_config(context.config, resolve_secrets=False).settings
    return settings.console.model_dump(mode="json", exclude_unset=True)


def _write_config(platform: PlatformProcess, folder: DemoFolder, console: Mapping[str, object]) -> LoadedConfig:
    from amt_console.demo.settings import write_config

    try:
        return write_config(platform, folder.config, console)
    except OSError as error:
        raise CommandError(f"{folder.config} cannot be written: {error.strerror}", ExitCode.IO) from None


def _write_history(context: Context, loaded: LoadedConfig, store_url: str, *, seed: int, days: int) -> list[str]:
    """Write the history; returns notices about it."""
    from amt_console.cli.printing.progress_bar import shown_progress
    from amt_console.config import targets
    from amt_console.demo.history import History
    from amt_console.store import Store, keyring_of
    from collectors.host.collector import HostCollector

    if days == 0:
        return []
    end = context.clock.now()
    history = History(
        settings=loaded.settings,
        targets=targets(loaded.settings, store_url=store_url),
        seed=seed,
        days=days,
        end=end,
        host=HostCollector(clock=context.clock).sample(),
    )
    keys = keyring_of(loaded.settings)
    with Store.open(store_url, clock=context.clock, keys=keys) as store, shown_progress(context.clock) as progress:
        report = history.write(store, clock=context.clock, progress=progress)
        store.checkpoint(truncate=True)
        with store.read() as reads:
            simulated_until = reads.monitor.simulated_until() or end
    kept = " of an earlier demo; --fresh starts over" if report.skipped else ""
    return [f"everything up to {near_moment(simulated_until, end)} is simulated history{kept}"]


@contextmanager
def _announced(platform: PlatformProcess, folder: DemoFolder, store_url: str) -> Iterator[None]:
    """Let other terminals find this demo while the block runs."""
    import os

    from amt_console.demo.server import USUAL_PORTS
    from amt_console.demo.state import DemoState, process_started

    state = DemoState(
        store_url=store_url,
        pid=os.getpid(),
        started=process_started(),
        control_url=platform.control_url,
        urls={part: platform.url(part) for part in USUAL_PORTS},
        config_path=folder.config,
    )
    try:
        folder.write_state(state)
    except OSError as error:
        raise CommandError(f"{folder.state} cannot be written: {error.strerror}", ExitCode.IO) from None
    try:
        yield
    finally:
        folder.remove_state()


def _run_console(
    loaded: LoadedConfig, store_url: str, notices: tuple[str, ...], *, ascii_only: bool, mouse: bool
) -> int:
    from amt_console.api.client.attach import Whereabouts
    from amt_console.cli.console import OpenedDatabase, open_console
    from amt_console.config import targets
    from amt_console.runtime.site import Configured

    settings = loaded.settings

    def configured() -> Configured:
        return Configured(settings, targets(settings, store_url=store_url))

    place = OpenedDatabase(
        store_url, Whereabouts.of(store_url), configured, settings.console.model_dump(), lambda: notices
    )
    return open_console(lambda: place, ascii_only=ascii_only, mouse=mouse)


def _run_headless(
    platform: PlatformProcess, loaded: LoadedConfig, context: Context, store_url: str, notes: list[str]
) -> None:
    from amt_console.runtime.monitor_process import run_monitor

    look = f"amt-console status --db {store_url}" if context.db is not None else "amt-console status"
    for line in (
        f"API         {platform.url('api')}",
        f"web app     {platform.url('web')}",
        f"mobile app  {platform.url('mobile')}",
        f"incidents   {platform.control_url}",
        f"database    {store_url}",
        f"look        {look}   (in another terminal)",
        *notes,
    ):
        talk(line)
    run_monitor(settings=loaded.settings, store_url=store_url, config_path=loaded.path)
