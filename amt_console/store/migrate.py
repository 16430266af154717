"""The schema's history: brings an older database up to date, and keeps away from a newer one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from amt_console.store.engines.dialect import Dialect
from amt_console.store.engines.sqlite_backup import backup
from amt_console.store.errors import NoDatabase, SchemaTooNew, SchemaTooOld

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""All revisions of this program, oldest first; the last one is what it reads and writes."""
_ORIGINAL_TABLES = frozenset({"monitoring_logs", "alerts", "system_metrics"})


def revision(connection: Connection) -> str | None:
    """The revision of the database; ``None`` if this program has never written it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def is_current(connection: Connection) -> bool:
    """Whether there is nothing to upgrade."""
    return revision(connection) == REVISIONS[-1]


def check(connection: Connection, dialect: Dialect) -> None:
    """See that this program can read the database.

    Raises:
        SchemaTooNew: A newer version of the program has upgraded it.
        SchemaTooOld: It has to be upgraded first.
        NoDatabase: It holds no tables of ours.
    """
    found = revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise _too_new(dialect, found)
    if found is None and not _ORIGINAL_TABLES & set(inspect(connection).get_table_names()):
        raise NoDatabase(
            f"The database {dialect.place} is empty. Start the console or 'amt-console monitor' once to set it "
            "up, or name another with --db."
        )
    raise SchemaTooOld(
        f"The database {dialect.place} has an older layout and must be upgraded before it is read: run "
        "'amt-console db upgrade' "
        "(a backup is made by itself)."
    )


def upgrade(connection: Connection, dialect: Dialect, *, now: datetime) -> Path | None:
    """Create or upgrade the tables in the transaction that ``connection`` is in; the present revision is left alone.

    Args:
        connection: Holds the write lock.
        dialect: Of the database.
        now: For the name of the backup that is made before an existing SQLite database is upgraded.

    Returns:
        The backup, if one was made.

    Raises:
        SchemaTooNew: A newer version of the program has upgraded it; nothing is written.
        StoreError: The backup failed; nothing is written.
    """
    found = revision(connection)
    if found == REVISIONS[-1]:
        return None
    if found is not None and found not in REVISIONS:
        raise _too_new(dialect, found)
    saved = None
    if dialect.url.get_backend_name() == "sqlite" and inspect(connection).get_table_names():
        path = Path(dialect.place)
        target = path.with_name(f"{path.name}.before-{REVISIONS[-1]}-{now:%Y%m%dT%H%M%S%f}")
        saved = backup(f"sqlite:///{path}", target)
    _run(connection)
    return saved


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])


def _too_new(dialect: Dialect, found: str) -> SchemaTooNew:
    return SchemaTooNew(
        f"The database {dialect.place} was written by a newer amt-console (layout {found}, this version knows up "
        f"to {REVISIONS[-1]}). "
        "Nothing was changed. Update amt-console, or name another database with --db."
    )
