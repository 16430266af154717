"""One short blocking session with a database: connect, query, disconnect. Failures are in words for people."""

from __future__ import annotations

import errno
import math
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from amt_console.model import Database, ErrorClass, Value
from amt_console.text import safe_text
from collectors.database.addresses import checked_options
from collectors.database.values import ValueReader
from collectors.network.fault import ProbeFault

Detail = float | int | str | None

_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pg8000": "pg8000",
    "pymysql": "pymysql",
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
    "mariadb": "mariadb",
    "oracledb": "oracledb",
    "cx_Oracle": "oracledb",
    "pyodbc": "pyodbc",
    "pymssql": "pymssql",
}
_TIMEOUT_ARGUMENTS = {
    "psycopg": ("connect_timeout",),
    "psycopg2": ("connect_timeout",),
    "pymysql": ("connect_timeout", "read_timeout", "write_timeout"),
    "mysqldb": ("connect_timeout", "read_timeout", "write_timeout"),
    "mysqlconnector": ("connection_timeout",),
    "pg8000": ("timeout",),
    "pyodbc": ("timeout",),
    "pymssql": ("login_timeout", "timeout"),
}
_SHORT_SECRET = 4
"""A shorter password is masked only as a whole word: otherwise the message would become unreadable."""
_SECRET_KEY = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(://[^\s:/@]*:)[^\s@]+(?=@)|((?:password|passwd|pwd)\s*=\s*)('[^']*'|\"[^\"]*\"|[^\s;&]+)", re.I
)
_CONNECT_CLASSES: tuple[tuple[str, ErrorClass], ...] = (
    ("too many open files", ErrorClass.LOCAL_ERROR),
    ("connection refused", ErrorClass.CONNECT_REFUSED),
    ("timeout expired", ErrorClass.CONNECT_TIMEOUT),
    ("timed out", ErrorClass.CONNECT_TIMEOUT),
    ("name or service not known", ErrorClass.DNS_NXDOMAIN),
    ("nodename nor servname", ErrorClass.DNS_NXDOMAIN),
    ("no address associated", ErrorClass.DNS_NXDOMAIN),
    ("failed to resolve host", ErrorClass.DNS_ERROR),
    ("name resolution", ErrorClass.DNS_ERROR),
)


class DatabaseFailure(Exception):
    """A database could not be measured, or does not answer; the text is for a person and holds no password."""

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class


@dataclass(slots=True)
class DatabaseSession:
    """The progress of a session; written by its thread, read by the waiting probe."""

    database: Database
    monotonic: Callable[[], float]
    connect_ms: float | None = None
    """Set once the connection stands."""
    query_ms: float | None = None
    details: dict[str, Detail] = field(default_factory=dict)
    reader: ValueReader = field(default_factory=ValueReader)
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the database tells about itself."""
    _connection: Any = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Connect, query, disconnect. Raises DatabaseFailure."""
        url = _parsed(self.database.url)
        connect = _connector(url, self.database.timeout)
        start = self.monotonic()
        try:
            connection = connect()
        except ProbeFault as fault:
            raise DatabaseFailure(fault.error_class, fault.message) from None
        except Exception as error:  # every driver has exceptions of its own
            raise _connect_failure(url, error) from None
        self.connect_ms = (self.monotonic() - start) * 1000
        self._connection = connection
        try:
            self._query(url, connection)
        except Exception as error:
            error_class = ErrorClass.LOCAL_ERROR if _out_of_descriptors(error) else ErrorClass.QUERY_FAILED
            raise DatabaseFailure(error_class, f"query failed: {message_of(url, error)}") from None
        else:
            self.values = self.reader.read(url.get_backend_name(), connection, self.monotonic())
        finally:
            with self._guard:
                self._connection = None
            _close(connection)

    def abandon(self) -> None:
        """End a session that hangs, where its driver shows its socket: the driver then fails as if the server had gone.

        May be called from another thread.
        """
        with self._guard:
            if self._connection is None:
                return
            try:
                number = os.dup(self._connection.fileno())
            except Exception:  # drivers that show none, and connections that have just ended
                return
        with socket.socket(fileno=number) as ours, suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)

    def _query(self, url: URL, connection: Any) -> None:
        cursor = connection.cursor()
        if url.get_backend_name() == "postgresql":
            cursor.execute(f"SET LOCAL statement_timeout = {math.ceil(self.database.timeout * 1000)}")
        start = self.monotonic()
        cursor.execute(self.database.query)
        if cursor.description is not None:
            cursor.fetchone()
        self.query_ms = (self.monotonic() - start) * 1000
        if url.get_backend_name() == "sqlite":
            cursor.execute("PRAGMA freelist_count")
            self.details["freelist"] = int(cursor.fetchone()[0])


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; ``None`` for other databases, databases in memory, and texts that are no URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return _sqlite_file(parsed) if parsed.get_backend_name() == "sqlite" else None


def message_of(url: URL, error: BaseException) -> str:
    """The driver's message on one line, without the password or any other secret of the URL."""
    text = str(error) or type(error).__name__
    secrets = [str(url.password)] if url.password else []
    for key, value in url.query.items():
        if _SECRET_KEY.search(key):
            secrets.extend([value] if isinstance(value, str) else value)
    spellings = {
        form for secret in secrets for form in (secret, quote(secret, ""), quote_plus(secret), unquote(secret))
    }
    for spelling in sorted(filter(None, spellings), key=len, reverse=True):
        pattern = re.escape(spelling)
        if len(spelling) < _SHORT_SECRET and spelling.isalnum():
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, "***", text)
    return safe_text(" ".join(_CREDENTIALS.sub(lambda match: f"{match[1] or match[2]}***", text).split()))


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        message = "the database URL cannot be read; it looks like postgresql+psycopg://user:password@host/name"
        raise DatabaseFailure(ErrorClass.LOCAL_ERROR, message) from None


def _connector(url: URL, timeout: float) -> Callable[[], Any]:
    """A function that opens a fresh connection of the driver, with all imports done.

    Without a pool and without an engine's start-up queries, so that only the connection is timed.
    """
    if url.get_backend_name() == "sqlite" and url.get_driver_name() == "pysqlite":
        return _sqlite_connector(url, timeout)
    try:
        engine = create_engine(url, poolclass=NullPool)
        arguments, options = engine.dialect.create_connect_args(url)
    except ModuleNotFoundError as error:
        raise DatabaseFailure(ErrorClass.LOCAL_ERROR, _missing_driver(url, error)) from None
    except NoSuchModuleError:
        message = f"there is no database called {safe_text(url.drivername, 60)!r}; for PostgreSQL: postgresql+psycopg"
        raise DatabaseFailure(ErrorClass.LOCAL_ERROR, message) from None
    except Exception as error:  # each dialect checks the URL in its own way
        message = f"the database URL does not fit {safe_text(url.drivername, 60)}: {message_of(url, error)}"
        raise DatabaseFailure(ErrorClass.LOCAL_ERROR, message) from None
    if engine.dialect.is_async:
        message = f"{url.drivername} is a driver for asyncio; use a plain one, e.g. postgresql+psycopg or mysql+pymysql"
        raise DatabaseFailure(ErrorClass.LOCAL_ERROR, message)
    for name in _TIMEOUT_ARGUMENTS.get(url.get_driver_name(), ()):
        options.setdefault(name, max(2, math.ceil(timeout)))

    def connect() -> Any:
        return engine.dialect.connect(*arguments, **checked_options(url.get_driver_name(), options))

    return connect


def _sqlite_connector(url: URL, timeout: float) -> Callable[[], sqlite3.Connection]:
    path = _sqlite_file(url)
    if path is None:
        return partial(sqlite3.connect, ":memory:")
    if not path.exists():
        raise DatabaseFailure(ErrorClass.CONNECT_ERROR, f"there is no file {safe_text(path)}")
    target = f"file:{quote(str(path))}?mode=ro"
    return partial(sqlite3.connect, target, uri=True, timeout=timeout, isolation_level=None)


def _sqlite_file(url: URL) -> Path | None:
    name = url.database or ""
    if name.startswith("file:"):
        name = unquote(name.removeprefix("file:").split("?")[0])
    return None if name in ("", ":memory:") or url.query.get("mode") == "memory" else Path(name)


def _missing_driver(url: URL, error: ModuleNotFoundError) -> str:
    module = (error.name or str(error)).split(".")[0]
    package = _PACKAGES.get(module, module)
    return f"the driver for {url.drivername} is not installed; install it with: pip install '{package}'"


def _connect_failure(url: URL, error: Exception) -> DatabaseFailure:
    message = message_of(url, error)
    if _out_of_descriptors(error):
        return DatabaseFailure(ErrorClass.LOCAL_ERROR, "the monitor has no file descriptors left")
    lowered = message.lower()
    error_class = next((known for phrase, known in _CONNECT_CLASSES if phrase in lowered), ErrorClass.CONNECT_ERROR)
    return DatabaseFailure(error_class, f"cannot connect: {message}")


def _out_of_descriptors(error: BaseException) -> bool:
    """Whether this process has no file descriptors left; drivers hide it behind their own messages."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return True
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as problem:
        return problem.errno in (errno.EMFILE, errno.ENFILE)
    return False


def _close(connection: Any) -> None:
    for action in (getattr(connection, "rollback", None), getattr(connection, "close", None)):
        try:
            if action is not None:
                action()
        except Exception:  # noqa: S110 - the measurement is done; a connection that dies while closing changes nothing
            pass
