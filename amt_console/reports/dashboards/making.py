"""Start the process that makes a dashboard, and take its result."""

from __future__ import annotations

import json
import subprocess
import sys

from amt_console.operations.protocol import OperationError, UnavailableError
from amt_console.reports.dashboards.job import Dashboard, DashboardJob
from amt_console.reports.jobs.processes import Ended, JobProcesses, why_it_failed
from amt_console.text import safe_text

MOST_SECONDS = 120.0
"""A process that takes longer is killed."""
_COMMAND = (sys.executable, "-P", "-m", "amt_console.reports.dashboards.child")
_ENV = {"PYTHONHASHSEED": "0"}
"""The digest of the data must not depend on the order of a set."""


class DashboardError(OperationError):
    """The dashboard could not be made."""


class Maker:
    """Makes dashboards, one at a time in each thread that calls it."""

    def __init__(self) -> None:
        self._processes = JobProcesses(_COMMAND, _ENV)

    def make(self, job: DashboardJob) -> Dashboard | None:
        """Make a dashboard; blocks. ``None`` if its data is that of the known one.

        Raises DashboardError, UnavailableError.
        """
        try:
            return _result(self._processes.run(job, MOST_SECONDS))
        except subprocess.TimeoutExpired:
            raise DashboardError(f"the dashboard was not made within {MOST_SECONDS:g} seconds") from None
        except OSError as error:
            raise DashboardError(f"the renderer could not be started: {error.strerror or error}") from error

    def close(self) -> None:
        """End what is being made. Idempotent."""
        self._processes.close()


def _result(ended: Ended) -> Dashboard | None:
    line, _, body = ended.out.partition(b"\n")
    try:
        head = json.loads(line)
    except ValueError:
        head = {}
    if ended.code == 0 and head.get("unchanged"):
        return None
    if ended.code == 0 and "digest" in head:
        return Dashboard(body, head["policy"], head["digest"])
    if (reason := head.get("error")) is not None:
        kind = UnavailableError if head.get("unavailable") else DashboardError
        raise kind(f"the dashboard could not be made: {safe_text(reason)}")
    raise DashboardError(why_it_failed("the renderer", ended.code, ended.err))
