"""Certificate and key of a TLS listener, read again when their files change."""

from __future__ import annotations

import logging
import os
import ssl

logger = logging.getLogger("amt_console.api")
LOOK_SECONDS = 10.0
"""Seconds between two checks of the files."""

Stamp = tuple[tuple[int, int, int], ...]


class ServerCertificate:
    """The certificate of a listener. Raises OSError (``ssl.SSLError`` is one) if it cannot be used.

    Args:
        certificate: PEM file of the certificate chain.
        key: PEM file of its key, without a passphrase.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self._used = self._stamp()
        self._refused: Stamp | None = None
        self.context = _context(*self._files)
        """TLS 1.2 and later. Open connections keep their certificate."""

    def refresh(self) -> None:
        """Use changed files for new connections, if certificate and key match."""
        stamp = self._stamp()
        if stamp == self._used:
            return
        try:
            _context(*self._files)  # Mismatching files must never touch the context in use.
            self.context.load_cert_chain(*self._files, password=lambda: "")
        except OSError as error:
            if stamp != self._refused:
                logger.warning("the new TLS certificate cannot be used, the previous one stays in use: %s", error)
            self._refused = stamp
        else:
            logger.info("the TLS certificate was read again")
            self._used = stamp

    def _stamp(self) -> Stamp:
        found = []
        for name in self._files:
            try:
                status = os.stat(name)
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)


def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # A key with a passphrase is refused: nobody can type it.
    context.load_cert_chain(certificate, key, password=lambda: "")
    return context
