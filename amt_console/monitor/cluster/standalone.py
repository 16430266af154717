"""No-op peer group for SQLite: a file has one monitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.monitor.buffer import Collected
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.supervise import Work
from amt_console.store import Store

if TYPE_CHECKING:
    from amt_console.monitor.cluster.peers import Peers


class Standalone:
    """Stands in for ``Peers`` on a file."""

    slots = None

    def configure(self, ruleset: Ruleset) -> None:
        """Nothing to do."""

    def works(self, emit: object, waits_since: object) -> Sequence[Work]:
        """Always empty."""
        return ()

    def together(self, item: Collected) -> list[Collected]:
        """The result alone."""
        return [item]

    async def take_up(self) -> None:
        """Nothing to do."""

    def notices(self) -> tuple[str, ...]:
        """Always empty."""
        return ()

    async def aclose(self) -> None:
        """Nothing to do."""


def peers_of(store: Store, clock: Clock, location: str | None) -> Peers | Standalone:
    """The other monitors of a server's database; a file has one monitor."""
    if not store.is_server:
        return Standalone()
    from amt_console.monitor.cluster.peers import Peers

    return Peers(store, clock, location)
