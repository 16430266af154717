"""Staying the monitor: as long as the lease is held and the engine lives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from amt_console.runtime.server_watch import LOOK_SECONDS

if TYPE_CHECKING:
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.server_watch import ServerWatch
    from amt_console.store import Lease


def why_no_longer(holder: Holder, lease: Lease, watch: ServerWatch | None, closing: threading.Event) -> str | None:
    """Wait until this process can be the monitor no longer; returns why, or ``None`` when it is closing."""
    while not closing.is_set():
        failure = holder.engine.status.failure
        if failure is not None:
            return (
                f"The monitor in this console has failed: {failure}. "
                "It is started again in a while unless another process takes over; the log says more."
            )
        if lease.lost:
            return "Another process has become the monitor: the database had not heard of this one in time."
        if watch is not None:
            watch.wait()
        else:
            closing.wait(LOOK_SECONDS)
    return None
