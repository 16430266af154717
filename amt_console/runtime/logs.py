"""The program's log: a file in the state folder, and stderr for a headless process."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from amt_console.text import safe_text

MAX_BYTES = 2 * 1024**2
KEPT_FILES = 5
MAX_LINE_CHARS = 4000
_QUIET = ("alembic", "uvicorn", "httpx", "httpcore", "asyncio")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class SafeFormatter(logging.Formatter):
    """One record per line, except tracebacks, without terminal control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return safe_text(super().format(record), MAX_LINE_CHARS, keep_newlines=record.exc_info is not None)


class PrivateFileHandler(RotatingFileHandler):
    """Creates private files (0600) and ignores its own failures."""

    def _open(self):  # type: ignore[no-untyped-def]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore it: a full disk must not print into the screen."""


def log_path() -> Path:
    """The log file, in the user's state folder."""
    from platformdirs import user_state_path

    return user_state_path("amt-console", appauthor=False) / "logs" / "monitoring.log"


def start_logging(*, to_stderr: bool) -> None:
    """Send the log to the log file, and to stderr in a headless process.

    A log file that cannot be written never stops the monitor: the log then goes to stderr only, or nowhere.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if to_stderr else []
    fault: OSError | None = None
    try:
        handlers.append(_file_handler(log_path()))
    except OSError as error:
        fault = error
    for handler in handlers or [logging.NullHandler()]:
        handler.setFormatter(SafeFormatter(_FORMAT))
        root.addHandler(handler)
    if fault is not None:
        root.warning("there is no log file: %s", fault)


def _file_handler(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = PrivateFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="replace")
    handler.setLevel(logging.INFO)
    return handler
