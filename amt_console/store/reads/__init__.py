"""The reads, by subject.

Each read takes an upper bound in time, so that the past is read like the present.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from amt_console.clock import Clock
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.reads.alerts import AlertReads
from amt_console.store.reads.figures import FigureReads
from amt_console.store.reads.host import HostReads
from amt_console.store.reads.monitor import MonitorReads, MonitorRow
from amt_console.store.reads.raw import RawReads
from amt_console.store.reads.services import ServiceReads, StateChangeRow

if TYPE_CHECKING:
    from amt_console.store.inbound.records import InboundReads
    from amt_console.store.policies.stored import PolicyReads
    from amt_console.store.reads.history import HistoryReads
    from amt_console.store.reads.values import ValueReads

__all__ = ["MonitorRow", "Reads", "StateChangeRow"]


class Reads:
    """The reads of one transaction: all show the same moment of the database.

    What few commands read is loaded when it is asked for.
    """

    def __init__(self, connection: Connection, clock: Clock, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys
        self.services = ServiceReads(connection, clock)
        self.alerts = AlertReads(connection, keys)
        self.host = HostReads(connection)
        self.figures = FigureReads(connection)
        self.monitor = MonitorReads(connection)
        self.raw = RawReads(connection)

    @cached_property
    def values(self) -> ValueReads:
        """The values of checks."""
        from amt_console.store.reads.values import ValueReads

        return ValueReads(self._connection)

    @cached_property
    def policies(self) -> PolicyReads:
        """Silences, maintenance and overrides of the rota."""
        from amt_console.store.policies.stored import PolicyReads

        return PolicyReads(self._connection)

    @cached_property
    def history(self) -> HistoryReads:
        """What happened, as one list."""
        from amt_console.store.reads.history import HistoryReads

        return HistoryReads(self._connection)

    @cached_property
    def inbound(self) -> InboundReads:
        """What comes in from outside."""
        from amt_console.store.inbound.records import InboundReads

        return InboundReads(self._connection, self._keys)
