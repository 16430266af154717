"""Verifies the signatures of messages that come in, as Standard Webhooks defines them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from amt_console.api.auth.errors import SignatureRefusedError

TOLERANCE_SECONDS = 300.0
"""How much older or newer than now a message may be."""
MOST_SIGNATURES = 20
"""Signatures that are looked at: senders have some while they change their secret."""
MAX_ID_CHARS = 256
_PREFIX = "whsec_"


def verified_id(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The number of a signed message, equal in each of its repetitions.

    Args:
        headers: Of the request, with small letters.
        body: As it came in.
        secrets: Any of them may have signed it.
        now: The moment.

    Raises:
        SignatureRefusedError: No signature is right, or the message is too old or too new.
    """
    message_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(message_id) <= MAX_ID_CHARS or not message_id.isprintable() or not message_id.isascii():
        raise SignatureRefusedError
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise SignatureRefusedError
    signed = b".".join((message_id.encode(), moment.encode(), body))
    given = _signatures(headers.get("webhook-signature", ""))
    right = False
    for secret in secrets:
        digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        for each in given:
            # Every pair is compared, so that the time does not tell which secret is in use.
            right |= hmac.compare_digest(digest, each)
    if not right or abs(now.timestamp() - int(moment)) > TOLERANCE_SECONDS:
        raise SignatureRefusedError
    return message_id


def _signatures(header: str) -> list[bytes]:
    found = []
    for each in header.split(" ")[:MOST_SIGNATURES]:
        version, _, text = each.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else secret.encode()
