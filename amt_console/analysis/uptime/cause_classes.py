"""Cause classes: why a service was down, in the few words that a report counts by."""

from __future__ import annotations

import re
from types import MappingProxyType

from amt_console.model import ErrorClass

UNKNOWN = "unknown"
_CLASSES = MappingProxyType(
    {
        ErrorClass.DNS_TIMEOUT: "dns",
        ErrorClass.DNS_NXDOMAIN: "dns",
        ErrorClass.DNS_ERROR: "dns",
        ErrorClass.CONNECT_REFUSED: "connect_refused",
        ErrorClass.CONNECT_TIMEOUT: "timeout",
        ErrorClass.CONNECT_ERROR: "connect_error",
        ErrorClass.NO_ROUTE: "connect_error",
        ErrorClass.TLS_EXPIRED: "tls",
        ErrorClass.TLS_HOSTNAME: "tls",
        ErrorClass.TLS_UNTRUSTED: "tls",
        ErrorClass.TLS_OTHER: "tls",
        ErrorClass.TIMEOUT: "timeout",
        ErrorClass.PROTOCOL: "protocol",
        ErrorClass.HEADER_ASSERT: "assertion",
        ErrorClass.BODY_ASSERT: "assertion",
        ErrorClass.TOO_LARGE: "assertion",
        ErrorClass.REDIRECT_LOOP: "protocol",
        ErrorClass.BLOCKED_ADDRESS: "blocked_address",
        ErrorClass.QUERY_FAILED: "database",
        ErrorClass.LOCAL_ERROR: "local",
    }
)
_STATUS = re.compile(r"\b(?:HTTP|got|status)\D{0,8}([1-5])\d\d\b", re.IGNORECASE)
_IN_TEXT = (
    (re.compile(r"\brefused\b", re.IGNORECASE), "connect_refused"),
    (re.compile(r"\b(dns|name or service|resolve[ds]?|nxdomain)\b", re.IGNORECASE), "dns"),
    (re.compile(r"\b(certificate|tls|ssl)\b", re.IGNORECASE), "tls"),
    (re.compile(r"\b(timed? ?out|deadline)\b", re.IGNORECASE), "timeout"),
)
"""For rows of other programs, which have a message but no class."""


def cause_class(error_class: ErrorClass | None, error: str | None) -> str:
    """The class of a failure: ``dns``, ``connect_refused``, ``timeout``, ``tls``, ``http_5xx``, ``assertion`` ...

    Args:
        error_class: The collector's class, if it is stored.
        error: The message; tells the HTTP status, and without a class the rest.
    """
    known = _CLASSES.get(error_class) if error_class is not None else None
    if known is not None:
        return known
    text = error or ""
    if found := _STATUS.search(text):
        return f"http_{found.group(1)}xx"
    if error_class is ErrorClass.HTTP_STATUS:
        return "http_other"
    return next((name for pattern, name in _IN_TEXT if pattern.search(text)), UNKNOWN)
