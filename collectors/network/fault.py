"""The failures of a probe: an error class and one line for a person."""

from __future__ import annotations

import errno
import os
import socket

from amt_console.model import ErrorClass
from amt_console.text import safe_text

MAX_MESSAGE_CHARS = 300

_LOCAL_ERRNOS = frozenset(
    (
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.EAFNOSUPPORT,
        errno.EPROTONOSUPPORT,
        errno.EACCES,
        errno.EPERM,
    )
)
"""Faults of this machine, whatever the target does: no file descriptors, no memory, no free port, a local firewall."""


class ProbeFault(Exception):
    """A probe that ends without a usable answer.

    Attributes:
        error_class: What kind of failure it is.
        message: One line for a person, safe to show.
    """

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        self.error_class = error_class
        self.message = safe_text(message, MAX_MESSAGE_CHARS)
        super().__init__(self.message)


def local_fault(error: OSError) -> ProbeFault | None:
    """The fault if ``error`` is one of this machine and says nothing about the target."""
    if error.errno not in _LOCAL_ERRNOS:
        return None
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return ProbeFault(ErrorClass.LOCAL_ERROR, "could not measure: the monitor is out of file descriptors")
    return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {reason(error)}")


def connect_fault(error: OSError, where: str, *, at_once: bool) -> ProbeFault:
    """The fault of a failed connection attempt.

    Args:
        error: What the kernel said.
        where: The address, e.g. ``127.0.0.1:5000``.
        at_once: Whether the kernel refused before any packet left; "no route" is then this machine's own fault.
    """
    local = local_fault(error)
    if local is not None:
        return local
    if error.errno == errno.ENETUNREACH and at_once:
        return ProbeFault(ErrorClass.NO_ROUTE, f"could not measure: this machine has no route to {where}")
    if error.errno == errno.ECONNREFUSED:
        return ProbeFault(ErrorClass.CONNECT_REFUSED, f"connection refused by {where}")
    if error.errno == errno.ETIMEDOUT:
        return ProbeFault(ErrorClass.CONNECT_TIMEOUT, f"no connection to {where}: the kernel gave up waiting")
    return ProbeFault(ErrorClass.CONNECT_ERROR, f"no connection to {where}: {reason(error)}")


def lookup_fault(error: BaseException, host: str) -> ProbeFault:
    """The fault of a failed name look-up of ``host``."""
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_NONAME:
            return ProbeFault(ErrorClass.DNS_NXDOMAIN, f"name {host} does not exist")
        if error.errno in (getattr(socket, "EAI_NODATA", None), getattr(socket, "EAI_ADDRFAMILY", None)):
            return ProbeFault(ErrorClass.DNS_NXDOMAIN, f"name {host} has no address of the wanted family")
        if error.errno == socket.EAI_AGAIN:
            return ProbeFault(ErrorClass.DNS_ERROR, f"name {host} could not be resolved: no name server answered")
        if error.errno == socket.EAI_MEMORY:
            return ProbeFault(ErrorClass.LOCAL_ERROR, "could not measure: out of memory during the name look-up")
        return ProbeFault(ErrorClass.DNS_ERROR, f"name {host} could not be resolved: {error.strerror or error}")
    if isinstance(error, OSError):
        return local_fault(error) or ProbeFault(
            ErrorClass.DNS_ERROR, f"name {host} could not be resolved: {reason(error)}"
        )
    return ProbeFault(ErrorClass.DNS_ERROR, f"name {host} could not be resolved: {error}")


def reason(error: OSError) -> str:
    """The kernel's words for ``error`` in lower case, e.g. ``no route to host``."""
    text = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
