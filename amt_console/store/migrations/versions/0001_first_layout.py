"""The first layout.

The tables of the original system, where it has left some, are kept with their rows and get the further columns.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from amt_console.store.engines.opening import dialect_of
from amt_console.store.utc import UtcDateTime

revision = "0001"
down_revision = None

_MEANING = {
    # The original probes everything once a minute and keeps whole milliseconds.
    "monitoring_logs": ("UPDATE monitoring_logs SET interval_us = 60000000, response_us = response_time_ms * 1000",),
    "alerts": ("UPDATE alerts SET state = 'resolved' WHERE resolved",),
}
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything."""
    _monitoring_logs()
    _system_metrics()
    _alerts()
    _audit()
    _business_figures()
    _gaps()
    _host_rollups()
    _lease()
    _monitor()
    _service_rollups()
    _service_state()
    _state_changes()
    _store_meta()
    _alert_events()
    dialect = dialect_of(op.get_bind().engine.url.render_as_string(hide_password=False))
    for statement in (
        *dialect.append_only("audit", deletable=False),
        *dialect.append_only("alert_events", deletable=True),
    ):
        op.execute(sa.text(statement))
    op.execute(sa.text("INSERT INTO store_meta (key, number) VALUES ('commits', 0)"))


def _required(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _optional(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name in names]


def _create_or_extend(name: str, *parts: Any, **options: Any) -> None:
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table(name):
        op.create_table(name, *parts, **options)
        return
    present = {column["name"] for column in inspector.get_columns(name)}
    for part in parts:
        if isinstance(part, sa.Column) and part.name not in present:
            op.add_column(name, part)
    for statement in _MEANING.get(name, ()):
        op.execute(sa.text(statement))


def _monitoring_logs() -> None:
    _create_or_extend(
        "monitoring_logs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        *_required(sa.Text(), "service_name", "status"),
        sa.Column("response_time_ms", sa.Integer()),
        *_optional(sa.Text(), "error_message", "metrics"),
        sa.Column("response_us", BIG),
        sa.Column("error_class", sa.Text()),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("interval_us", BIG, server_default="0", nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_monitoring_logs_service", "monitoring_logs", ["service_name", "timestamp"])
    op.create_index("ix_monitoring_logs_timestamp", "monitoring_logs", ["timestamp"])


def _system_metrics() -> None:
    _create_or_extend(
        "system_metrics",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        *_optional(sa.Float(), "cpu_usage", "memory_usage", "disk_usage"),
        sa.Column("network_io", sa.Text()),
        sa.Column("active_connections", sa.Integer()),
        sa.Column("details", sa.Text()),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_system_metrics_timestamp", "system_metrics", ["timestamp"])


def _alerts() -> None:
    _create_or_extend(
        "alerts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), server_default=sa.func.current_timestamp(), nullable=False),
        *_required(sa.Text(), "alert_type", "severity", "message"),
        sa.Column("resolved", sa.Boolean(), server_default=sa.false()),
        sa.Column("resolved_at", UtcDateTime()),
        sa.Column("rule_id", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="firing", nullable=False),
        sa.Column("version", BIG, server_default="0", nullable=False),
        *_optional(sa.Text(), "bad_since", "ok_since"),
        sa.Column("bad_count", BIG, server_default="0", nullable=False),
        sa.Column("critical_count", BIG, server_default="0", nullable=False),
        sa.Column("warning_count", BIG, server_default="0", nullable=False),
        sa.Column("ok_count", BIG, server_default="0", nullable=False),
        sa.Column("fired_at", UtcDateTime()),
        sa.Column("resolution", sa.Text()),
        *_optional(sa.Float(), "value", "threshold"),
        sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False),
        *_optional(sa.Text(), "stale_since", "acknowledged_by"),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.Column("note", sa.Text()),
        sa.Column("escalation_level", BIG, server_default="0", nullable=False),
        sa.Column("previous_episode_id", BIG),
        sa.Column("runbook", sa.Text()),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_resolved_at", "alerts", ["resolved_at"])
    op.create_index("ix_alerts_timestamp", "alerts", ["timestamp"])
    op.create_index(
        "ux_alerts_open",
        "alerts",
        ["rule_id", "subject"],
        unique=True,
        sqlite_where=sa.text("resolved = 0 AND rule_id <> ''"),
        postgresql_where=sa.text("NOT resolved AND rule_id <> ''"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "actor", "action", "subject", "detail"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_timestamp", "audit", ["timestamp"])


def _business_figures() -> None:
    op.create_table(
        "business_figures",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "kind", "figures"),
        sa.Column("hourly", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_business_figures_hourly", "business_figures", ["kind", "hourly", "timestamp"])
    op.create_index("ix_business_figures_kind", "business_figures", ["kind", "timestamp"])


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", BIG, nullable=False),
        *_required(UtcDateTime(), "started_at", "ended_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_gaps_ended_at", "gaps", ["ended_at"])


def _host_rollups() -> None:
    op.create_table(
        "host_rollups",
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("start", BIG, nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        *_required(BIG, "total", "least", "most"),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "start", "metric"),
        sqlite_with_rowid=False,
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", BIG, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        *_required(UtcDateTime(), "started_at", "expires_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _monitor() -> None:
    op.create_table(
        "monitor",
        *_required(sa.Text(), "name", "host"),
        sa.Column("pid", sa.Integer(), nullable=False),
        *_required(UtcDateTime(), "started_at", "last_cycle_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _service_rollups() -> None:
    op.create_table(
        "service_rollups",
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("start", BIG, nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        *_required(sa.Integer(), "samples", "errors"),
        *_required(BIG, "up_us", "degraded_us", "down_us", "maintenance_us"),
        sa.Column("timed", sa.Integer(), nullable=False),
        *_required(BIG, "sum_us", "min_us", "max_us"),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "start", "service_name"),
        sqlite_with_rowid=False,
    )


def _service_state() -> None:
    op.create_table(
        "service_state",
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("response_us", BIG),
        *_optional(sa.Text(), "error_class", "error_message"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("interval_us", BIG, nullable=False),
        sa.Column("metrics", sa.Text()),
        sa.Column("open_buckets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("service_name"),
    )


def _state_changes() -> None:
    op.create_table(
        "state_changes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "service_name", "state"),
        *_optional(sa.Text(), "previous", "error_message"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_state_changes_service", "state_changes", ["service_name", "timestamp"])
    op.create_index("ix_state_changes_timestamp", "state_changes", ["timestamp"])


def _store_meta() -> None:
    op.create_table(
        "store_meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", BIG, server_default="0", nullable=False),
        sa.Column("content", sa.Text()),
        sa.PrimaryKeyConstraint("key"),
    )


def _alert_events() -> None:
    op.create_table(
        "alert_events",
        *_required(BIG, "id", "alert_id"),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "kind", "state", "severity", "message"),
        *_optional(sa.Text(), "actor", "note"),
        sa.Column("value", sa.Float()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "seq", name="ux_alert_events_seq"),
    )
    op.create_index("ix_alert_events_timestamp", "alert_events", ["timestamp"])
