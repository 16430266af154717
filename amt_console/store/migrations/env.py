"""Runs the migrations on the connection that ``migrate.py`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from amt_console.store.upkeep.catalogue import catalogue

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=catalogue(),
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
