"""Presence on a server: each process publishes its people and reads those of the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from amt_console.model import PresentPerson
from amt_console.store import Store, StoreError
from amt_console.store.cluster.presence import PresenceBoard

logger = logging.getLogger("amt_console.session")
EXCHANGE_SECONDS = 2.0
"""Between two looks at the board."""
_LEAVE_SECONDS = 2.0

People = Callable[[], tuple[PresentPerson, ...]]


class ClusterPresence:
    """Everybody who is present through any process of the database. Works on its own thread until closed.

    While the server does not answer, only this process's people are known. A read-only user sees all and is not seen.

    Args:
        store: On a server; stays open.
        own: Who is present through this process.
    """

    def __init__(self, store: Store, own: People) -> None:
        self._own = own
        self._others: tuple[PresentPerson, ...] = ()
        self._told = False
        self._board = PresenceBoard(store)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="amt-presence", daemon=True)
        self._thread.start()

    def people(self) -> tuple[PresentPerson, ...]:
        """Everybody, longest first."""
        return tuple(sorted((*self._own(), *self._others), key=lambda person: person.since))

    def close(self) -> None:
        """Say goodbye, if the server listens."""
        self._closing.set()
        self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._try(lambda: self._board.pin(self._own()))
            if not self._try(self._read):
                self._others = ()
            self._closing.wait(EXCHANGE_SECONDS)
        self._try(self._board.leave)
        self._board.close()

    def _read(self) -> None:
        self._others = self._board.others()

    def _try(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except StoreError as error:
            if not self._told:
                logger.info("Presence cannot be exchanged with the other processes: %s", error)
            self._told = True
            return False
        return True


def who_is_present(store: Store) -> tuple[PresentPerson, ...]:
    """Who is present now; nobody if the server cannot be read."""
    board = PresenceBoard(store)
    try:
        return tuple(sorted(board.others(), key=lambda person: person.since))
    except StoreError:
        return ()
    finally:
        board.close()
