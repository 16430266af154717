"""The running monitor, the others of its database, and its API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.startup.context import Context
from amt_console.store_url import store_url_is_server
from amt_console.text import age, duration, safe_text

CERTIFICATE_LEAST = timedelta(days=14)
"""A certificate of the API that ends sooner is to be renewed."""


def check_monitor(context: Context) -> Iterator[CheckResult]:
    from amt_console.store import lease_holder

    holder = lease_holder(context.store_url)
    if holder is None:
        yield CheckResult(
            "monitor", Health.WARNING, "no monitor runs: nothing is probed", "amt-console, or amt-console monitor"
        )
        return
    with context.open_store() as store, store.read() as reads:
        row = reads.monitor.sign_of_life()
    now = context.clock.now()
    if row is None or (now - row.last_cycle_at).total_seconds() > 60:
        seen = age(row.last_cycle_at, now) if row else "ever"
        yield CheckResult(
            "monitor", Health.FAILED, f"pid {holder.pid} has written nothing for {seen}", f"restart pid {holder.pid}"
        )
    else:
        yield CheckResult(
            "monitor", Health.OK, f"pid {holder.pid} on {holder.host}, wrote {age(row.last_cycle_at, now)} ago"
        )


def check_locations(context: Context) -> Iterator[CheckResult]:
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
            yield CheckResult("monitor", Health.WARNING, message, "start it again; after a day it is no longer listed")
        elif len(found) > 1:
            yield CheckResult(
                "monitor", Health.OK, f"{who} probes" + (" and evaluates" if heard.member.evaluates else "")
            )


def check_engine(context: Context) -> Iterator[CheckResult]:
    """The running monitor's own faults: only the monitor knows what it cannot store."""
    from amt_console.runtime.watchdog import WATCHDOG
    from amt_console.store import lease_holder

    if lease_holder(context.store_url) is None:
        return
    with context.operations() as operations:
        snapshot = operations.snapshot()
    for fault in snapshot.faults:
        yield CheckResult("monitor", Health.FAILED, fault, "make room or mend the database: docs/storage.md")
    if context.settings.watchdog.url is not None:
        troubles = [notice for notice in snapshot.notices if notice.startswith(WATCHDOG)]
        for trouble in troubles:
            yield CheckResult("watchdog", Health.FAILED, trouble)
        if not troubles:
            yield CheckResult("watchdog", Health.OK, f"pinged every {duration(context.settings.watchdog.interval)}")


def check_api(context: Context) -> Iterator[CheckResult]:
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
            yield CheckResult("api", Health.FAILED, message, "end the other program, or set another [api] port")
        else:
            yield CheckResult("api", Health.OK, f"{where} is free for the monitor")
    if api.tls_certificate is not None and api.tls_key is not None:
        yield _certificate(context, str(api.tls_certificate), str(api.tls_key))


def _certificate(context: Context, certificate: str, key: str) -> CheckResult:
    from cryptography import x509

    from amt_console.api.listeners.certificate import ServerCertificate

    try:
        ServerCertificate(certificate, key)
        ends = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        message = f"certificate and key of the API cannot be used: {safe_text(error, 200)}"
        return CheckResult(
            "api", Health.FAILED, message, "name files that fit each other as tls_certificate and tls_key"
        )
    left, until = ends - context.clock.now(), f"{ends:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta(0):
        return CheckResult("api", Health.FAILED, f"the certificate of the API ended on {until}", "renew it")
    if left < CERTIFICATE_LEAST:
        return CheckResult("api", Health.WARNING, f"the certificate of the API ends on {until}", "renew it")
    return CheckResult("api", Health.OK, f"its certificate is valid until {until}")
