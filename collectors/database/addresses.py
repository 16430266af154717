"""Which addresses a database driver may connect to: the names of its hosts are resolved and checked first.

Drivers over libpq then connect to the very addresses that were checked. Other drivers look the name up again, because
most of them verify the server's certificate against the host that they connect to.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collectors.network.address import Address, literal
from collectors.network.target_addresses import refuse_never_targets

GetAddrInfo = Callable[..., list[tuple[Any, ...]]]
_LIBPQ = frozenset(("psycopg", "psycopg2"))
_HOST_KEYS = ("host", "hostaddr", "server", "hostname", "unix_socket")
_ANY_PORT = 0


def checked_options(
    driver: str, options: Mapping[str, Any], *, getaddrinfo: GetAddrInfo = socket.getaddrinfo
) -> dict[str, Any]:
    """The connection options with checked addresses. A name that cannot be resolved is left to the driver's message.

    Args:
        driver: As in the URL, e.g. ``psycopg``.
        options: As the driver takes them.
        getaddrinfo: The system's resolver.

    Raises:
        ProbeFault: Cloud metadata, link-local, multicast or unspecified.
    """
    found = {
        (key, host): _addresses(host, getaddrinfo) for key in _HOST_KEYS for host in _hosts(options.get(key)) if host
    }
    for (_, host), addresses in found.items():
        for address in addresses:
            refuse_never_targets(address, host)
    if driver not in _LIBPQ or options.get("hostaddr") or not options.get("host"):
        return dict(options)
    hosts = list(_hosts(options["host"]))
    ports = str(options.get("port", "")).split(",")
    if len(ports) not in (1, len(hosts)):
        return dict(options)  # libpq refuses it in its own words
    each = [
        (host, str(address.ip), ports[index % len(ports)])
        for index, host in enumerate(hosts)
        for address in found.get(("host", host), ())
    ]
    if len({host for host, _, _ in each}) < len(set(hosts)):
        return dict(options)  # a socket's folder, or a name without an address
    pinned = {"host": ",".join(host for host, _, _ in each), "hostaddr": ",".join(ip for _, ip, _ in each)}
    if len(ports) > 1:
        pinned["port"] = ",".join(port for _, _, port in each)
    return {**options, **pinned}


def _hosts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split(",")


def _addresses(host: str, getaddrinfo: GetAddrInfo) -> list[Address]:
    """Those of a host; none for a path and for a name that does not resolve."""
    if host.startswith(("/", "@", ".")):
        return []
    try:
        entries = getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    written = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries)
    return [address for each in written if (address := literal(each, _ANY_PORT)) is not None]
