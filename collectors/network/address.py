"""Addresses: what a name resolved to, and how it is written."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from functools import lru_cache

from amt_console.hosts import IPAddress

_REMEMBERED = 4096
"""Addresses whose parsing is remembered: it is pure, and each probe asks."""


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
