"""The process that makes one scheduled report: ``python -m amt_console.reports.scheduled.child``.

Reads a pickled ``ScheduledJob`` from standard input, gathers the data from the database itself, writes the files into
the job's folder, and writes one line of JSON to standard output: ``{"files"}`` or ``{"error", "io"}``. The probes of
the monitor go first, and the memory is freed with the process.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from amt_console.analysis import Window, window_of
from amt_console.config.sections.program import RollupRetention
from amt_console.reports.build import build_from, layout
from amt_console.reports.files import write_file
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.kept import kept_window
from amt_console.reports.gathering.source import gather_from
from amt_console.reports.scheduled.job import SUMMARY_FILE, ScheduledJob
from amt_console.reports.scheduled.schedule import Period
from amt_console.reports.scheduled.summary import summary
from amt_console.reports.svg import ChartError
from amt_console.reports.times import UnknownZoneError
from amt_console.reports.view import build_view
from amt_console.store import StoreError

FAILED = 1
NICE = 10


def main() -> int:
    """Make one report; the exit code is 0 when all files are written."""
    os.nice(NICE)
    job: ScheduledJob = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one, over its pipe
    try:
        window = window_of_period(job.period, job.source.settings.retention.rollups, job.made_at)
        names = _make(job, gather_from(job.source, window, zone=job.zone, made_at=job.made_at))
    except (ChartError, UnknownZoneError, StoreError) as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"could not write {error.filename or job.folder}: {error.strerror or error}", io=True)
    except MemoryError:
        return _failed("not enough memory to draw it")
    _answer({"files": names})
    return 0


def window_of_period(period: Period, kept: RollupRetention, made_at: datetime) -> Window:
    """The period in as many steps as any report of that length has, whatever minute it begins at.

    The window begins exactly with the period as long as buckets that fine are kept; its report says its window.
    """
    start = period.start.replace(second=0, microsecond=0)
    return kept_window(Window(start, period.end, window_of(period.end, period.hours).step), kept, made_at)


def _make(job: ScheduledJob, data: ReportData) -> list[str]:
    names, folder = [], Path(job.folder)
    view = build_view(data)
    for name, content in build_from(view, job.plan, progress=lambda what, done, total: None):
        write_file(folder / name, content)
        names.append(name)
    page = layout(view, "executive")
    text = summary(replace(page, title=f"{job.name} {job.period_words}"))
    write_file(folder / SUMMARY_FILE, text.encode("utf-8"))
    return names


def _failed(reason: str, *, io: bool = False) -> int:
    _answer({"error": reason, "io": io})
    return FAILED


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
