"""What this room offers; ``amt_console.store`` hands it on when it is asked for."""

from __future__ import annotations

from amt_console.store.audit import audit_entries
from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.cluster.leases import lease_holder, lease_is_free, take_lease
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
from amt_console.store.reads import MonitorRow, Reads, StateChangeRow
from amt_console.store.rollups.host import HOST_METRICS
from amt_console.store.store import Store
from amt_console.store.tokens import AccessToken, access_token, access_tokens, add_token, revoke_token, token_used
from amt_console.store.writes import Writes, record

__all__ = [
    "HOST_METRICS",
    "AccessToken",
    "CopyDiffers",
    "CopyRefused",
    "DatabaseLost",
    "Keyring",
    "Lease",
    "LeaseHolder",
    "LeaseLost",
    "MonitorRow",
    "MonitorRuns",
    "NoDatabase",
    "Reads",
    "SchemaTooNew",
    "SchemaTooOld",
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
    "add_token",
    "audit_entries",
    "backup",
    "keyring_of",
    "lease_holder",
    "lease_is_free",
    "record",
    "revoke_token",
    "take_lease",
    "token_used",
]
