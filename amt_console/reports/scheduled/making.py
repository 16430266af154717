"""Make a scheduled report in a process of its own, and put its folder in place: whole, once, never over another."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from amt_console.operations.protocol import OperationError, UnavailableError
from amt_console.reports.dashboards.job import DashboardSource
from amt_console.reports.files import plan
from amt_console.reports.scheduled.job import SUMMARY_FILE, MadeReport, ScheduledJob
from amt_console.reports.scheduled.orders import ReportOrder
from amt_console.reports.scheduled.schedule import Period
from amt_console.text import safe_text

MOST_SECONDS = 600.0
"""A process that takes longer is killed."""
FOLDER_MODE = 0o750
_SCRATCH = ".amt-report-"
_SCRATCH_LIFE = timedelta(hours=1)
_COMMAND = (sys.executable, "-P", "-m", "amt_console.reports.scheduled.child")


class ReportError(OperationError):
    """The report could not be made; no part of it was left behind."""

    place_is_the_reason = False
    """Whether the folder is the reason, and not the report."""


class ReportPlaceError(ReportError):
    """The folder could not be written to."""

    place_is_the_reason = True


class ReportMaker:
    """Makes one report at a time. Thread-safe.

    Args:
        command: In place of the program's own process.
        most_seconds: How long it may take.
    """

    def __init__(self, command: Sequence[str] = _COMMAND, most_seconds: float = MOST_SECONDS) -> None:
        self._command = tuple(command)
        self._most_seconds = most_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def make(self, order: ReportOrder, period: Period, source: DashboardSource, made_at: datetime) -> MadeReport:
        """Make the report of a period, unless its folder is there already; blocks.

        Raises:
            ReportError: It could not be made; ``ReportPlaceError`` if the folder is the reason.
            PlanError: There is no such report in this format.
            UnavailableError: This process is ending.
        """
        wanted = plan(order.parts, (order.form,))
        place = order.place(period)
        if place.is_dir():
            return _found(place)
        with _scratch(order.folder, made_at) as scratch:
            job = ScheduledJob(
                source=source,
                name=order.name,
                period=period,
                period_words=order.period_words(period),
                plan=wanted,
                zone=order.schedule.zone.key,
                made_at=made_at,
                folder=str(scratch),
            )
            self._run(job)
            try:
                os.chmod(scratch, FOLDER_MODE)
                _sync(scratch)
                os.rename(scratch, place)
                _sync(place.parent)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and place.is_dir():
                    return _found(place)
                raise ReportPlaceError(f"cannot write to {place}: {error.strerror or error}") from error
        return replace(_found(place), fresh=True)

    def close(self) -> None:
        """End what is being made. Idempotent."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                self._child.kill()

    def _run(self, job: ScheduledJob) -> None:
        child = self._start()
        try:
            out, err = child.communicate(pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL), self._most_seconds)
        except subprocess.TimeoutExpired:
            raise ReportError(f"it was not made within {self._most_seconds:g} seconds") from None
        finally:
            with self._lock:
                self._child = None
            if child.poll() is None:
                child.kill()
            for pipe in (child.stdin, child.stdout, child.stderr):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            child.wait()
        if child.returncode != 0:
            raise self._failure(out, err, child.returncode)

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        with self._lock:
            if self._closed:
                raise UnavailableError("this process is ending")
            try:
                self._child = subprocess.Popen(  # noqa: S603 - this program itself
                    self._command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
                )
            except OSError as error:
                raise ReportError(f"its process could not be started: {error.strerror or error}") from error
            return self._child

    def _failure(self, out: bytes, err: bytes, code: int) -> OperationError:
        if self._closed:
            return UnavailableError("this process is ending")
        try:
            answer = json.loads(out)
        except ValueError:
            answer = {}
        if isinstance(answer, dict) and isinstance(reason := answer.get("error"), str):
            return (ReportPlaceError if answer.get("io") else ReportError)(safe_text(reason))
        if code == -signal.SIGKILL:
            return ReportError("its process was ended by the system (out of memory)")
        lines = err.decode("utf-8", "replace").strip().splitlines()
        tail = f": {safe_text(lines[-1], 300)}" if lines else ""
        return ReportError(f"its process failed (exit code {code}){tail}")


@contextlib.contextmanager
def _scratch(folder: Path, now: datetime) -> Iterator[Path]:
    """An empty folder on the file system of ``folder``; removed afterwards unless it was put in place."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        _sweep(folder, now)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
    except OSError as error:
        raise ReportPlaceError(f"cannot write to {folder}: {error.strerror or error}") from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(folder: Path, now: datetime) -> None:
    """Remove what killed processes have left."""
    for old in folder.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError):
            if old.lstat().st_mtime < (now - _SCRATCH_LIFE).timestamp():
                shutil.rmtree(old, ignore_errors=True)


def _found(place: Path) -> MadeReport:
    try:
        files = tuple(sorted(each for each in place.iterdir() if each.name != SUMMARY_FILE))
        text = (place / SUMMARY_FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ReportPlaceError(f"cannot read {place}: {error.strerror or error}") from error
    return MadeReport(place, files, safe_text(text, 20_000, keep_newlines=True), fresh=False)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
