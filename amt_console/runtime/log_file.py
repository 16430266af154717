"""The handler of the log file; apart, because only what writes a log needs the standard library's rotating files."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler


class PrivateFileHandler(RotatingFileHandler):
    """Creates its files for the owner alone, and never breaks what it logs about."""

    def _open(self):  # type: ignore[no-untyped-def]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not print into a screen."""
