"""Several monitors share the probing: who they are, whose slot it is, and results on their way to the evaluator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amt_console.store.utc import UtcDateTime

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables more."""
    op.create_table(
        "monitors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("started_at", "seen_at")),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "probe_slots",
        sa.Column("target", sa.Text(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("next_due", "lease_until")),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target"),
    )
    op.create_table(
        "relayed_results",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("service_name", "status")),
        sa.Column("response_time_ms", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in ("error_message", "metrics")),
        sa.Column("response_us", BIG),
        sa.Column("error_class", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("interval_us", BIG, nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
