"""``--plain``: prints pages of text, whenever something changed and at least once a minute."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.lengths import seconds_of
from amt_console.cli.plain.ending import Ending, Interrupted
from amt_console.cli.plain.page import PageContext, fitted, news_of, page
from amt_console.cli.printing.output import ascii_only as ascii_needed
from amt_console.cli.printing.states import EXIT_CODES
from amt_console.clock import Clock
from amt_console.model import Snapshot
from amt_console.operations.protocol import OperationError, Operations
from amt_console.runtime.logs import start_logging

if TYPE_CHECKING:
    from amt_console.cli.console import OpenedDatabase
    from amt_console.runtime.remote_monitor import RemoteMonitor

USUAL_SECONDS = 5.0
LEAST_SECONDS, MOST_SECONDS = 1.0, 3600.0
ANYWAY_SECONDS = 60.0
"""A page is printed after so long although nothing changed: then silence means that it has ended."""


class PlainSession(Protocol):
    """The connection to the monitor, which may be this process."""

    operations: Operations

    @property
    def attached_to(self) -> str | None:
        """The monitor, if it is another process."""
        ...

    @property
    def is_monitor(self) -> bool:
        """Whether this process is the monitor."""
        ...

    def notices(self) -> tuple[str, ...]:
        """Notices about this session."""
        ...

    def close(self) -> None:
        """Stop the monitor, if it runs in this process."""
        ...


def print_page(look: Callable[[], Snapshot], screen: Mapping[str, Any], clock: Clock, *, ascii_only: bool) -> int:
    """Print one page; returns the exit code of ``status``.

    Args:
        look: Reads the snapshot.
        screen: The table ``[console]`` of the configuration.
        clock: The time.
        ascii_only: Replace all other characters.

    Raises:
        CommandError: Nothing can be written.
    """
    snapshot, ending = look(), Ending()
    lines = page(snapshot, clock.now(), PageContext(zone=_zone(screen)), _width())
    ending.write(_encoded(lines, ascii_only or ascii_needed()))
    return ending.exit_code or int(EXIT_CODES[snapshot.overall])


def print_pages(
    open_session: Callable[[Ending], tuple[PlainSession, Mapping[str, Any]]],
    clock: Clock,
    *,
    interval: str | None,
    ascii_only: bool,
) -> int:
    """Print pages until a signal comes or the reader goes; returns the exit code.

    Args:
        open_session: Opens the session, and reads the table ``[console]`` of the configuration.
        clock: The time.
        interval: How often to look, as typed.
        ascii_only: Replace all other characters.

    Raises:
        CommandError: The session cannot be opened, or nothing can be written.
    """
    seconds = _seconds(interval)
    ascii_only = ascii_only or ascii_needed()
    ending = Ending()
    ending.listen()
    start_logging(to_stderr=False)
    try:
        with ending.may_be_interrupted():
            session, screen = open_session(ending)
    except Interrupted:
        return ending.exit_code
    with closing(session):
        printer = Printer(session, ending, clock.now, clock.monotonic, _zone(screen))
        while not ending.asked.is_set():
            lines = printer.next_page(_width())
            if lines:
                ending.write(_encoded(lines, ascii_only or bool(screen.get("ascii"))))
            ending.asked.wait(seconds)
    if ending.error is not None:
        raise ending.error
    return ending.exit_code


class Printer:
    """Decides what is worth a page. Blocks are separated by a blank line."""

    def __init__(
        self,
        session: PlainSession,
        ending: Ending,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        zone: tzinfo | None,
    ) -> None:
        self._session = session
        self._ending = ending
        self._now = now
        self._monotonic = monotonic
        self._zone = zone
        self._last: Snapshot | None = None
        self._news: object = None
        self._printed_at: float | None = None

    def next_page(self, width: int) -> list[str]:
        """The lines of a page; none if nothing changed and the last page is not old."""
        trouble = self._read()
        session = self._session
        beside = PageContext(session.attached_to, session.is_monitor, session.notices(), trouble, self._zone)
        if self._last is None:
            news: object = trouble
            lines = fitted([f"No data yet: {trouble}"], width) if trouble else []
        else:
            news = news_of(self._last, beside)
            lines = page(self._last, self._now(), beside, width)
        now = self._monotonic()
        first = self._printed_at is None
        if not first and news == self._news and now - (self._printed_at or 0.0) < ANYWAY_SECONDS:
            return []
        self._news, self._printed_at = news, now
        return lines if first else ["", *lines]

    def _read(self) -> str | None:
        """Read the newest snapshot; why that cannot be."""
        try:
            with self._ending.may_be_interrupted():
                self._last = self._session.operations.snapshot()
        except (OperationError, OSError) as error:
            return str(error)
        except Interrupted:
            return None
        return None


def remote(
    connection: RemoteMonitor, screen: Callable[[], Mapping[str, Any]]
) -> tuple[PlainSession, Mapping[str, Any]]:
    """The session with the monitor of ``--connect``."""
    from amt_console.runtime.remote_session import RemoteSession

    return RemoteSession(connection), screen()


def local(
    place: Callable[[], OpenedDatabase], clock: Clock, ending: Ending, *, read_only: bool
) -> tuple[PlainSession, Mapping[str, Any]]:
    """The session on a database. Raises StoreError, ConfigError, OperationError."""
    from amt_console.runtime.session import LocalSession
    from amt_console.runtime.site import Site

    found = place()
    site = Site(found.store_url, found.whereabouts, found.configured, clock, read_only=read_only)
    session = LocalSession(
        site,
        notices=found.notices,
        on_end=lambda error: ending.fail(CommandError(str(error), ExitCode.IO)),
    )
    return session, found.screen


def _seconds(interval: str | None) -> float:
    seconds = USUAL_SECONDS if interval is None else seconds_of("--interval", interval)
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise CommandError("--interval is from 1s to 1h", ExitCode.USAGE)
    return seconds


def _zone(screen: Mapping[str, Any]) -> tzinfo | None:
    if not screen.get("time_zone"):
        return None
    from zoneinfo import ZoneInfo

    return ZoneInfo(screen["time_zone"])


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def _encoded(lines: list[str], ascii_only: bool) -> list[str]:
    return [line.encode("ascii", "replace").decode() for line in lines] if ascii_only else lines
