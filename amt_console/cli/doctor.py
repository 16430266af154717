"""``doctor``: finds what is wrong with this installation and how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import ascii_only, print_json, print_wrapped
from amt_console.cli.startup.context import Context, get_context
from amt_console.model import TargetKind, kind_of
from amt_console.model.inbound import HeartbeatState
from amt_console.store_url import database_file, store_url_is_server
from amt_console.text import age, byte_size, duration, jobs_words, public_url, safe_text

FREE_BYTES_LEAST = 500 * 1024**2
MIN_COLUMNS, MIN_LINES = 60, 16
CERTIFICATE_LEAST = timedelta(days=14)
"""A certificate of the API that ends sooner is to be renewed."""
SAFE_KEY_CHARS = 16
"""Least length of a key in a URL."""


class Health(StrEnum):
    """The result of one check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and its result."""

    name: str
    health: Health
    message: str
    mend: str | None = None


def doctor(
    ctx: typer.Context, json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """What is wrong with this installation and how to mend it. Exit code 0 fine, 1 warnings, 2 something is broken."""
    findings = examine(get_context(ctx))
    if json_output:
        print_json(
            [
                {"name": found.name, "health": found.health.value, "message": found.message, "mend": found.mend}
                for found in findings
            ]
        )
    else:
        for found in findings:
            print_wrapped(f"{found.health.value:<8} {found.name:<14} {found.message}", indent=24)
            if found.mend:
                print_wrapped(f"{'':<23} -> {found.mend}", indent=27)
    healths = {found.health for found in findings}
    if Health.FAILED in healths:
        raise typer.Exit(int(ExitCode.CRITICAL))
    raise typer.Exit(int(ExitCode.WARNING if Health.WARNING in healths else ExitCode.OK))


def examine(context: Context) -> list[Finding]:
    """Run every check; a check that fails is itself a finding."""
    findings: list[Finding] = []
    first = (_python, _terminal, _configuration, _warnings, _database, _sqlite, _file_system, _disk)
    for check in (
        *first,
        _encryption,
        _monitor,
        _locations,
        _engine,
        _api,
        _channels,
        _deliveries,
        _services,
        _ping,
        _heartbeats,
        _figures,
    ):
        findings += _guarded(check, context)
    return findings


def _guarded(check: Callable[[Context], Iterator[Finding]], context: Context) -> list[Finding]:
    name = check.__name__.strip("_")
    try:
        return list(check(context))
    except Exception as error:
        return [Finding(name, Health.FAILED, safe_text(error) or type(error).__name__)]


def _python(_context: Context) -> Iterator[Finding]:
    from amt_console import __version__

    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("program", Health.OK, f"amt-console {__version__} on Python {version}")


def _terminal(_context: Context) -> Iterator[Finding]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if not sys.stdout.isatty():
        yield Finding("terminal", Health.OK, "not on a terminal now; the console needs one, the commands do not")
    else:
        size = shutil.get_terminal_size()
        term = os.environ.get("TERM", "")
        if size.columns < MIN_COLUMNS or size.lines < MIN_LINES:
            yield Finding(
                "terminal",
                Health.WARNING,
                f"{size.columns}x{size.lines} is too small",
                f"at least {MIN_COLUMNS}x{MIN_LINES}",
            )
        elif term in ("", "dumb"):
            yield Finding("terminal", Health.WARNING, f"TERM is '{term}'", "export TERM=xterm-256color")
        else:
            yield Finding("terminal", Health.OK, f"{size.columns}x{size.lines}, TERM {safe_text(term, 40)}")
    if ascii_only():
        yield Finding(
            "locale",
            Health.WARNING,
            f"the locale is not UTF-8 (output is {encoding or 'unknown'}); ASCII is drawn",
            "export LANG=C.UTF-8",
        )


def _configuration(context: Context) -> Iterator[Finding]:
    path = context.loaded.path
    if context.demo is not None:
        yield Finding("configuration", Health.OK, "of the running demo")
    elif path is None:
        yield Finding(
            "configuration", Health.WARNING, "none found, built-in defaults are used", "amt-console config init"
        )
    else:
        yield Finding("configuration", Health.OK, f"{path}, {len(context.targets)} services and databases")


def _warnings(context: Context) -> Iterator[Finding]:
    for fault in context.loaded.warnings:
        yield Finding("configuration", Health.WARNING, f"{fault.path}: {fault.message}", fault.suggestion)


def _database(context: Context) -> Iterator[Finding]:
    from amt_console.store.foreign_times import HOW_TO_MEND, unreadable_rows

    shown = public_url(context.store_url)
    path = database_file(context.store_url)
    if path is not None and not path.exists():
        yield Finding(
            "database", Health.WARNING, f"{path} does not exist yet", "start 'amt-console' or 'amt-console monitor'"
        )
        return
    with context.open_store() as store:
        faults = store.check()
        if faults:
            yield Finding(
                "database", Health.FAILED, f"{shown}: {safe_text(faults[0])}", "restore a backup: docs/storage.md"
            )
            return
        with store.read() as reads:
            unreadable = unreadable_rows(reads)
    yield Finding("database", Health.OK, f"{shown}" + (f", {byte_size(path.stat().st_size)}" if path else ""))
    if path is not None and path.stat().st_mode & 0o077:
        yield Finding("database", Health.WARNING, f"others can read {path}", f"chmod 600 {path}")
    for each in unreadable:
        yield Finding("database", Health.WARNING, str(each), HOW_TO_MEND)


def _sqlite(context: Context) -> Iterator[Finding]:
    """The defect of SQLite that may damage a file when two connections reset its write-ahead log at one time."""
    import sqlite3

    if database_file(context.store_url) is None:
        return
    if not has_wal_reset_defect(sqlite3.sqlite_version_info[:3]):
        yield Finding("sqlite", Health.OK, f"SQLite {sqlite3.sqlite_version}")
        return
    yield Finding(
        "sqlite",
        Health.OK,
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect; the monitor avoids it: it alone checkpoints",
        "use a Python with SQLite 3.51.3 or newer; until then let no other program write into the database",
    )


def has_wal_reset_defect(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite has it: from 3.7.0 to 3.51.2, but for the mended 3.44.6 and 3.50.7."""
    mended = (version[:2] == (3, 44) and version >= (3, 44, 6)) or (version[:2] == (3, 50) and version >= (3, 50, 7))
    return (3, 7, 0) <= version < (3, 51, 3) and not mended


def _file_system(context: Context) -> Iterator[Finding]:
    from sqlalchemy import make_url

    from amt_console.store.engines.network_disk import allowed, mount_of

    path = database_file(context.store_url)
    mount = None if path is None else mount_of(path)
    if mount is None:
        return
    if not mount.network:
        yield Finding("file system", Health.OK, f"{mount}, no network file system")
        return
    yield Finding(
        "file system",
        Health.WARNING if allowed(make_url(context.store_url)) else Health.FAILED,
        f"the database lies on {mount}: SQLite's locks do not hold on a network file system",
        f"amt-console db copy {path} TARGET: to a local disk or to PostgreSQL"
        if path is not None and path.exists()
        else "name a place on a local disk with --db",
    )


def _disk(context: Context) -> Iterator[Finding]:
    path = database_file(context.store_url)
    if path is None:
        return
    folder = next((parent for parent in path.parents if parent.exists()), Path("/"))
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_LEAST:
        yield Finding(
            "disk", Health.WARNING, f"{byte_size(free)} free in {folder}", "make room: writing stops when it is full"
        )
    else:
        yield Finding("disk", Health.OK, f"{byte_size(free)} free in {folder}")


def _monitor(context: Context) -> Iterator[Finding]:
    from amt_console.store import lease_holder

    holder = lease_holder(context.store_url)
    if holder is None:
        yield Finding(
            "monitor", Health.WARNING, "no monitor runs: nothing is probed", "amt-console, or amt-console monitor"
        )
        return
    with context.open_store() as store, store.read() as reads:
        row = reads.monitor.sign_of_life()
    now = context.clock.now()
    if row is None or (now - row.last_cycle_at).total_seconds() > 60:
        seen = age(row.last_cycle_at, now) if row else "ever"
        yield Finding(
            "monitor", Health.FAILED, f"pid {holder.pid} has written nothing for {seen}", f"restart pid {holder.pid}"
        )
    else:
        yield Finding(
            "monitor", Health.OK, f"pid {holder.pid} on {holder.host}, wrote {age(row.last_cycle_at, now)} ago"
        )


def _locations(context: Context) -> Iterator[Finding]:
    """The other monitors of this database, and their locations."""
    if not store_url_is_server(context.store_url):
        return
    from amt_console.store.cluster.members import monitors_of

    with context.open_store() as store:
        found = monitors_of(store)
    for heard in found:
        who = f"location {heard.member.location}: pid {heard.member.pid} on {safe_text(heard.member.host, 100)}"
        if not heard.alive:
            message = f"{who} has not been heard of for {duration(heard.silent)}"
            yield Finding("monitor", Health.WARNING, message, "start it again; after a day it is no longer listed")
        elif len(found) > 1:
            yield Finding("monitor", Health.OK, f"{who} probes" + (" and evaluates" if heard.member.evaluates else ""))


def _encryption(context: Context) -> Iterator[Finding]:
    """The data key, and what was encrypted with another one."""
    from amt_console.store import keyring_of
    from amt_console.store.upkeep.locked_values import locked_values

    more = "docs/storage.md says where a data key comes from"
    keys = keyring_of(context.settings)
    for problem in keys.problems:
        yield Finding("encryption", Health.WARNING, problem, more)
    path = database_file(context.store_url)
    locked = []
    if path is None or path.exists():
        with context.open_store() as store, store.read() as reads:
            locked = list(locked_values(reads))
    for each in locked:
        what = f"{each.values} value{'s' if each.values > 1 else ''} of {each.column}"
        message = f"{what} cannot be read: they were encrypted with the data key {each.key_id}, which is not here"
        yield Finding("encryption", Health.WARNING, message, "name that key under [encryption] previous_keys")
    if not keys.problems and not locked:
        known = f"data key {keys.current}" if keys.current else "a data key is made when it is first needed"
        yield Finding("encryption", Health.OK, known if keys.encrypts else "off: nothing is encrypted")


def _channels(context: Context) -> Iterator[Finding]:
    from amt_console.config.policies import policies_of
    from amt_console.operations.policy_warnings import policy_warnings

    if context.settings.has_channels:
        names = policies_of(context.settings, ()).channels
        yield Finding("channels", Health.OK, f"enabled: {', '.join(names)}")
    else:
        message = "no notification channel is configured: the console is the only receiver"
        yield Finding("channels", Health.WARNING, message)
    for doubtful in policy_warnings(context.settings, context.targets, context.clock.now()):
        yield Finding("on call", Health.WARNING, str(doubtful))
    if context.settings.watchdog.url is None:
        yield Finding("watchdog", Health.OK, "none: nobody notices when the monitor's host dies")


def _deliveries(context: Context) -> Iterator[Finding]:
    """What became of the newest message of each channel."""
    from amt_console.config.policies import policies_of
    from amt_console.model.notifications import DeliveryState
    from amt_console.store import newest_result

    path = database_file(context.store_url)
    if not context.settings.has_channels or (path is not None and not path.exists()):
        return
    with context.open_store() as store, store.read() as reads:
        results = {name: newest_result(reads, name) for name in policies_of(context.settings, ()).channels}
    for name, result in results.items():
        if result is not None and result.state is DeliveryState.DEAD:
            message = f"{name}: the newest message was given up: {safe_text(result.error or 'no reason is known', 200)}"
            yield Finding("channels", Health.WARNING, message, f"amt-console notify test {name}")


def _api(context: Context) -> Iterator[Finding]:
    """The port and the certificate of the API over TCP."""
    import socket

    from amt_console.store import lease_holder

    api = context.settings.api
    if not api.enabled:
        return
    where = f"{api.host} port {api.port}"
    if lease_holder(context.store_url) is None:
        family = socket.AF_INET6 if ":" in api.host else socket.AF_INET
        try:
            socket.create_server((api.host, api.port), family=family).close()
        except OSError as error:
            message = f"the API cannot listen on {where}: {error.strerror or error}"
            yield Finding("api", Health.FAILED, message, "end the other program, or set another [api] port")
        else:
            yield Finding("api", Health.OK, f"{where} is free for the monitor")
    if api.tls_certificate is not None and api.tls_key is not None:
        yield _certificate(context, str(api.tls_certificate), str(api.tls_key))


def _certificate(context: Context, certificate: str, key: str) -> Finding:
    from cryptography import x509

    from amt_console.api.listeners.certificate import ServerCertificate

    try:
        ServerCertificate(certificate, key)
        ends = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        message = f"certificate and key of the API cannot be used: {safe_text(error, 200)}"
        return Finding("api", Health.FAILED, message, "name files that fit each other as tls_certificate and tls_key")
    left, until = ends - context.clock.now(), f"{ends:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta(0):
        return Finding("api", Health.FAILED, f"the certificate of the API ended on {until}", "renew it")
    if left < CERTIFICATE_LEAST:
        return Finding("api", Health.WARNING, f"the certificate of the API ends on {until}", "renew it")
    return Finding("api", Health.OK, f"its certificate is valid until {until}")


def _engine(context: Context) -> Iterator[Finding]:
    """The running monitor's own faults: only the monitor knows what it cannot store."""
    from amt_console.runtime.watchdog import WATCHDOG
    from amt_console.store import lease_holder

    if lease_holder(context.store_url) is None:
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for fault in snapshot.faults:
        yield Finding("monitor", Health.FAILED, fault, "make room or mend the database: docs/storage.md")
    if context.settings.watchdog.url is not None:
        troubles = [notice for notice in snapshot.notices if notice.startswith(WATCHDOG)]
        for trouble in troubles:
            yield Finding("watchdog", Health.FAILED, trouble)
        if not troubles:
            yield Finding("watchdog", Health.OK, f"pinged every {duration(context.settings.watchdog.interval)}")


def _services(context: Context) -> Iterator[Finding]:
    path = database_file(context.store_url)
    if path is None or not path.exists():
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for service in snapshot.services:
        if service.error and service.error_class is not None:
            yield Finding("service", Health.WARNING, f"{service.name}: {service.error}")


def _ping(context: Context) -> Iterator[Finding]:
    """Whether this machine lets the monitor send ICMP, if hosts are to be pinged."""
    if not any(kind_of(target) is TargetKind.ICMP for target in context.targets):
        return
    from collectors.icmp import why_not

    reason = why_not()
    if reason is None:
        yield Finding("ping", Health.OK, "this machine lets the monitor send ICMP")
    else:
        message, _, mend = reason.partition("; ")
        yield Finding("ping", Health.FAILED, message, mend or None)


def _heartbeats(context: Context) -> Iterator[Finding]:
    """Jobs that must report: their keys, and whether they have ever been heard of."""
    from amt_console.config.heartbeats import heartbeat_keys

    keys = heartbeat_keys(context.settings)
    for key, name in keys.items():
        if len(key) < SAFE_KEY_CHARS:
            message = f"the key of {name} has {len(key)} characters: it can be found by trying"
            yield Finding("heartbeats", Health.WARNING, message, "make another one with openssl rand -hex 16")
    path = database_file(context.store_url)
    if not keys or (path is not None and not path.exists()):
        return
    with context.operations() as operations:
        heartbeats = operations.snapshot().heartbeats
    for each in heartbeats:
        if each.state is HeartbeatState.NEW:
            hint = "let it request /ping/KEY, or start it with amt-console run: docs/heartbeats.md"
            yield Finding("heartbeats", Health.WARNING, each.message, hint)
        elif each.state is not HeartbeatState.UP:
            yield Finding("heartbeats", Health.WARNING, each.message)
    if all(each.state is HeartbeatState.UP for each in heartbeats):
        yield Finding("heartbeats", Health.OK, jobs_words(heartbeats))


def _figures(context: Context) -> Iterator[Finding]:
    """Figures of the platform that look wrong."""
    path = database_file(context.store_url)
    if path is not None and not path.exists():
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for kind, read in snapshot.figures.items():
        for name, figure in read.figures.items():
            if figure.suspect is not None:
                yield Finding(
                    "figures",
                    Health.WARNING,
                    f"{kind}.{name}: {figure.suspect}",
                    "amt-console figures test; set its unit: docs/figures.md",
                )
