"""How many connections one listener has, in all and from one address, and which one goes when there are too many."""

from __future__ import annotations

from collections.abc import Callable


class Guest:
    """One connection."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.drop: Callable[[], None] = lambda: None
        """Cuts the connection off."""
        self.connected = False
        """Whether its protocol has begun, which then says when it ends."""


class Door:
    """Lets connections in; for one thread.

    A new connection takes the place of the one that waits longest: half-open connections, however many, keep nobody
    out. Only when requests are being answered on all of them, the new one is turned away.

    Args:
        most: Connections in all.
        per_address: Connections from one address.
        unlimited: Whether an address may have more, because many stand behind it.
    """

    def __init__(self, *, most: int, per_address: int, unlimited: Callable[[str], bool] = lambda _: False) -> None:
        self._most = most
        self._per_address = per_address
        self._unlimited = unlimited
        self._guests: set[Guest] = set()
        self._counts: dict[str, int] = {}
        self._waiting: dict[str, dict[Guest, None]] = {}
        """By address, the longest waiting first."""

    def admit(self, address: str) -> Guest | None:
        """Let a connection in, which waits at first; ``None`` if there is no room for it."""
        crowded = self._counts.get(address, 0) >= self._per_address and not self._unlimited(address)
        if (crowded or len(self._guests) >= self._most) and not self._make_room(address if crowded else None):
            return None
        guest = Guest(address)
        self._guests.add(guest)
        self._counts[address] = self._counts.get(address, 0) + 1
        self.waits(guest)
        return guest

    def waits(self, guest: Guest) -> None:
        """No request is being answered on the connection: it may be given up for another one."""
        if guest in self._guests:
            self._waiting.setdefault(guest.address, {})[guest] = None

    def works(self, guest: Guest) -> None:
        """A whole head has come: the connection is not given up."""
        waiting = self._waiting.get(guest.address, {})
        waiting.pop(guest, None)
        if not waiting:
            self._waiting.pop(guest.address, None)

    def leave(self, guest: Guest) -> None:
        """The connection has ended. Idempotent."""
        if guest not in self._guests:
            return
        self._guests.remove(guest)
        self.works(guest)
        left = self._counts.pop(guest.address) - 1
        if left:
            self._counts[guest.address] = left

    def _make_room(self, address: str | None) -> bool:
        """Give up the longest waiting connection of an address, or of the address that has most of them."""
        if address is None:
            address = max(self._waiting, key=lambda each: len(self._waiting[each]), default="")
        longest = next(iter(self._waiting.get(address, ())), None)
        if longest is None:
            return False
        self.leave(longest)
        longest.drop()
        return True
