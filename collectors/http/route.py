"""How one service is reached: proxy, family, TLS, caps; and the connection to it."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from amt_console.hosts import never_a_target_by_name
from amt_console.model import AddressFamily, ErrorClass
from collectors.http.request import port_of
from collectors.http.trace import ProbeStage, Trace
from collectors.network.address import Address
from collectors.network.certificates import CertificateDates
from collectors.network.connection import Connection, open_first
from collectors.network.fault import ProbeFault
from collectors.network.resolver import Resolver
from collectors.network.stamps import Stamps
from collectors.network.target_addresses import MOST_KEPT, target_addresses
from collectors.network.tls import TlsContexts


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
        """Connect to the host of ``url``, or to the proxy, which resolves names by itself.

        Behind a proxy only written addresses and the known names of metadata services can be checked.

        Raises:
            ProbeFault: No such name, an address that is never a target, refused, unreachable.
        """
        if self.proxy is None:
            return await self._connect(url, machinery, trace)
        if never_a_target_by_name(url.host):
            raise ProbeFault(ErrorClass.BLOCKED_ADDRESS, f"{url.host} is never a target: the proxy was not asked")
        try:
            return await self._connect(self.proxy, machinery, trace)
        except ProbeFault as fault:
            raise ProbeFault(fault.error_class, f"proxy: {fault.message}") from None

    async def _connect(self, url: httpx.URL, machinery: Machinery, trace: Trace) -> Connection:
        def trying(address: Address) -> None:
            trace.stage, trace.waiting_for = ProbeStage.CONNECT, str(address)
            trace.ip, trace.ip_family = str(address.ip), f"ipv{address.ip.version}"

        connection = await open_first(await self._addresses(url, machinery, trace), machinery.stamps, trying)
        trace.add("connect", connection.connect_ns)
        return connection

    async def _addresses(self, url: httpx.URL, machinery: Machinery, trace: Trace) -> tuple[Address, ...]:
        """Where to connect to."""
        host, port = url.raw_host.decode("ascii"), port_of(url)
        trace.stage, trace.waiting_for = ProbeStage.NAME, host
        addresses = await target_addresses(host, port, self.family, machinery.resolver)
        trace.add("dns", addresses.took_ns)
        if addresses.found:
            trace.dns = tuple(str(address.ip) for address in addresses.found[:MOST_KEPT])
        return addresses.chosen
