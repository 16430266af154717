"""The layout.

It is made in an empty database; in one of the original system, whose tables are kept with their rows and get further
columns; and in one of the last build before the first version (``0006``), which lacks some columns and tables.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from amt_console.model import AuditEntry
from amt_console.store import audit
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.engines.opening import dialect_of
from amt_console.store.engines.partitions import day_number, make_room
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import json_object

revision = "0001_first_layout"
down_revision = None

_LOGS, _LOGS_BEFORE = "monitoring_logs", "monitoring_logs_before"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything that is not there."""
    _monitoring_logs()
    _system_metrics()
    _alerts()
    _alert_events()
    _alert_answers()
    _alert_evidence()
    _alert_decisions()
    _outbox()
    _policies()
    _business_figures()
    _gaps()
    _host_rollups()
    _service_rollups()
    _value_rollups()
    _service_state()
    _state_changes()
    _store_meta()
    _audit()
    _tokens()
    _sessions()
    _monitor()
    _lease()
    _cluster()
    _scheduled_reports()
    _inbound()
    _idempotency_keys()


def _there(name: str) -> bool:
    return sa.inspect(op.get_bind()).has_table(name)


def _columns(name: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)}


def _create(name: str, *parts: Any, **options: Any) -> None:
    """Create a table, or give an older one the columns that it lacks."""
    if not _there(name):
        op.create_table(name, *parts, **options)
        return
    present = _columns(name)
    for part in parts:
        if isinstance(part, sa.Column) and part.name not in present:
            op.add_column(name, part)


def _index(name: str, of: str, *columns: str, **options: Any) -> None:
    op.create_index(name, of, list(columns), if_not_exists=True, **options)


def _append_only(name: str, *, deletable: bool) -> None:
    dialect = dialect_of(op.get_bind().engine.url.render_as_string(hide_password=False))
    for statement in dialect.append_only(name, deletable=deletable):
        op.execute(sa.text(statement))


def _required(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _optional(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name in names]


def _monitoring_logs() -> None:
    original = _there(_LOGS) and "interval_us" not in _columns(_LOGS)
    _create(
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
    if original:
        # The original probes everything once a minute and keeps whole milliseconds.
        op.execute(sa.text("UPDATE monitoring_logs SET interval_us = 60000000, response_us = response_time_ms * 1000"))
    _keep_by_day()
    _index("ix_monitoring_logs_service", "monitoring_logs", "service_name", "timestamp")
    # Rows come in the order of time, so a summary of each block finds them nearly as well, and costs nothing.
    _index("ix_monitoring_logs_timestamp", "monitoring_logs", "timestamp", postgresql_using="brin")


def _keep_by_day() -> None:
    """On PostgreSQL an expired day goes as a whole. A table cannot become one by day: its rows move to a new one."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    kind = connection.execute(sa.text("SELECT relkind FROM pg_class WHERE oid = to_regclass('monitoring_logs')"))
    if kind.scalar_one() in ("p", b"p"):
        return
    for statement in (
        f"ALTER TABLE {_LOGS} DROP CONSTRAINT {_LOGS}_pkey",
        f"ALTER TABLE {_LOGS} RENAME TO {_LOGS_BEFORE}",
        f"CREATE TABLE {_LOGS} (LIKE {_LOGS_BEFORE} INCLUDING DEFAULTS) PARTITION BY RANGE (timestamp)",
        f"ALTER SEQUENCE {_LOGS}_id_seq OWNED BY {_LOGS}.id",
        f"ALTER TABLE {_LOGS} ADD PRIMARY KEY (id, timestamp)",
    ):
        op.execute(sa.text(statement))
    days = connection.execute(sa.text(f"SELECT DISTINCT date_trunc('day', timestamp, 'UTC') FROM {_LOGS_BEFORE}"))  # noqa: S608
    today = connection.execute(sa.text("SELECT now()")).scalar_one()
    make_room(connection, _LOGS, {day_number(today), *map(day_number, days.scalars())})
    op.execute(sa.text(f"INSERT INTO {_LOGS} SELECT * FROM {_LOGS_BEFORE}"))  # noqa: S608
    op.execute(sa.text(f"DROP TABLE {_LOGS_BEFORE}"))


def _system_metrics() -> None:
    _create(
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
    _index("ix_system_metrics_timestamp", "system_metrics", "timestamp")


def _alerts() -> None:
    original = _there("alerts") and "state" not in _columns("alerts")
    _create(
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
        sa.Column("began", sa.Text()),
        sa.Column("fired_at", UtcDateTime()),
        sa.Column("duration_seconds", sa.Float()),
        sa.Column("resolution", sa.Text()),
        *_optional(sa.Float(), "value", "threshold"),
        sa.Column("error_class", sa.Text()),
        sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False),
        *_optional(sa.Text(), "stale_since", "acknowledged_by"),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.Column("acknowledged_until", UtcDateTime()),
        sa.Column("snoozed_by", sa.Text()),
        sa.Column("snoozed_until", UtcDateTime()),
        *_optional(sa.Text(), "rating", "note"),
        sa.Column("escalation_level", BIG, server_default="0", nullable=False),
        sa.Column("paging", sa.Text()),
        sa.Column("previous_episode_id", BIG),
        sa.Column("runbook", sa.Text()),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    if original:
        op.execute(sa.text("UPDATE alerts SET state = 'resolved' WHERE resolved"))
    _index("ix_alerts_resolved_at", "alerts", "resolved_at")
    _index("ix_alerts_timestamp", "alerts", "timestamp")
    _index(
        "ux_alerts_open",
        "alerts",
        "rule_id",
        "subject",
        unique=True,
        sqlite_where=sa.text("resolved = 0 AND rule_id <> ''"),
        postgresql_where=sa.text("NOT resolved AND rule_id <> ''"),
    )


def _alert_events() -> None:
    there = _there("alert_events")
    _create(
        "alert_events",
        *_required(BIG, "id", "alert_id"),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "kind", "state", "severity", "message"),
        *_optional(sa.Text(), "actor", "note"),
        sa.Column("value", sa.Float()),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "seq", name="ux_alert_events_seq"),
    )
    _index("ix_alert_events_timestamp", "alert_events", "timestamp")
    if not there:
        _append_only("alert_events", deletable=True)


def _alert_answers() -> None:
    _create(
        "alert_answers",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id"),
    )


def _alert_evidence() -> None:
    _create(
        "alert_evidence",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id"),
    )


def _alert_decisions() -> None:
    _create(
        "alert_decisions",
        *_required(BIG, "id", "alert_id"),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "stage", "outcome", "reason"),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_alert_decisions_alert", "alert_decisions", "alert_id", "id")


def _outbox() -> None:
    _create(
        "outbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("alert_id", BIG),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "channel", "receiver", "kind"),
        *_optional(sa.Text(), "severity", "alert_type", "subject"),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        *_required(sa.Text(), "reason", "payload"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        *_required(UtcDateTime(), "due_at", "next_at"),
        *_optional(UtcDateTime(), "lease_until", "expires_at", "delivered_at"),
        sa.Column("holder", sa.Text()),
        sa.Column("batch", BIG),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedup_key", name="ux_outbox_dedup_key"),
        sqlite_autoincrement=True,
    )
    _index("ix_outbox_alert", "outbox", "alert_id")
    _index("ix_outbox_created_at", "outbox", "created_at")
    _index(
        "ix_outbox_waiting",
        "outbox",
        "channel",
        "next_at",
        sqlite_where=sa.text("state IN ('queued', 'leased')"),
        postgresql_where=sa.text("state IN ('queued', 'leased')"),
    )
    _create(
        "delivery_attempts",
        *_required(BIG, "id", "outbox_id"),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_delivery_attempts_outbox", "delivery_attempts", "outbox_id")


def _policies() -> None:
    """What people add to the configuration's silences, maintenance and rotas while the monitor runs."""
    _create(
        "silences",
        sa.Column("id", BIG, nullable=False),
        *_required(UtcDateTime(), "created_at", "starts_at", "ends_at"),
        *_required(sa.Text(), "created_by", "reason", "matchers"),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    _index("ix_silences_ends_at", "silences", "ends_at")
    _create(
        "maintenance_windows",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *_required(UtcDateTime(), "created_at", "starts_at", "ends_at"),
        *_required(sa.Text(), "created_by", "matchers"),
        *_optional(sa.Text(), "note", "ended_by"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    _index("ix_maintenance_windows_ends_at", "maintenance_windows", "ends_at")
    _create(
        "rota_overrides",
        sa.Column("id", BIG, nullable=False),
        *_required(sa.Text(), "rota", "person"),
        *_required(UtcDateTime(), "created_at", "starts_at", "ends_at"),
        sa.Column("created_by", sa.Text(), nullable=False),
        *_optional(UtcDateTime(), "undone_at"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    _index("ix_rota_overrides_ends_at", "rota_overrides", "ends_at")


def _business_figures() -> None:
    _create(
        "business_figures",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "kind", "figures"),
        sa.Column("hourly", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_business_figures_hourly", "business_figures", "kind", "hourly", "timestamp")
    _index("ix_business_figures_kind", "business_figures", "kind", "timestamp")


def _gaps() -> None:
    _create(
        "gaps",
        sa.Column("id", BIG, nullable=False),
        *_required(UtcDateTime(), "started_at", "ended_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_gaps_ended_at", "gaps", "ended_at")


def _host_rollups() -> None:
    _create(
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


def _value_rollups() -> None:
    _create(
        "value_rollups",
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("start", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("samples", sa.Integer(), nullable=False),
        *_required(sa.Float(), "total", "least", "most"),
        sa.PrimaryKeyConstraint("service_name", "resolution", "start", "name"),
        sqlite_with_rowid=False,
    )
    _index("ix_value_rollups_start", "value_rollups", "resolution", "start")


def _service_rollups() -> None:
    _create(
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
    _create(
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
    _create(
        "state_changes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "service_name", "state"),
        *_optional(sa.Text(), "previous", "error_class", "error_message"),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_state_changes_service", "state_changes", "service_name", "timestamp")
    _index("ix_state_changes_timestamp", "state_changes", "timestamp")


def _store_meta() -> None:
    _create(
        "store_meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", BIG, server_default="0", nullable=False),
        sa.Column("content", sa.Text()),
        sa.PrimaryKeyConstraint("key"),
    )
    if not op.get_bind().execute(sa.text("SELECT 1 FROM store_meta WHERE key = 'commits'")).first():
        op.execute(sa.text("INSERT INTO store_meta (key, number) VALUES ('commits', 0)"))


def _audit() -> None:
    before = []
    if _there("audit"):
        # Rows from before the chain: they are linked in their order, in a table of its own form.
        columns = ("id", "timestamp", "actor", "action", "subject", "detail")
        old = sa.table("audit", *(sa.column(name, UtcDateTime() if name == "timestamp" else None) for name in columns))
        before = [dict(row) for row in op.get_bind().execute(sa.select(old).order_by(old.c.id)).mappings()]
        op.drop_table("audit")
    _create(
        "audit",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "actor", "action", "subject", "detail", "previous", "hash"),
        sa.Column("seal", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_audit_timestamp", "audit", "timestamp")
    upsert = dialect_of(op.get_bind().engine.url.render_as_string(hide_password=False)).upsert(table(MetaRow))
    for row in before:
        entry = AuditEntry(row["actor"], row["action"], row["subject"], row["timestamp"], json_object(row["detail"]))
        audit.append(op.get_bind(), upsert, entry, Keyring())
    _append_only("audit", deletable=False)


def _tokens() -> None:
    _create(
        "tokens",
        *_required(sa.Text(), "id", "name", "role", "digest", "created_by"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        *_optional(UtcDateTime(), "expires_at", "last_used_at", "revoked_at"),
        sa.Column("last_used_from", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )


def _sessions() -> None:
    _create(
        "sessions",
        *_required(sa.Text(), "digest", "token_id"),
        *_required(UtcDateTime(), "created_at", "expires_at"),
        sa.PrimaryKeyConstraint("digest"),
    )


def _monitor() -> None:
    _create(
        "monitor",
        *_required(sa.Text(), "name", "host"),
        sa.Column("pid", sa.Integer(), nullable=False),
        *_required(UtcDateTime(), "started_at", "last_cycle_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _lease() -> None:
    _create(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", BIG, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        *_required(UtcDateTime(), "started_at", "expires_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _cluster() -> None:
    if _there("viewers"):
        # Who looks is told anew every few seconds.
        op.drop_table("viewers")
    _create(
        "presence",
        *_required(sa.Text(), "process", "host", "people"),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("process"),
    )
    _create(
        "monitors",
        *_required(sa.Text(), "name", "host"),
        sa.Column("pid", sa.Integer(), nullable=False),
        *_required(UtcDateTime(), "started_at", "seen_at"),
        sa.Column("location", sa.Text(), server_default="default", nullable=False),
        sa.Column("evaluates", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    _create(
        "probe_slots",
        *_required(sa.Text(), "location", "target"),
        *_required(UtcDateTime(), "next_due", "lease_until"),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("location", "target"),
    )
    _create(
        "relayed_results",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "service_name", "status"),
        sa.Column("response_time_ms", sa.Integer()),
        *_optional(sa.Text(), "error_message", "metrics"),
        sa.Column("response_us", BIG),
        sa.Column("error_class", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("interval_us", BIG, nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )


def _scheduled_reports() -> None:
    _create(
        "scheduled_reports",
        *_required(sa.Text(), "name", "schedule"),
        sa.Column("done_until", UtcDateTime(), nullable=False),
        *_optional(UtcDateTime(), "period_start", "period_end", "made_at"),
        sa.Column("place", sa.Text()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text()),
        *_optional(UtcDateTime(), "failed_at", "next_try_at"),
        sa.PrimaryKeyConstraint("name"),
    )


def _inbound() -> None:
    _create(
        "arrivals",
        sa.Column("id", BIG, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "kind", "content"),
        sa.Column("output", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    _create(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        *_optional(UtcDateTime(), "last_ping_at", "started_at"),
        sa.Column("failed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_exit_code", sa.Integer()),
        sa.Column("last_duration_ms", sa.Float()),
        sa.Column("last_output", sa.Text()),
        sa.PrimaryKeyConstraint("name"),
    )
    _create(
        "heartbeat_pings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        *_required(sa.Text(), "heartbeat", "kind"),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("duration_ms", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_heartbeat_pings_name", "heartbeat_pings", "heartbeat", "timestamp")
    _index("ix_heartbeat_pings_timestamp", "heartbeat_pings", "timestamp")
    _create(
        "external_alerts",
        *_required(sa.Text(), "key", "subject"),
        sa.Column("firing", sa.Boolean(), server_default=sa.false(), nullable=False),
        *_required(UtcDateTime(), "started_at", "seen_at"),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    _index("ix_external_alerts_seen_at", "external_alerts", "seen_at")
    _create(
        "webhook_ids",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_webhook_ids_received_at", "webhook_ids", "received_at")


def _idempotency_keys() -> None:
    _create(
        "idempotency_keys",
        *_required(sa.Text(), "id", "caller", "digest"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_idempotency_keys_caller", "idempotency_keys", "caller", "created_at")
    _index("ix_idempotency_keys_created_at", "idempotency_keys", "created_at")
