"""Opens the live console on a database."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from amt_console.allocator import use_one_arena
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.garbage import without_collections
from amt_console.clock import SystemClock
from amt_console.own_commands import read_commands
from amt_console.paths import user_state_folder
from amt_console.runtime.site import Configured, Notices, Site

if TYPE_CHECKING:
    from amt_console.api.client.attach import Whereabouts
    from amt_console.console.session import Preferences, Session
    from amt_console.runtime.remote_monitor import RemoteMonitor


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """What the console opens: a database, and what is known of its configuration before that is loaded."""

    store_url: str
    whereabouts: Whereabouts
    configured: Callable[[], Configured]
    """Loads the configuration. Raises ConfigError."""
    screen: Mapping[str, Any]
    """The table ``[console]`` of the configuration, checked."""
    notices: Notices = tuple
    """Further notices for the screen; called for each snapshot."""


@without_collections()
def open_console(
    place: Callable[[], OpenedDatabase],
    *,
    connection: RemoteMonitor | None = None,
    screen: Callable[[], Mapping[str, Any]] | None = None,
    read_only: bool = False,
    at: datetime | None = None,
    ascii_only: bool = False,
    mouse: bool = True,
) -> int:
    """Run the console until the person quits; returns the exit code.

    The screen is drawn before ``place`` is called, on a thread: reading a configuration and a database would delay the
    first frame. With ``connection`` it attaches there, whatever the database; then ``screen`` is the table
    ``[console]`` of the configuration.

    Raises:
        CommandError: There is no fit terminal, or the session could not be opened.
    """
    from amt_console.console.terminal.guard import ascii_needed, check_terminal

    ascii_only = ascii_only or ascii_needed()
    fault = check_terminal()
    if fault is not None:
        raise CommandError(f"{fault} Pages of text need none: amt-console --plain", ExitCode.UNAVAILABLE)
    use_one_arena()
    from amt_console.console.app import ConsoleApp
    from amt_console.console.themes.remembered import REMEMBERED_FILE, ThemeMemory

    clock = SystemClock()

    def open_session() -> Session:
        from amt_console.runtime.logs import start_logging

        start_logging(to_stderr=False)
        if connection is not None:
            from amt_console.runtime.remote_session import RemoteSession

            if screen is not None:
                app.prefer(_preferences(screen(), ascii_only=ascii_only, mouse=mouse))
            return RemoteSession(connection, on_change=app.wake)
        from amt_console.runtime.session import LocalSession

        found = place()
        app.prefer(_preferences(found.screen, ascii_only=ascii_only, mouse=mouse))
        site = Site(found.store_url, found.whereabouts, found.configured, clock, read_only=read_only)
        return LocalSession(
            site,
            notices=found.notices,
            on_change=app.wake,
            on_end=lambda error: app.on_loop(partial(app.end_with, CommandError(str(error), ExitCode.IO))),
            show_first=app.show_first,
        )

    app = ConsoleApp(
        lambda: _opened(open_session),
        ascii_only=ascii_only,
        mouse=mouse,
        read_only=read_only,
        at=at,
        clock=clock,
        memory=ThemeMemory(user_state_folder(os.environ) / REMEMBERED_FILE),
    )
    app.run(mouse=mouse)
    if app.exit_message:
        raise CommandError(app.exit_message, ExitCode(app.return_code or ExitCode.UNAVAILABLE))
    return app.return_code or 0


def _preferences(screen: Mapping[str, Any], *, ascii_only: bool, mouse: bool) -> Preferences:
    """What the configuration says of the screen; flags take precedence."""
    from amt_console.console.session import Preferences

    zone: tzinfo | None = None
    if screen.get("time_zone"):
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(screen["time_zone"])
    return Preferences(
        theme=screen.get("theme"),
        ascii_only=ascii_only or screen.get("ascii", False),
        mouse=mouse and screen.get("mouse", True),
        bell=screen.get("bell", True),
        zone=zone,
        desktop_notifications=screen.get("desktop_notifications", "auto"),
        keymap=screen.get("keymap", {}),
        commands=read_commands(screen.get("commands", ()), screen.get("keymap", {})),
    )


def _opened(open_session: Callable[[], Session]) -> Session:
    """The session, with which the loading ends; an expected failure carries the exit code that any command would end
    with.
    """
    from amt_console.cli.failures import exit_code_of

    try:
        return open_session()
    except CommandError:
        raise
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        raise CommandError(str(error), code) from error
    finally:
        gc.freeze()  # else the first collection looks through all that was loaded, while the first data waits
        gc.enable()
