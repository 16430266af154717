"""Which addresses messages may go to, and the look-up of names."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from amt_console.hosts import IPAddress, ReachableHosts, never_a_target
from amt_console.notify.channels.channel import DeliveryError, FailureReason

LOOKUP_SECONDS = 10.0
GetAddrInfo = Callable[..., list[tuple[Any, ...]]]


class AddressRules:
    """Says whether messages may go to an address.

    Args:
        allow_private: Networks and host names that may be private.
        restricted: Whether private addresses need to be listed; metadata addresses never pass.
    """

    def __init__(self, allow_private: Iterable[str] = (), *, restricted: bool = True) -> None:
        self._reachable = ReachableHosts(allow_private) if restricted else None

    def check(self, host: str, ip: IPAddress) -> None:
        """Accept an address that ``host`` resolved to.

        Raises:
            DeliveryError: It is never connected to, or private and not listed.
        """
        named = str(ip) if host == str(ip) else f"{host} ({ip})"
        if never_a_target(ip):
            raise DeliveryError(FailureReason.BLOCKED_ADDRESS, f"nothing is ever sent to {named}")
        if self._reachable is not None and not self._reachable.allows(host, ip):
            raise DeliveryError(
                FailureReason.BLOCKED_ADDRESS,
                f"{named} is a private address: list it or its name under notify.allow_private to send there",
            )

    async def addresses(
        self, host: str, port: int, *, getaddrinfo: GetAddrInfo = socket.getaddrinfo
    ) -> list[IPAddress]:
        """The addresses of a host, all of them allowed, in the resolver's order.

        Raises:
            DeliveryError: No such name, no answer in time, or one of the addresses is not allowed.
        """
        found = await look_up(host, port, getaddrinfo=getaddrinfo)
        for ip in found:
            self.check(host, ip)
        return found


async def look_up(host: str, port: int, *, getaddrinfo: GetAddrInfo = socket.getaddrinfo) -> list[IPAddress]:
    """Resolve a name in a thread that never delays the end of the program. Raises DeliveryError."""
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[tuple[Any, ...]]] = loop.create_future()

    def settle(found: list[tuple[Any, ...]], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    def work() -> None:
        found: list[tuple[Any, ...]] = []
        failure: Exception | None = None
        try:
            found = getaddrinfo(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
        except Exception as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, found, failure)
        except RuntimeError:
            return  # the loop has ended; nobody waits there any more

    threading.Thread(target=work, name="notify-lookup", daemon=True).start()
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            entries = await answer
    except TimeoutError:
        raise DeliveryError(
            FailureReason.TIMEOUT, f"name {host} was not resolved within {LOOKUP_SECONDS:g} s", retry=True
        ) from None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no name"
        raise DeliveryError(FailureReason.NETWORK, f"name {host}: {reason}", retry=True) from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    if not addresses:
        raise DeliveryError(FailureReason.NETWORK, f"name {host} has no address", retry=True)
    return list(dict.fromkeys(addresses))
