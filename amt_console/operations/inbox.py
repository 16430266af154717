"""Takes what comes in from outside: it is on disk before the sender hears that it is taken.

The monitor that evaluates reads it from the database. Any process that serves the API may take it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.config.heartbeats import heartbeat_keys, hook_secrets
from amt_console.model.inbound import ExternalAlert, Ping
from amt_console.operations.protocol import UnavailableError
from amt_console.store import Store

if TYPE_CHECKING:
    from amt_console.config import Settings

MOST_WAITING = 20_000
"""Arrivals that may wait where no monitor evaluates; more are refused, so that senders keep them."""


class Inbox:
    """Stores pings and alerts of others. Thread-safe; every call but ``heartbeat_of`` may block on the database.

    Args:
        settings: Names the jobs and the secrets. Raises ConfigError where one cannot be resolved.
        store: Open and writable; stays open.
        clock: The time.
        on_arrival: Called after each arrival; must be quick.
    """

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, on_arrival: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self.clock = clock
        self._on_arrival = on_arrival
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Use another configuration. Raises ConfigError and keeps the old one."""
        keys, secrets = heartbeat_keys(settings), hook_secrets(settings)
        self._digests: tuple[tuple[bytes, str], ...] = tuple((_digest(key), name) for key, name in keys.items())
        self.secrets: tuple[str, ...] = secrets
        self.known_secrets: tuple[str, ...] = (*keys, *secrets)
        """What must not be seen in the output of jobs."""

    def now(self) -> datetime:
        """The moment at which something comes in."""
        return self.clock.now()

    def heartbeat_of(self, key: str) -> str | None:
        """The name of the job with this key. Takes equally long whichever it is, or none."""
        asked, found = _digest(key), None
        for digest, name in self._digests:
            if hmac.compare_digest(digest, asked):
                found = name
        return found

    def take_ping(self, ping: Ping) -> None:
        """Store a job's report. Raises StoreError, UnavailableError."""
        with self._store.transaction(durable=True) as writes:
            self._check_room(writes.inbound.arrivals.waiting())
            writes.inbound.arrivals.add_pings([ping])
        self._on_arrival()

    def take_alerts(self, alerts: Sequence[ExternalAlert], webhook_id: str | None = None) -> bool:
        """Store alerts of others, all or none. Raises StoreError, UnavailableError.

        Args:
            alerts: The alerts.
            webhook_id: The number of a signed message, by which a repetition is known.

        Returns:
            Whether they were new.
        """
        now = self.clock.now()
        with self._store.transaction(durable=True) as writes:
            arrivals = writes.inbound.arrivals
            if webhook_id is not None and not arrivals.note_webhook(webhook_id, now):
                return False
            self._check_room(arrivals.waiting() + len(alerts))
            arrivals.add_alerts(alerts, now)
        self._on_arrival()
        return True

    @staticmethod
    def _check_room(waiting: int) -> None:
        if waiting > MOST_WAITING:
            raise UnavailableError("too much waits to be evaluated: no monitor does it; try again later")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
