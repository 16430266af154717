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
    """Where the monitor of a database listens."""

    database: str
    """In words, as the monitor says it."""
    socket: Path | None
    """``None`` where there is none, as for a database on a server without ``[api] socket``."""
    any_database: bool = True
    """Whether a monitor of another database is meant, too: it listens at the socket of the configuration, and nobody
    named another database than the configuration does.
    """

    @classmethod
    def of(cls, store_url: str, *, configured_url: str | None = None, socket: str | None = None) -> Whereabouts:
        """Those of a database.

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
    """The use cases of the monitor that listens there, or ``None`` when nobody answers.

    ``session`` and ``may_monitor`` are those of ``RemoteOperations``.

    Raises:
        NotPermittedError: It answers, but not to this person.
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
