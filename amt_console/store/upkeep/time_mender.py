"""Looking at the times that other programs write into a file, some rows at a time, beside the monitor's work."""

from __future__ import annotations

from amt_console.store.foreign_times import (
    COLUMNS,
    HOW_TO_MEND,
    Looked,
    Unreadable,
    examine,
    looked_at,
    mend,
    newest_number,
)
from amt_console.store.store import Store

_CHUNK = 10_000
"""Rows of one step: some 10 ms."""
_MOST_LEFT_OUT = 240
"""Looks that may be left out one after the other while nobody else writes: after a start all rows since the last look
are looked at.
"""
_NOTE_EVERY = 100_000
"""So many rows may be looked at once more after a start."""


class TimeMender:
    """Looks at what is new, some rows a step. Used on one thread; ``notices`` may be read from any.

    Args:
        store: Open for writing; on a server there is nothing to do, it takes nothing but times.
    """

    def __init__(self, store: Store) -> None:
        self.notices: tuple[str, ...] = ()
        """What people should know, in sentences."""
        self._store = store
        self._looked: dict[str, Looked] = {}
        self._seen: object = None
        """The commits of others that were there when the last look began that found no more."""
        self._left_out = 0

    def step(self) -> bool:
        """Look at the next rows; returns whether there are more. Raises StoreError."""
        if self._store.is_server:
            return False
        version = self._store.others_version()
        if version == self._seen and self._left_out < _MOST_LEFT_OUT:
            self._left_out += 1
            return False
        self._left_out = 0
        more = [self._look(name) for name in COLUMNS]
        self._seen = None if any(more) else version
        found = {name: tuple(looked.unreadable) for name, looked in self._looked.items() if looked.unreadable}
        self.notices = tuple(f"{Unreadable(name, ids)} {HOW_TO_MEND}" for name, ids in found.items())
        return any(more)

    def _look(self, name: str) -> bool:
        with self._store.read() as reads:
            connection = reads._connection
            if name not in self._looked:
                self._looked[name] = looked_at(connection, name)
            looked = self._looked[name]
            newest = newest_number(connection, name)
            upto = max(looked.upto, min(newest, looked.upto + _CHUNK))
            found = examine(connection, name, looked, upto)
        if found.mended or found.unreadable != looked.unreadable or upto - looked.noted >= _NOTE_EVERY:
            with self._store.transaction() as writes:
                mend(writes, name, found, upto)
            looked.unreadable, looked.noted = found.unreadable, upto
        looked.upto = upto
        return upto < newest
