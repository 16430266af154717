"""Addresses of a target: all of them, which of them to connect to, and which are never connected to."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from amt_console.hosts import never_a_target
from amt_console.model import AddressFamily, ErrorClass
from collectors.network.address import Address, literal
from collectors.network.fault import ProbeFault
from collectors.network.resolver import Resolver

MOST_KEPT = 8
"""Addresses of a name that are kept with a failure."""
_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class TargetAddresses:
    """The result of a name look-up."""

    chosen: tuple[Address, ...]
    """Where to connect to, in order: one address, and of ``localhost`` one of each family."""
    found: tuple[Address, ...] = ()
    """Everything that the name resolved to; empty for an address."""
    took_ns: int = 0


async def target_addresses(host: str, port: int, family: AddressFamily, resolver: Resolver) -> TargetAddresses:
    """Find the address of ``host``, which is pinned for this probe.

    Args:
        host: An ASCII name, or an address without brackets.
        port: Goes into the addresses.
        family: ``any`` takes the resolver's first address and no other: a half-dead service must not look alive.
        resolver: Looks names up.

    Raises:
        ProbeFault: No such name, no answer, an address of another family, or one of its addresses is never a target.
    """
    wanted = _FAMILIES[family]
    written = literal(host, port)
    if written is not None:
        if wanted not in (socket.AF_UNSPEC, written.family):
            raise ProbeFault(ErrorClass.DNS_ERROR, f"{host} is no {family} address")
        refuse_never_targets(written, host)
        return TargetAddresses((written,))
    found, took = await resolver.resolve(host, port, wanted)
    addresses = checked_addresses(found, host)
    first = addresses[0]
    chosen = [first]
    # A development server listens on either loopback.
    if first.ip.is_loopback and (host == "localhost" or host.endswith(".localhost")):
        chosen += [other for other in addresses if other.ip.is_loopback and other.family != first.family][:1]
    return TargetAddresses(tuple(chosen), tuple(addresses), took)


def checked_addresses(found: Sequence[Address], host: str) -> Sequence[Address]:
    """Refuse a name if one of its addresses is never a target, whichever would be connected to.

    Only IPv6 link-local addresses beside others are left out instead: a system lists its own under its own name.

    Raises:
        ProbeFault: See ``refuse_never_targets``.
    """
    usable = [address for address in found if not (address.ip.version == 6 and address.ip.is_link_local)] or found
    for address in usable:
        refuse_never_targets(address, host)
    return usable


def refuse_never_targets(address: Address, host: str) -> None:
    """Refuse an address that nothing may connect to.

    Raises:
        ProbeFault: Cloud metadata, link-local, multicast or unspecified.
    """
    if never_a_target(address.ip):
        named = "" if host == str(address.ip) else f" ({host})"
        raise ProbeFault(ErrorClass.BLOCKED_ADDRESS, f"{address.ip}{named} is never a target: not connected")
