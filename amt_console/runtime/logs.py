"""The program's log: a file that rotates, and stderr for a headless process; as text or as JSON."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amt_console.redaction import redacted
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.config.sections.log import LogSettings

MAX_BYTES = 2 * 1024**2
KEPT_FILES = 5
MAX_LINE_CHARS = 4000
_QUIET = ("alembic", "uvicorn", "httpx", "httpcore", "asyncio")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OURS = "_amt_console_log"


class SafeFormatter(logging.Formatter):
    """One record per line, except tracebacks, without terminal control characters and secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return _safe(super().format(record), keep_newlines=record.exc_info is not None)


class JsonFormatter(logging.Formatter):
    """One JSON object per line: ``time`` (UTC), ``level``, ``logger``, ``message``, ``pid``, and ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, str | int | None] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _safe(record.getMessage()),
            "pid": record.process,
        }
        if record.exc_info:
            line["exception"] = _safe(self.formatException(record.exc_info), keep_newlines=True)
        return json.dumps(line)


def _safe(text: str, *, keep_newlines: bool = False) -> str:
    """Secrets go before the line is cut: half of one would not be recognised."""
    return safe_text(redacted(text[: 4 * MAX_LINE_CHARS]), MAX_LINE_CHARS, keep_newlines=keep_newlines)


class PrivateFileHandler(RotatingFileHandler):
    """Creates private files (0600) and ignores its own failures.

    Several processes may log to one file: each goes on in the new file when another has rotated.
    """

    def _open(self) -> Any:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, to the file that has the name now."""
        try:
            if self.stream is not None and not _is_at(self.baseFilename, self.stream.fileno()):
                self.stream.close()
                self.stream = self._open()
        except (OSError, ValueError):
            return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore it: a full disk must not print into the screen."""


def log_path() -> Path:
    """The log file by default, in the user's state folder."""
    from platformdirs import user_state_path

    return user_state_path("amt-console", appauthor=False) / "logs" / "monitoring.log"


def start_logging(*, to_stderr: bool, settings: LogSettings | None = None) -> None:
    """Send the log to the log file, and to stderr in a headless process. Replaces what an earlier call began.

    A log file that cannot be written never stops the monitor: the log then goes to stderr only, or nowhere.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO if settings is None else settings.level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if to_stderr else []
    fault: OSError | None = None
    try:
        handlers.append(_file_handler(settings))
    except OSError as error:
        fault = error
    formatter = JsonFormatter() if settings is not None and settings.format == "json" else SafeFormatter(_FORMAT)
    before = [handler for handler in root.handlers if getattr(handler, _OURS, False)]
    for handler in handlers or [logging.NullHandler()]:
        handler.setFormatter(formatter)
        setattr(handler, _OURS, True)
        root.addHandler(handler)
    for handler in before:
        root.removeHandler(handler)
        handler.close()
    if fault is not None:
        root.warning("there is no log file: %s", fault)


def follow_log_settings(settings: LogSettings) -> None:
    """Log as a configuration says from now on, to the same kinds of places as before.

    Does nothing in a process that does not log.
    """
    ours = [handler for handler in logging.getLogger().handlers if getattr(handler, _OURS, False)]
    if ours:
        to_stderr = any(type(handler) is logging.StreamHandler for handler in ours)
        start_logging(to_stderr=to_stderr, settings=settings)


def _file_handler(settings: LogSettings | None) -> logging.Handler:
    path = log_path() if settings is None or settings.file is None else Path(settings.file)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    most = MAX_BYTES if settings is None else int(settings.max_mib * 1024**2)
    keep = KEPT_FILES if settings is None else settings.keep
    return PrivateFileHandler(path, maxBytes=most, backupCount=keep, encoding="utf-8", errors="replace")


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
