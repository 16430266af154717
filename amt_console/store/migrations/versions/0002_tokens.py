"""Access tokens of the API."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amt_console.store.utc import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table more."""
    op.create_table(
        "tokens",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "name", "role", "digest", "created_by")),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        *(sa.Column(name, UtcDateTime()) for name in ("expires_at", "last_used_at", "revoked_at")),
        sa.PrimaryKeyConstraint("id"),
    )
