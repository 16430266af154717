"""Locations: where each monitor probes from, and slots for each location of its own.

Slots are worth nothing beyond a few seconds, so their table is made anew with its other key.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amt_console.store.utc import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Two columns of the monitors, one of the slots."""
    op.add_column("monitors", sa.Column("location", sa.Text(), nullable=False, server_default="default"))
    op.add_column("monitors", sa.Column("evaluates", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_table("probe_slots")
    op.create_table(
        "probe_slots",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("location", "target")),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("next_due", "lease_until")),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("location", "target"),
    )
