"""On PostgreSQL the probes are kept by day, so that an expired day goes as a whole. Nothing changes in SQLite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amt_console.store.engines.partitions import day_number, make_room

revision = "0003"
down_revision = "0002"

_TABLE, _BEFORE = "monitoring_logs", "monitoring_logs_before"


def upgrade() -> None:
    """The same table by day, with its rows."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for statement in (
        "DROP INDEX ix_monitoring_logs_service",
        "DROP INDEX ix_monitoring_logs_timestamp",
        f"ALTER TABLE {_TABLE} DROP CONSTRAINT {_TABLE}_pkey",
        f"ALTER TABLE {_TABLE} RENAME TO {_BEFORE}",
        f"CREATE TABLE {_TABLE} (LIKE {_BEFORE} INCLUDING DEFAULTS) PARTITION BY RANGE (timestamp)",
        f"ALTER SEQUENCE {_TABLE}_id_seq OWNED BY {_TABLE}.id",
        f"ALTER TABLE {_TABLE} ADD PRIMARY KEY (id, timestamp)",
        f"CREATE INDEX ix_monitoring_logs_service ON {_TABLE} (service_name, timestamp)",
        # Rows come in the order of time, so a summary of each block finds them nearly as well, and costs nothing.
        f"CREATE INDEX ix_monitoring_logs_timestamp ON {_TABLE} USING brin (timestamp)",
    ):
        op.execute(sa.text(statement))
    days = connection.execute(sa.text(f"SELECT DISTINCT date_trunc('day', timestamp, 'UTC') FROM {_BEFORE}")).scalars()  # noqa: S608
    today = connection.execute(sa.text("SELECT now()")).scalar_one()
    make_room(connection, _TABLE, {day_number(today), *map(day_number, days)})
    op.execute(sa.text(f"INSERT INTO {_TABLE} SELECT * FROM {_BEFORE}"))  # noqa: S608
    op.execute(sa.text(f"DROP TABLE {_BEFORE}"))
