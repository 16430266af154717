"""Whether probes are shared: only on a server, whose driver a file needs not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.store import Store

if TYPE_CHECKING:
    from amt_console.monitor.sharing import Gate


def gate_of(store: Store, clock: Clock) -> Gate | None:
    """The gate to the slots of a server's database; ``None`` for a file, which one process alone probes for."""
    if store.url.startswith("sqlite"):
        return None
    from amt_console.monitor.sharing import Gate

    return Gate(store, clock)
