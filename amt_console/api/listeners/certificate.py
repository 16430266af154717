"""Certificate and key of a TLS listener, read again when their files change."""

from __future__ import annotations

import logging
import os
import ssl

logger = logging.getLogger("amt_console.api")
LOOK_SECONDS = 10.0
"""How often the files are looked at."""

Stamp = tuple[tuple[int, int, int], ...]


class ServerCertificate:
    """What a listener shows to those who connect. Raises OSError (``ssl.SSLError`` is one) if it cannot be used.

    Args:
        certificate: PEM file of the certificate chain.
        key: PEM file of its key, without a passphrase.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self._files = (certificate, key)
        self._used = self._stamp()
        self._refused: Stamp | None = None
        self.context = _context(*self._files)
        """TLS 1.2 and later. Connections that stand keep what they began with."""

    def refresh(self) -> None:
        """Show the files as they are now to those who connect from now on, once they have changed and fit together."""
        stamp = self._stamp()
        if stamp == self._used:
            return
        try:
            _context(*self._files)  # What does not fit together must never touch the context in use.
            self.context.load_cert_chain(*self._files, password=lambda: "")
        except OSError as error:
            if stamp != self._refused:
                logger.warning("the new TLS certificate cannot be used, the one before stays: %s", error)
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
    # A key with a passphrase is refused: nobody is there to type it.
    context.load_cert_chain(certificate, key, password=lambda: "")
    return context
