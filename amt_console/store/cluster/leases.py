"""Takes and reads the lease of a database: a lock beside a file, or a row on a server."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from amt_console.clock import Clock
from amt_console.store.cluster.file_lease import FileLease, lock_path
from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.engines.network_disk import refuse_network_disk
from amt_console.store.engines.opening import dialect_of
from amt_console.store.store import Store


def take_lease(url: str, *, clock: Clock) -> Lease | None:
    """Take the lease of a database; ``None`` if another process has it. Raises StoreError if that cannot be tried."""
    dialect = dialect_of(url)
    holder = LeaseHolder(socket.gethostname(), os.getpid(), clock.now())
    if not dialect.is_server:
        # The lock on the file would be no better than those in it.
        refuse_network_disk(dialect.url, Path(dialect.place))
        return FileLease.take(lock_path(dialect), holder)
    from amt_console.store.cluster.row_lease import RowLease
    from amt_console.store.engines.postgresql import Postgresql

    assert isinstance(dialect, Postgresql)
    return RowLease.take(dialect, holder, clock)


def lease_holder(url: str) -> LeaseHolder | None:
    """The holder of the lease; ``None`` if there is none. Raises StoreError if the server does not answer."""
    dialect = dialect_of(url)
    if not dialect.is_server:
        return FileLease.held(lock_path(dialect))
    from amt_console.store.cluster.row_lease import RowLease
    from amt_console.store.engines.postgresql import Postgresql

    assert isinstance(dialect, Postgresql)
    return RowLease.held(dialect)


def lease_is_free(store: Store) -> bool:
    """Whether the lease of an open store looks free; cheaper than trying. Raises StoreError."""
    if not store.is_server:
        return True
    from amt_console.store.cluster.row_lease import RowLease

    return RowLease.free_in(store)
