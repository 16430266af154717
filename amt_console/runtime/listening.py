"""Waits for actions at a monitor, so that a console updates at once and notices when the monitor is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from amt_console.operations.protocol import OperationError

if TYPE_CHECKING:
    from amt_console.api.client.operations import RemoteOperations
    from amt_console.api.wire import ActionCount

WAIT_SECONDS = 5.0
"""Length of one long poll. A suspended monitor is noticed after this and the timeout of the answer."""


def listen(remote: RemoteOperations, closing: threading.Event, on_action: Callable[[], None]) -> OperationError | None:
    """Call ``on_action`` whenever somebody has acted, until ``closing`` is set or the monitor is gone.

    Returns:
        Why the monitor cannot be asked any more; ``None`` when closing.
    """
    known: ActionCount | None = None
    while not closing.is_set():
        try:
            latest = remote.wait_for_action(*((-1, 0) if known is None else (known.number, WAIT_SECONDS)))
        except OperationError as error:
            return None if closing.is_set() else error
        if known is not None and latest.process != known.process:
            # A request that a dying monitor leaves unanswered is repeated, and its successor may answer already.
            return OperationError("another process has become the monitor")
        if known is not None and latest.number != known.number:
            on_action()
        known = latest
    return None
