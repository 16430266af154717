"""The errors of delivery attempts: encrypted, because a receiver's words may repeat what it was sent."""

from __future__ import annotations

from datetime import datetime

from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.outbox.tables import DeliveryAttemptRow
from amt_console.store.schema import table
from amt_console.store.utc import micros


def error_cell(outbox_id: int, at: datetime) -> EncryptedCell:
    """The cell of an error. The row's number is not known when it is encrypted."""
    return EncryptedCell(table(DeliveryAttemptRow).name, "error", f"{outbox_id}|{micros(at)}")


def sealed_error(keys: Keyring, outbox_id: int, at: datetime, error: str | None) -> Sealed | None:
    """As it is stored. Without a key it is stored as it is: it is redacted, and says why nothing was delivered."""
    if error is None:
        return None
    return keys.seal(error_cell(outbox_id, at), error) or Sealed.plain(error)


def opened_error(keys: Keyring, outbox_id: int, at: datetime, sealed: Sealed | None) -> str | None:
    """The error, or why it cannot be read."""
    if sealed is None:
        return None
    try:
        return keys.open(error_cell(outbox_id, at), sealed)
    except Unavailable as reason:
        return f"the error cannot be read: {reason}"
