"""All tables of the database. Every file that declares some is named here."""

from __future__ import annotations

from sqlalchemy import MetaData, Table, text

from amt_console.store import answers, audit, evidence, idempotency, report_progress, sessions, tables, tokens
from amt_console.store.cluster import tables as of_a_cluster
from amt_console.store.inbound import tables as of_what_comes_in
from amt_console.store.outbox import tables as of_messages
from amt_console.store.policies import tables as of_policies
from amt_console.store.rollups import tables as of_rollups
from amt_console.store.schema import StoreTable, table
from amt_console.store.tables import AlertRow, MonitoringLog

_DECLARED_IN = (
    answers,
    audit,
    evidence,
    idempotency,
    of_a_cluster,
    of_messages,
    of_policies,
    of_rollups,
    of_what_comes_in,
    report_progress,
    sessions,
    tables,
    tokens,
)


_OF_POSTGRESQL = {
    "ix_monitoring_logs_timestamp": ("postgresql_using", "brin"),
    "ix_outbox_waiting": ("postgresql_where", text(of_messages.WAITING)),
    "ux_alerts_open": ("postgresql_where", text("NOT resolved AND rule_id <> ''")),
}
"""Options of indexes."""


def catalogue() -> MetaData:
    """That of all tables."""
    for row in (MonitoringLog, AlertRow, of_messages.OutboxRow):
        for index in table(row).indexes:
            if index.name in _OF_POSTGRESQL:
                option, value = _OF_POSTGRESQL[index.name]
                index.dialect_kwargs[option] = value
    return StoreTable.metadata


def all_tables() -> list[Table]:
    """Ordered so that a table follows those that it refers to."""
    return catalogue().sorted_tables
