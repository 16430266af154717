"""Audits who opens what over the API: one row for each console, and for each token and address that begins to ask."""

from __future__ import annotations

import threading
from collections import OrderedDict

from amt_console.clock import Clock
from amt_console.operations.actor import Actor
from amt_console.operations.audit_rows import CONSOLE, OPENED, note_row
from amt_console.store import AccessToken, Store

TOKEN_SECONDS = 3600.0
"""A token that goes on asking from an address gets another row after this."""
RETRY_SECONDS = 60.0
"""After a row that could not be written."""
MOST_KEYS = 4096
"""Most openings that are remembered; above that, the oldest is forgotten."""


class OpeningLog:
    """Records openings. Thread-safe.

    Args:
        store: The database.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._until: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def console_is_new(self, session: str) -> bool:
        """Whether this console has no row so far. Never blocks; whoever is told so must write it."""
        return self._take((CONSOLE, session), float("inf"))

    def token_is_new(self, token: AccessToken, address: str) -> bool:
        """Whether this token has no row from this address in the last hour. Never blocks, as above."""
        return self._take(("token", token.id, address), TOKEN_SECONDS)

    def write_console(self, session: str, actor: Actor, place: str) -> None:
        """Record that a console was opened. Blocks on the database."""
        self._write((CONSOLE, session), actor, CONSOLE, {"note": place})

    def write_token(self, token: AccessToken, actor: Actor, address: str) -> None:
        """Record that a token is in use. Blocks on the database."""
        subject = f"token {token.name} ({token.id})"
        self._write(("token", token.id, address), actor, subject, {"role": token.role})

    def _take(self, key: tuple[str, ...], seconds: float) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            if self._until.get(key, now) > now:
                return False
            self._remember(key, now + seconds)
            return True

    def _write(self, key: tuple[str, ...], actor: Actor, subject: str, detail: dict[str, str]) -> None:
        # A full disk must not keep anybody from looking: the row is tried again later.
        if not note_row(self._store, self._clock, actor, OPENED, subject, detail):
            with self._lock:
                self._remember(key, self._clock.monotonic() + RETRY_SECONDS)

    def _remember(self, key: tuple[str, ...], until: float) -> None:
        self._until[key] = until
        self._until.move_to_end(key)
        while len(self._until) > MOST_KEYS:
            self._until.popitem(last=False)
