"""Signatures of outgoing webhooks, as Standard Webhooks defines them."""

from __future__ import annotations

import base64
import hashlib
import hmac

_PREFIX = "whsec_"


def signed_headers(body: bytes, *, message_id: str, timestamp: int, secret: str | None) -> dict[str, str]:
    """The headers ``webhook-id``, ``webhook-timestamp`` and, with a secret, ``webhook-signature``.

    Args:
        body: Exactly as sent.
        message_id: Equal in every retry.
        timestamp: Seconds since 1970 at this attempt.
        secret: ``whsec_`` and base64, or any other text, which is used as its UTF-8 bytes.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if secret is not None:
        signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
        digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode('ascii')}"
    return headers


def signing_key(secret: str) -> bytes:
    """The bytes of a secret."""
    return base64.b64decode(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else secret.encode()
