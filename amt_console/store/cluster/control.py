"""Short statements on a server beside the data: members, slots, presence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from amt_console.store.engines.postgresql import Postgresql
from amt_console.store.store import Store


class Control:
    """Connections of their own for these statements. Safe from any thread.

    Args:
        store: On a server; stays open.
    """

    def __init__(self, store: Store) -> None:
        dialect = store._dialect
        assert isinstance(dialect, Postgresql)
        self.dialect = dialect
        self._engine = dialect.control()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction. Raises StoreError."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, self.dialect.driver_error) as error:
            raise self.dialect.translate(error) from error

    def close(self) -> None:
        """Close them."""
        self._engine.dispose()
