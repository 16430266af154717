"""Names and addresses of hosts: which are this machine, which are never connected to, which are public."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_aton

IPAddress = IPv4Address | IPv6Address

_REMEMBERED = 4096
"""Addresses whose check is remembered: it is pure, and each probe asks."""
_NEVER_V4 = tuple(
    IPv4Network(net)
    for net in (
        "169.254.0.0/16",  # link-local: the metadata of most clouds
        "100.100.100.200/32",  # the metadata of Alibaba Cloud
        "168.63.129.16/32",  # the wire server of Azure
        "192.0.0.192/32",  # the metadata of older Oracle clouds
        "0.0.0.0/8",
        "224.0.0.0/4",
        "255.255.255.255/32",
    )
)
_NEVER_V6 = tuple(
    IPv6Network(net)
    for net in (
        "fe80::/10",
        "fd00:ec2::254/128",  # the metadata of AWS
        "fd00:ec2::23/128",  # the credentials of pods on AWS
        "fd20:ce::254/128",  # the metadata of Google Cloud
        "ff00::/8",
        "::/128",
    )
)
_NEVER_NAMES = frozenset(("metadata", "metadata.google.internal", "metadata.goog", "instance-data"))
"""Names of metadata services, for where somebody else resolves the name."""
_LAST_FOUR_BYTES = tuple(IPv6Network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
"""NAT64, its local prefix, and IPv4-compatible addresses: the last four bytes are an IPv4 address."""
_ISATAP = (0x00005EFE, 0x02005EFE)


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
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo, NAT64, ISATAP or compatible."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    number = int(ip)
    if number <= 1:  # unspecified and loopback
        return None
    if any(ip in net for net in _LAST_FOUR_BYTES) or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None


def written_address(host: str) -> IPAddress | None:
    """The address that a host is written as, in every form that resolvers take; ``None`` for a name.

    Resolvers also take IPv4 addresses in octal and hexadecimal digits and with fewer than four numbers:
    ``0xA9FEA9FE`` and ``2852039166`` are 169.254.169.254.
    """
    plain = host.strip("[]").rstrip(".").partition("%")[0]
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(plain)) if plain and plain[0].isdigit() and " " not in plain else None
    except (OSError, ValueError):
        return None


def never_a_target_by_name(host: str) -> bool:
    """The check of a host that somebody else resolves, such as a proxy: its address if it is one, else its name."""
    ip = written_address(host)
    return _plain(host) in _NEVER_NAMES if ip is None else never_a_target(ip)


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
