"""``serve``: the API over TCP, beside a monitor without it."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import talk
from amt_console.cli.startup.context import Context, get_context

if TYPE_CHECKING:
    from types import FrameType

    from pydantic_core import ErrorDetails

    from amt_console.api.auth.refusals import RefusalLog
    from amt_console.api.dashboards import Dashboards
    from amt_console.api.listeners.server import TcpServer
    from amt_console.api.presence import Presence
    from amt_console.config.sections.program import ApiSettings
    from amt_console.runtime.session import LocalSession
    from amt_console.store import Store

logger = logging.getLogger("amt_console.api")
TELL_SECONDS = 2.0
"""How often the monitor is told who is present through this process."""


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="Port to listen on.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="FILE", help="PEM file of the certificate chain.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="PEM file of its key.")] = None,
    allow_plain_http: Annotated[
        bool, typer.Option("--allow-plain-http", help="Serve other hosts without TLS, e.g. behind a proxy with TLS.")
    ] = False,
) -> None:
    """Serve the API over TCP until SIGTERM or ctrl+c, without probing.

    Requests go to the running monitor; without one, to the database itself. Callers need an access token
    (amt-console token create). Defaults come from [api] of the configuration. SIGHUP reads a renewed certificate at
    once; without it, that takes ten seconds.
    """
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "tls_certificate": None if tls_certificate is None else str(tls_certificate),
        "tls_key": None if tls_key is None else str(tls_key),
        "allow_plain_http": allow_plain_http or None,
    }
    context = get_context(ctx)
    api = _effective(context, {name: value for name, value in given.items() if value is not None})
    raise typer.Exit(run_serve(context, api))


def run_serve(context: Context, api: ApiSettings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Raises CommandError if the address cannot be used."""
    from amt_console.api.auth.refusals import RefusalLog
    from amt_console.api.presence import Presence
    from amt_console.runtime.logs import start_logging
    from amt_console.runtime.monitor_process import PRIVATE
    from amt_console.runtime.session import LocalSession
    from amt_console.runtime.site import site_of

    os.umask(PRIVATE)
    start_logging(to_stderr=True, settings=context.settings.log)
    announce = _Announcer()
    presence = Presence(context.clock)
    with (
        context.open_store(read_only=False) as store,
        closing(RefusalLog(store, context.clock)) as refusals,
        closing(_dashboards(context, store)) as dashboards,
    ):
        site = site_of(context.settings, context.store_url, context.targets, context.clock, people=presence.people)
        session = LocalSession(site, may_monitor=False, on_change=announce)
        with closing(session):
            server = _listen(context, api, store, session, announce, presence, refusals, dashboards)
            server.start()
            try:
                attached = session.attached_to
                who = f"for the monitor, {attached}" if attached else "no monitor runs yet"
                talk(f"the API is served at {server.url}, {who}")
                _wait_for_signals(lambda: _tell_presence(session), server.renew_certificate)
            finally:
                server.stop()
    return int(ExitCode.OK)


class _Announcer:
    """Hands on to the consoles that wait here what is heard from the monitor."""

    def __init__(self) -> None:
        self._tell: Callable[[], None] | None = None

    def use(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def __call__(self) -> None:
        if self._tell is not None:
            self._tell()


def _tell_presence(session: LocalSession) -> None:
    from amt_console.operations.protocol import OperationError

    try:
        session.tell_presence()
    except OperationError as error:
        logger.debug("the monitor was not told who looks: %s", error)


def _listen(
    context: Context,
    api: ApiSettings,
    store: Store,
    session: LocalSession,
    announce: _Announcer,
    presence: Presence,
    refusals: RefusalLog,
    dashboards: Dashboards,
) -> TcpServer:
    from amt_console.api.auth.openings import OpeningLog
    from amt_console.api.client.metrics import monitor_metrics
    from amt_console.api.feed import ActionFeed
    from amt_console.api.idempotency import IdempotencyKeys
    from amt_console.api.listeners.server import configured_server
    from amt_console.api.listeners.socket_path import database_name
    from amt_console.api.served import Served
    from amt_console.monitor.rule_list import stored_rule_list
    from amt_console.operations.archive import Archive
    from amt_console.operations.inbox import Inbox
    from amt_console.runtime.dispatching import acknowledge_links

    served = Served(
        session.operations,
        presence=presence,
        feed=ActionFeed(),
        clock=context.clock,
        database=database_name(context.store_url),
        links=acknowledge_links(store, context.clock),
        refusals=refusals,
        dashboards=dashboards,
        archive=Archive(store, lambda: stored_rule_list(context.settings, context.targets, store)),
        inbox=Inbox(context.settings, store, context.clock),
        openings=OpeningLog(store, context.clock),
        keys=IdempotencyKeys(store, context.clock),
        monitor_metrics=partial(monitor_metrics, context.whereabouts),
        open_metrics=api.metrics_without_token,
    )
    announce.use(served.acted)
    try:
        return configured_server(served, api, store, context.clock)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(f"cannot serve {api.host}:{api.port}: {reason}", ExitCode.UNAVAILABLE) from None


def _dashboards(context: Context, store: Store) -> Dashboards:
    from amt_console.api.dashboards import dashboards_of
    from amt_console.reports.jobs.job import ReportSource

    source = ReportSource(context.store_url, context.settings, tuple(context.targets))
    return dashboards_of(store, lambda: source, context.clock)


def _effective(context: Context, given: dict[str, Any]) -> ApiSettings:
    from pydantic import ValidationError

    from amt_console.config.sections.program import ApiSettings

    configured = context.settings.api.model_dump()
    try:
        return ApiSettings.model_validate({**configured, **given})
    except ValidationError as error:
        texts = "; ".join(_words(fault) for fault in error.errors())
        raise CommandError(f"cannot serve that: {texts}", ExitCode.USAGE) from None


def _words(fault: ErrorDetails) -> str:
    cause = fault.get("ctx", {}).get("error")
    hint = getattr(cause, "suggestion", None)
    text = fault["msg"].removeprefix("Value error, ")
    return f"{text}: {hint}" if hint else text


def _wait_for_signals(meanwhile: Callable[[], None], on_hangup: Callable[[], None]) -> None:
    stop, hangup = threading.Event(), threading.Event()

    def on_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGHUP, lambda *_: hangup.set())
    while not stop.wait(TELL_SECONDS):
        if hangup.is_set():
            hangup.clear()
            on_hangup()
        meanwhile()
