"""What is watched: services, hosts, jobs and figures."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.startup.context import Context
from amt_console.model import TargetKind, kind_of
from amt_console.model.inbound import HeartbeatState
from amt_console.store_url import database_file
from amt_console.text import jobs_words

SAFE_KEY_CHARS = 16
"""Least length of a key in a URL."""


def check_services(context: Context) -> Iterator[CheckResult]:
    path = database_file(context.store_url)
    if path is None or not path.exists():
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for service in snapshot.services:
        if service.error and service.error_class is not None:
            yield CheckResult("service", Health.WARNING, f"{service.name}: {service.error}")


def check_ping(context: Context) -> Iterator[CheckResult]:
    """Whether this machine lets the monitor send ICMP, if hosts are to be pinged."""
    if not any(kind_of(target) is TargetKind.ICMP for target in context.targets):
        return
    from collectors.icmp import why_not

    reason = why_not()
    if reason is None:
        yield CheckResult("ping", Health.OK, "this machine lets the monitor send ICMP")
    else:
        message, _, mend = reason.partition("; ")
        yield CheckResult("ping", Health.FAILED, message, mend or None)


def check_heartbeats(context: Context) -> Iterator[CheckResult]:
    """Jobs that must report: their keys, and whether they have ever been heard of."""
    from amt_console.config.heartbeats import heartbeat_keys

    keys = heartbeat_keys(context.settings)
    for key, name in keys.items():
        if len(key) < SAFE_KEY_CHARS:
            message = f"the key of {name} has {len(key)} characters: it can be found by trying"
            yield CheckResult("heartbeats", Health.WARNING, message, "make another one with openssl rand -hex 16")
    path = database_file(context.store_url)
    if not keys or (path is not None and not path.exists()):
        return
    with context.operations() as operations:
        heartbeats = operations.snapshot().heartbeats
    for each in heartbeats:
        if each.state is HeartbeatState.NEW:
            hint = "let it request /ping/KEY, or start it with amt-console run: docs/heartbeats.md"
            yield CheckResult("heartbeats", Health.WARNING, each.message, hint)
        elif each.state is not HeartbeatState.UP:
            yield CheckResult("heartbeats", Health.WARNING, each.message)
    if all(each.state is HeartbeatState.UP for each in heartbeats):
        yield CheckResult("heartbeats", Health.OK, jobs_words(heartbeats))


def check_figures(context: Context) -> Iterator[CheckResult]:
    """Figures of the platform that look wrong."""
    path = database_file(context.store_url)
    if path is not None and not path.exists():
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for kind, read in snapshot.figures.items():
        for name, figure in read.figures.items():
            if figure.suspect is not None:
                yield CheckResult(
                    "figures",
                    Health.WARNING,
                    f"{kind}.{name}: {figure.suspect}",
                    "amt-console figures test; set its unit: docs/figures.md",
                )
