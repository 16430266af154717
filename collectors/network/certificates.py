"""Expiry of the presented certificates."""

from __future__ import annotations

import hashlib
import ssl
from collections import OrderedDict
from datetime import datetime
from typing import Any

_MAX_KNOWN = 512
_MAX_CHAIN = 20
"""Certificates of one chain to read; a longer chain would waste the prober's time."""


class CertificateDates:
    """Reads the expiry of certificate chains; cached, because services present the same chain each time."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, datetime | None] = OrderedDict()

    def chain_end(self, ssl_object: ssl.SSLObject) -> datetime | None:
        """Earliest ``notAfter`` in the chain that the server presented, aware UTC; ``None`` if nothing can be read."""
        ends = [end for der in presented_chain(ssl_object)[:_MAX_CHAIN] if (end := self._end(der)) is not None]
        return min(ends, default=None)

    def _end(self, der: bytes) -> datetime | None:
        fingerprint = hashlib.sha256(der).digest()
        if fingerprint not in self._known:
            self._known[fingerprint] = _parse_end(der)
            if len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return self._known[fingerprint]


def presented_chain(ssl_object: ssl.SSLObject) -> list[bytes]:
    """The certificates that the server sent, DER, leaf first.

    Python has a public call for it from 3.13 on; before that an inner one, and failing that the leaf alone.
    """
    for holder in (ssl_object, getattr(ssl_object, "_sslobj", None)):
        read_chain = getattr(holder, "get_unverified_chain", None)
        if read_chain is None:
            continue
        try:
            chain = [_der(certificate) for certificate in read_chain() or ()]
        except (ValueError, TypeError, AttributeError, ssl.SSLError):
            continue
        if chain:
            return chain
    leaf = ssl_object.getpeercert(binary_form=True)
    return [] if leaf is None else [leaf]


def _der(certificate: Any) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    encoded: bytes = certificate.public_bytes(2)  # ssl's own constant for DER, ENCODING_DER, is private
    return encoded


def _parse_end(der: bytes) -> datetime | None:
    from cryptography import x509  # takes 50 ms to import, and many installations never see TLS

    try:
        return x509.load_der_x509_certificate(der).not_valid_after_utc
    except ValueError:
        return None
