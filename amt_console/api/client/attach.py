"""Finds the running monitor of a database, without the configuration's models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.api.listeners.socket_path import database_name, socket_path
from amt_console.operations.protocol import UnavailableError

if TYPE_CHECKING:
    from amt_console.api.client.operations import RemoteOperations
    from amt_console.api.wire import Hello


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The place where the monitor of a database listens."""

    database: str
    """The database in words, as the monitor names it."""
    socket: Path | None
    """``None`` without a socket, as for a database server without ``[api] socket``."""
    any_database: bool = True
    """Whether a monitor of another database is accepted: the one at the configured socket, unless another database was
    named.
    """

    @classmethod
    def of(cls, store_url: str, *, configured_url: str | None = None, socket: str | None = None) -> Whereabouts:
        """The place of a database.

        Args:
            store_url: Its URL.
            configured_url: The database of the configuration, if it is known.
            socket: ``[api] socket`` of the configuration.
        """
        meant = configured_url is not None and database_name(store_url) == database_name(configured_url)
        return cls(database_name(store_url), socket_path(store_url, socket), meant)


def attach(
    place: Whereabouts,
    *,
    session: str | None = None,
    may_monitor: bool = True,
    env: Mapping[str, str] = os.environ,
) -> tuple[RemoteOperations, Hello] | None:
    """The use cases of the monitor that listens there, or ``None`` if nobody answers.

    ``session`` and ``may_monitor`` are those of ``RemoteOperations``.

    Raises:
        NotPermittedError: This person has no access.
        OperationError: It is another version of the program, or none.
    """
    if place.socket is None or not place.socket.exists():
        return None
    from amt_console.api.client.operations import RemoteOperations

    remote = RemoteOperations(f"unix:{place.socket}", session=session, may_monitor=may_monitor, env=env)
    try:
        hello = remote.check()
    except UnavailableError:
        remote.close()
        return None
    except BaseException:
        remote.close()
        raise
    if hello.database != place.database and not place.any_database:
        remote.close()
        return None
    return remote, hello
