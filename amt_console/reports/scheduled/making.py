"""Make a scheduled report in a process of its own, and put its folder in place: whole, once, never over another."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from amt_console.operations.protocol import OperationError
from amt_console.reports.files import plan, sweep, sync_folder
from amt_console.reports.jobs.job import ReportSource
from amt_console.reports.jobs.processes import Ended, JobProcesses, why_it_failed
from amt_console.reports.scheduled.job import SUMMARY_FILE, MadeReport, ScheduledJob
from amt_console.reports.scheduled.orders import ReportOrder
from amt_console.reports.scheduled.schedule import Period
from amt_console.text import safe_text

MOST_SECONDS = 600.0
"""A process that takes longer is killed."""
FOLDER_MODE = 0o750
_SCRATCH = ".amt-report-"
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
        self._processes = JobProcesses(command)
        self._most_seconds = most_seconds

    def make(self, order: ReportOrder, period: Period, source: ReportSource, made_at: datetime) -> MadeReport:
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
                sync_folder(scratch)
                os.rename(scratch, place)
                sync_folder(place.parent)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and place.is_dir():
                    return _found(place)
                raise ReportPlaceError(f"cannot write to {place}: {error.strerror or error}") from error
        return replace(_found(place), fresh=True)

    def close(self) -> None:
        """End what is being made. Idempotent."""
        self._processes.close()

    def _run(self, job: ScheduledJob) -> None:
        try:
            ended = self._processes.run(job, self._most_seconds)
        except subprocess.TimeoutExpired:
            raise ReportError(f"it was not made within {self._most_seconds:g} seconds") from None
        except OSError as error:
            raise ReportError(f"its process could not be started: {error.strerror or error}") from error
        if ended.code != 0:
            raise _failure(ended)


def _failure(ended: Ended) -> ReportError:
    try:
        answer = json.loads(ended.out)
    except ValueError:
        answer = {}
    if isinstance(answer, dict) and isinstance(reason := answer.get("error"), str):
        return (ReportPlaceError if answer.get("io") else ReportError)(safe_text(reason))
    return ReportError(why_it_failed("its process", ended.code, ended.err))


@contextlib.contextmanager
def _scratch(folder: Path, now: datetime) -> Iterator[Path]:
    """An empty folder on the file system of ``folder``; removed afterwards unless it was put in place."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        sweep(folder, _SCRATCH, now)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
    except OSError as error:
        raise ReportPlaceError(f"cannot write to {folder}: {error.strerror or error}") from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _found(place: Path) -> MadeReport:
    try:
        files = tuple(sorted(each for each in place.iterdir() if each.name != SUMMARY_FILE))
        text = (place / SUMMARY_FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ReportPlaceError(f"cannot read {place}: {error.strerror or error}") from error
    return MadeReport(place, files, safe_text(text, 20_000, keep_newlines=True), fresh=False)
