"""The client's address of a request behind a proxy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The proxies whose ``X-Forwarded-For`` is trusted.

    Args:
        networks: Addresses and networks, such as ``127.0.0.1/32``.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in networks)

    def trusts(self, address: str) -> bool:
        """Whether an address is one of the proxies."""
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's address.

        Each proxy appends the address of its peer to the header, and a client can write anything before that: the last
        address that is no trusted proxy counts.

        Args:
            peer: The other end of the connection.
            forwarded: The values of the headers ``X-Forwarded-For``, in their order.
        """
        hops = [hop.strip() for value in forwarded for hop in value.split(",")]
        address = peer
        while hops and self.trusts(address):
            hop = _address(hops.pop())
            if hop is None:
                break
            address = str(hop)
        return address

    def encrypted(self, scheme: str, peer: str, forwarded: Sequence[str]) -> bool:
        """Whether the client speaks TLS, with this server or with a trusted proxy.

        Args:
            scheme: Of the connection, ``http`` or ``https``.
            peer: The other end of the connection.
            forwarded: The values of the headers ``X-Forwarded-Proto``; the last one is the proxy's own.
        """
        if scheme == "https":
            return True
        said = [word.strip().lower() for value in forwarded for word in value.split(",")]
        return bool(said) and said[-1] == "https" and self.trusts(peer)


def _address(text: str) -> Address | None:
    """An address without brackets, port and zone; IPv4-mapped IPv6 as IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
