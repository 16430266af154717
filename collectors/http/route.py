"""How one service is reached: proxy, family, TLS, caps; and the connection to it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import httpx

from amt_console.hosts import never_a_target
from amt_console.model import AddressFamily, ErrorClass
from collectors.http.address import Address, literal
from collectors.http.certificates import CertificateDates
from collectors.http.connection import Connection
from collectors.http.fault import ProbeFault
from collectors.http.request import port_of
from collectors.http.resolver import Resolver
from collectors.http.stamps import Stamps
from collectors.http.tls import TlsContexts
from collectors.http.trace import ProbeStage, Trace

MOST_ANSWERS = 8
"""Addresses of a name that are kept as evidence."""
_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class Machinery:
    """Resources shared by all probes."""

    stamps: Stamps
    resolver: Resolver
    contexts: TlsContexts
    certificates: CertificateDates


@dataclass(frozen=True, slots=True)
class Route:
    """How one service is reached."""

    origin: httpx.URL
    family: AddressFamily
    verify_tls: bool
    ca_file: str | None
    proxy: httpx.URL | None
    max_body_bytes: int
    follows: bool
    """Whether redirects are followed; not if one is what is expected."""

    async def connect(self, url: httpx.URL, machinery: Machinery, trace: Trace) -> Connection:
        """Connect to the host of ``url``, or to the proxy. Behind a proxy only literal addresses can be checked.

        Raises:
            ProbeFault: No such name, an address that is never a target, refused, unreachable.
        """
        if self.proxy is None:
            return await self._connect(url, machinery, trace)
        target = literal(url.host, port_of(url))
        if target is not None:
            _refuse_never_targets(target, url.host)
        try:
            return await self._connect(self.proxy, machinery, trace)
        except ProbeFault as fault:
            raise ProbeFault(fault.error_class, f"proxy: {fault.message}") from None

    async def _connect(self, url: httpx.URL, machinery: Machinery, trace: Trace) -> Connection:
        refusals: list[ProbeFault] = []
        for address in await self._addresses(url, machinery, trace):
            _refuse_never_targets(address, url.host)
            trace.stage, trace.waiting_for = ProbeStage.CONNECT, str(address)
            trace.ip, trace.ip_family = str(address.ip), f"ipv{address.ip.version}"
            connection = Connection(address, machinery.stamps)
            try:
                await connection.open()
            except BaseException as error:
                connection.close()
                if not (isinstance(error, ProbeFault) and error.error_class is ErrorClass.CONNECT_REFUSED):
                    raise
                refusals.append(error)
            else:
                trace.add("connect", connection.connect_ns)
                return connection
        raise refusals[0]

    async def _addresses(self, url: httpx.URL, machinery: Machinery, trace: Trace) -> list[Address]:
        """The address to connect to; for ``localhost`` both, because many servers bind only one of them."""
        host, port = url.raw_host.decode("ascii"), port_of(url)
        trace.stage, trace.waiting_for = ProbeStage.NAME, host
        family = _FAMILIES[self.family]
        written = literal(host, port)
        if written is not None:
            if family not in (socket.AF_UNSPEC, written.family):
                raise ProbeFault(ErrorClass.DNS_ERROR, f"{host} is no {self.family} address")
            trace.add("dns", 0)
            return [written]
        addresses, took = await machinery.resolver.resolve(host, port, family)
        trace.add("dns", took)
        trace.dns = tuple(str(address.ip) for address in addresses[:MOST_ANSWERS])
        first = addresses[0]
        # A development server listens on either loopback; of other names a half-dead service must not look alive.
        if not first.ip.is_loopback or not (host == "localhost" or host.endswith(".localhost")):
            return [first]
        return [first, *(other for other in addresses if other.ip.is_loopback and other.family != first.family)][:2]


def _refuse_never_targets(address: Address, host: str) -> None:
    if never_a_target(address.ip):
        named = "" if host == str(address.ip) else f" ({host})"
        raise ProbeFault(ErrorClass.BLOCKED_ADDRESS, f"{address.ip}{named} is never a target: not connected")
