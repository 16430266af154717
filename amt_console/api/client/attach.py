"""Finds the running monitor of a database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amt_console.api.listeners.socket_path import database_name, socket_path
from amt_console.operations.protocol import UnavailableError

if TYPE_CHECKING:
    from amt_console.api.client.operations import RemoteOperations
    from amt_console.api.wire import Hello
    from amt_console.config import Settings


def attach(
    store_url: str,
    settings: Settings,
    *,
    session: str | None = None,
    may_monitor: bool = True,
    env: Mapping[str, str] = os.environ,
) -> tuple[RemoteOperations, Hello] | None:
    """The use cases of the monitor that serves this database, or ``None`` when nobody answers.

    A socket that the configuration names serves whatever database the monitor has, unless this process was told of
    another database than the configuration's. ``session`` and ``may_monitor`` are those of ``RemoteOperations``.

    Raises:
        NotPermittedError: It answers, but not to this person.
        OperationError: It is another version of the program, or none.
    """
    path = socket_path(store_url, settings)
    if path is None or not path.exists():
        return None
    from amt_console.api.client.operations import RemoteOperations

    remote = RemoteOperations(f"unix:{path}", session=session, may_monitor=may_monitor, env=env)
    try:
        hello = remote.check()
    except UnavailableError:
        remote.close()
        return None
    except BaseException:
        remote.close()
        raise
    if hello.database != database_name(store_url) and _told_of_another(store_url, settings, env):
        remote.close()
        return None
    return remote, hello


def _told_of_another(store_url: str, settings: Settings, env: Mapping[str, str]) -> bool:
    from amt_console.config import ConfigError, database_url

    without = {name: value for name, value in env.items() if name != "AMT_DATABASE_URL"}
    try:
        configured = database_url(settings, override=None, env=without)
    except ConfigError:
        return True
    return database_name(store_url) != database_name(configured)
