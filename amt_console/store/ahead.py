"""Services with results that are ahead of the clock, because it was set back after they had been stored.

Such a result keeps its place in time, but it is not what a service is now: its state is that of the newest result that
is not ahead, until time has caught up.
"""

from __future__ import annotations

from sqlalchemy import Connection, Executable, delete, select

from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import SECOND

TOLERANCE = 1 * SECOND
"""A result may be that much ahead without anybody having set a clock, in microseconds."""
_META = table(MetaRow)
_PREFIX = "ahead "


def marks(connection: Connection) -> dict[str, int]:
    """Up to when services have results, in microseconds since 1970, of those that have some that are ahead."""
    found = connection.execute(select(_META.c.key, _META.c.number).where(_META.c.key.startswith(_PREFIX)))
    return {str(key).removeprefix(_PREFIX): int(number) for key, number in found}


def mark(connection: Connection, upsert_meta: Executable, service: str, at: int) -> None:
    """Note that a service has results up to ``at``."""
    connection.execute(upsert_meta, [{"key": _PREFIX + service, "number": at, "content": None}])


def unmark(connection: Connection, service: str) -> None:
    """Time has caught up."""
    connection.execute(delete(_META).where(_META.c.key == _PREFIX + service))
