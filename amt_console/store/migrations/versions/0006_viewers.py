"""Who looks at a server's database, for all processes to see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amt_console.store.utc import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "viewers",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("process", "host", "people")),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("process"),
    )
