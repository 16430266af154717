"""Names and addresses of hosts: which are this machine, which are never connected to, which are public."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address

_REMEMBERED = 4096
"""Addresses whose check is remembered: it is pure, and each probe asks."""
_NEVER_V4 = tuple(
    IPv4Network(net)
    for net in ("169.254.0.0/16", "100.100.100.200/32", "0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32")
)
_NEVER_V6 = tuple(IPv6Network(net) for net in ("fe80::/10", "fd00:ec2::254/128", "ff00::/8", "::/128"))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_loopback(host: str) -> bool:
    """Whether a host is this very one."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=_REMEMBERED)
def never_a_target(ip: IPAddress) -> bool:
    """Whether nothing may connect there: cloud metadata, link-local, unspecified, multicast, also as IPv4 within IPv6.

    Loopback and private ranges are allowed: internal services are what is watched. No configuration lifts this, because
    a redirect or a name record of a watched service could otherwise read the credentials of the machine.
    """
    if ip.version == 6:
        inner = embedded_ipv4(ip)
        return (inner is not None and never_a_target(inner)) or any(ip in net for net in _NEVER_V6)
    return any(ip in net for net in _NEVER_V4)


def is_public(ip: IPAddress) -> bool:
    """Whether an address belongs to the public Internet, also as IPv4 within IPv6."""
    inner = embedded_ipv4(ip) if ip.version == 6 else None
    return ip.is_global if inner is None else inner.is_global


def embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4 or NAT64."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


class ReachableHosts:
    """The public addresses, and private ones that are listed.

    Args:
        private: Networks, addresses and host names that may be private.
    """

    def __init__(self, private: Iterable[str] = ()) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._names: set[str] = set()
        for entry in private:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._names.add(_plain(entry))

    def allows(self, host: str, ip: IPAddress) -> bool:
        """Whether an address may be connected to.

        Args:
            host: The name that was resolved, or the address as it was written.
            ip: What it stands for.
        """
        if never_a_target(ip):
            return False
        if is_public(ip) or _plain(host) in self._names:
            return True
        inner = embedded_ipv4(ip) if ip.version == 6 else None
        return any(each in network for network in self._networks for each in (ip, inner) if each is not None)


def _plain(name: str) -> str:
    return name.lower().rstrip(".")
