"""Addresses: what a name resolved to, how it is written, and which addresses are never a target."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from functools import lru_cache

_REMEMBERED = 4096
"""Addresses whose parsing and check are remembered: both are pure, and each probe asks."""
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in ("169.254.0.0/16", "100.100.100.200/32", "0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32")
)
_NEVER_V6 = tuple(ipaddress.IPv6Network(net) for net in ("fe80::/10", "fd00:ec2::254/128", "ff00::/8", "::/128"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to."""

    ip: IPAddress
    port: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def family(self) -> socket.AddressFamily:
        """``AF_INET`` or ``AF_INET6``."""
        return socket.AF_INET if self.ip.version == 4 else socket.AF_INET6

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}" if self.ip.version == 4 else f"[{self.ip}]:{self.port}"


@lru_cache(maxsize=_REMEMBERED)
def literal(host: str, port: int) -> Address | None:
    """The address if ``host`` is written as one (without brackets), else ``None``."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    return Address(ip, port, (str(ip), port) if ip.version == 4 else (str(ip), port, 0, 0))


@lru_cache(maxsize=_REMEMBERED)
def never_a_target(ip: IPAddress) -> bool:
    """Whether a probe must not go there: cloud metadata, link-local, unspecified, multicast, also as IPv4 within IPv6.

    Loopback and private ranges are allowed: internal services are what is watched. No configuration lifts this, because
    a redirect or a name record of a watched service could otherwise read the credentials of the machine.
    """
    if ip.version == 6:
        inner = _embedded_ipv4(ip)
        return (inner is not None and never_a_target(inner)) or any(ip in net for net in _NEVER_V6)
    return any(ip in net for net in _NEVER_V4)


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
