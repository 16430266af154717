"""Limits the connections of a listener, in total and per address, and chooses which one to drop."""

from __future__ import annotations

from collections.abc import Callable


class Guest:
    """A connection at the door."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.drop: Callable[[], None] = lambda: None
        """Aborts the connection."""
        self.connected = False
        """Whether its protocol has started; then the protocol reports the end."""


class Door:
    """Admits connections. Not thread-safe.

    A new connection replaces the one that waits longest without a request: with a plain limit, half-open connections
    would lock everybody out. It is refused only if all connections are answering requests.

    Args:
        most: Connections in all.
        per_address: Connections from one address.
        unlimited: Whether an address may have more, as a proxy with many clients.
    """

    def __init__(self, *, most: int, per_address: int, unlimited: Callable[[str], bool] = lambda _: False) -> None:
        self._most = most
        self._per_address = per_address
        self._unlimited = unlimited
        self._guests: set[Guest] = set()
        self._counts: dict[str, int] = {}
        self._waiting: dict[str, dict[Guest, None]] = {}
        """Waiting connections by address, longest first."""

    def admit(self, address: str) -> Guest | None:
        """Admit a connection as waiting; ``None`` without room."""
        crowded = self._counts.get(address, 0) >= self._per_address and not self._unlimited(address)
        if (crowded or len(self._guests) >= self._most) and not self._make_room(address if crowded else None):
            return None
        guest = Guest(address)
        self._guests.add(guest)
        self._counts[address] = self._counts.get(address, 0) + 1
        self.waits(guest)
        return guest

    def waits(self, guest: Guest) -> None:
        """Mark a connection as waiting: it may be dropped for another one."""
        if guest in self._guests:
            self._waiting.setdefault(guest.address, {})[guest] = None

    def works(self, guest: Guest) -> None:
        """Mark a connection as answering: it is not dropped."""
        waiting = self._waiting.get(guest.address, {})
        waiting.pop(guest, None)
        if not waiting:
            self._waiting.pop(guest.address, None)

    def leave(self, guest: Guest) -> None:
        """Remove an ended connection. Idempotent."""
        if guest not in self._guests:
            return
        self._guests.remove(guest)
        self.works(guest)
        left = self._counts.pop(guest.address) - 1
        if left:
            self._counts[guest.address] = left

    def _make_room(self, address: str | None) -> bool:
        """Drop the longest waiting connection of an address, by default of the address with the most."""
        if address is None:
            address = max(self._waiting, key=lambda each: len(self._waiting[each]), default="")
        longest = next(iter(self._waiting.get(address, ())), None)
        if longest is None:
            return False
        self.leave(longest)
        longest.drop()
        return True
