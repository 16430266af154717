"""The database.

Tables, reads, writes and errors. SQLModel and SQLAlchemy stay in here. A file is loaded on the first access to one of
its names: an attached console loads none, and a command that reads loads nothing that writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.store.names import *  # noqa: F403
else:
    __getattr__ = loader(
        __name__,
        {
            "audit": "audit_entries",
            "cluster.lease": "Lease LeaseHolder",
            "cluster.leases": "lease_holder lease_is_free take_lease",
            "delivery.claims": (
                "ClaimedMessage DeliveryMark MessageClaim claim_messages mark_messages notices_of "
                "queue_digest read_messages release_messages waiting_channels waiting_messages"
            ),
            "delivery.log": (
                "ChannelResult SentMessage deliveries delivery_counts newest_result sent_since waiting_count"
            ),
            "delivery.standing": "standing_messages",
            "encryption.key_source": "keyring_of",
            "encryption.keyring": "Keyring",
            "engines.sqlite_backup": "backup",
            "errors": (
                "CopyDiffers CopyRefused DatabaseLost LeaseLost MonitorRuns NoDatabase SchemaTooNew "
                "SchemaTooOld StoreBusy StoreCorrupt StoreError StoreFull StoreUnavailable "
                "VersionConflict"
            ),
            "idempotency": "KeptAnswerOf claim_key keep_answer release_key",
            "outbox.decisions": "alert_decisions shadow_counts",
            "reads": "MonitorRow Reads StateChangeRow",
            "reads.from_rows": "ReadsFromRows",
            "report_progress": "ReportRun report_runs save_report_run",
            "rollups.finished": "FEW_SERVICES",
            "rollups.host": "HOST_METRICS",
            "sessions": "LoginSession add_session end_session end_sessions_of login_session",
            "signing_key": "link_key",
            "store": "Store",
            "tokens": "AccessToken access_token access_tokens add_token revoke_token token_used",
            "writes": "Writes record",
        },
    )
