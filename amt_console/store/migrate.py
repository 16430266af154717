"""Migrations: upgrades an older database, and refuses a newer one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from amt_console.store.engines.dialect import Dialect
from amt_console.store.engines.sqlite_backup import backup
from amt_console.store.errors import NoDatabase, SchemaTooNew, SchemaTooOld

REVISIONS = ("0001_first_layout",)
"""All revisions of this program, oldest first; the last one is what it reads and writes."""
_LAST_BUILD = "0006"
"""The revision of the last build before the first version: the first layout takes it over."""
_EARLIER_BUILDS = frozenset({"0001", "0002", "0003", "0004", "0005"})
_ORIGINAL_TABLES = frozenset({"monitoring_logs", "alerts", "system_metrics"})


def revision(connection: Connection) -> str | None:
    """The revision of the database; ``None`` if this program has never written it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def is_readable(found: str | None) -> bool:
    """Whether this program can read a database of a revision, after an upgrade if need be."""
    return found is None or found == _LAST_BUILD or found in REVISIONS


def is_current(connection: Connection) -> bool:
    """Whether there is nothing to upgrade."""
    return revision(connection) == REVISIONS[-1]


def check(connection: Connection, dialect: Dialect) -> None:
    """Check that this program can read the database.

    Raises:
        SchemaTooNew: A newer version of the program has upgraded it.
        SchemaTooOld: It has to be upgraded first, or it is older than anything that can be.
        NoDatabase: It holds no tables of ours.
    """
    found = revision(connection)
    if found == REVISIONS[-1]:
        return
    _refuse_unreadable(dialect, found)
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
    """Create or upgrade the tables in the transaction of ``connection``. The current revision stays unchanged.

    Args:
        connection: Holds the write lock.
        dialect: Of the database.
        now: For the name of the backup that is made before an existing SQLite database is upgraded.

    Returns:
        The backup, if one was made.

    Raises:
        SchemaTooNew: A newer version of the program has upgraded it; nothing is written.
        SchemaTooOld: It is older than anything that can be upgraded; nothing is written.
        StoreError: The backup failed; nothing is written.
    """
    found = revision(connection)
    if found == REVISIONS[-1]:
        return None
    _refuse_unreadable(dialect, found)
    saved = None
    if dialect.url.get_backend_name() == "sqlite" and inspect(connection).get_table_names():
        path = Path(dialect.place)
        target = path.with_name(f"{path.name}.before-{REVISIONS[-1]}-{now:%Y%m%dT%H%M%S%f}")
        saved = backup(f"sqlite:///{path}", target)
    if found == _LAST_BUILD:
        connection.execute(text("DELETE FROM alembic_version"))
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


def _refuse_unreadable(dialect: Dialect, found: str | None) -> None:
    if found in _EARLIER_BUILDS:
        raise SchemaTooOld(
            f"The database {dialect.place} was written by an early development build of amt-console (layout {found}), "
            "which this version cannot read; nothing was changed. Move it away, or name another with --db."
        )
    if not is_readable(found):
        raise SchemaTooNew(
            f"The database {dialect.place} was written by a newer amt-console (layout {found}, this version knows up "
            f"to {REVISIONS[-1]}). "
            "Nothing was changed. Update amt-console, or name another database with --db."
        )
