"""The engine for a URL. Its driver is imported on demand."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from amt_console.store.engines.dialect import Dialect
from amt_console.store.errors import StoreUnavailable
from amt_console.text import ESCAPE_CREDENTIALS, well_formed


def dialect_of(url: str, *, read_only: bool = False, patient: bool = False) -> Dialect:
    """The dialect that a store URL names. Raises StoreUnavailable for any other URL.

    Args:
        url: The URL.
        read_only: Never write and never create anything.
        patient: Wait for a server without a deadline.
    """
    try:
        parsed = make_url(url) if well_formed(url) else None
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        # Neither the URL nor the parser's error is quoted: both may hold a part of the password.
        raise StoreUnavailable(
            "The database URL cannot be read. Write sqlite:////path/to/monitoring.db or "
            f"postgresql+psycopg://user@host/name; {ESCAPE_CREDENTIALS}."
        )
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        from amt_console.store.engines.sqlite import Sqlite

        return Sqlite(parsed, read_only=read_only)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        from amt_console.store.engines.postgresql import Postgresql

        return Postgresql(parsed.set(drivername="postgresql+psycopg"), read_only=read_only, patient=patient)
    raise StoreUnavailable(
        f"The database URL names {parsed.drivername!r}; the console keeps its data in sqlite:///... or "
        "postgresql+psycopg://..."
    )
