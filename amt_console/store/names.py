"""What this room offers; ``amt_console.store`` hands it on when it is asked for."""

from __future__ import annotations

from amt_console.store.audit import audit_entries
from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.cluster.leases import lease_holder, lease_is_free, take_lease
from amt_console.store.delivery.claims import (
    ClaimedMessage,
    DeliveryMark,
    MessageClaim,
    claim_messages,
    mark_messages,
    notices_of,
    queue_digest,
    read_messages,
    release_messages,
    waiting_channels,
    waiting_messages,
)
from amt_console.store.delivery.log import (
    ChannelResult,
    SentMessage,
    deliveries,
    delivery_counts,
    newest_result,
    sent_since,
    waiting_count,
)
from amt_console.store.delivery.standing import standing_messages
from amt_console.store.encryption.key_source import keyring_of
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.engines.sqlite_backup import backup
from amt_console.store.errors import (
    CopyDiffers,
    CopyRefused,
    DatabaseLost,
    LeaseLost,
    MonitorRuns,
    NoDatabase,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreUnavailable,
    VersionConflict,
)
from amt_console.store.idempotency import KeptAnswerOf, claim_key, keep_answer, release_key
from amt_console.store.outbox.decisions import alert_decisions, shadow_counts
from amt_console.store.reads import MonitorRow, Reads, StateChangeRow
from amt_console.store.reads.from_rows import ReadsFromRows
from amt_console.store.report_progress import ReportRun, report_runs, save_report_run
from amt_console.store.rollups.finished import FEW_SERVICES
from amt_console.store.rollups.host import HOST_METRICS
from amt_console.store.sessions import LoginSession, add_session, end_session, end_sessions_of, login_session
from amt_console.store.signing_key import link_key
from amt_console.store.store import Store
from amt_console.store.tokens import AccessToken, access_token, access_tokens, add_token, revoke_token, token_used
from amt_console.store.writes import Writes, record

__all__ = [
    "FEW_SERVICES",
    "HOST_METRICS",
    "AccessToken",
    "ChannelResult",
    "ClaimedMessage",
    "CopyDiffers",
    "CopyRefused",
    "DatabaseLost",
    "DeliveryMark",
    "KeptAnswerOf",
    "Keyring",
    "Lease",
    "LeaseHolder",
    "LeaseLost",
    "LoginSession",
    "MessageClaim",
    "MonitorRow",
    "MonitorRuns",
    "NoDatabase",
    "Reads",
    "ReadsFromRows",
    "ReportRun",
    "SchemaTooNew",
    "SchemaTooOld",
    "SentMessage",
    "StateChangeRow",
    "Store",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "VersionConflict",
    "Writes",
    "access_token",
    "access_tokens",
    "add_session",
    "add_token",
    "alert_decisions",
    "audit_entries",
    "backup",
    "claim_key",
    "claim_messages",
    "deliveries",
    "delivery_counts",
    "end_session",
    "end_sessions_of",
    "keep_answer",
    "keyring_of",
    "lease_holder",
    "lease_is_free",
    "link_key",
    "login_session",
    "mark_messages",
    "newest_result",
    "notices_of",
    "queue_digest",
    "read_messages",
    "record",
    "release_key",
    "release_messages",
    "report_runs",
    "revoke_token",
    "save_report_run",
    "sent_since",
    "shadow_counts",
    "standing_messages",
    "take_lease",
    "token_used",
    "waiting_channels",
    "waiting_count",
    "waiting_messages",
]
