"""The renderer's own process: ``python -m amt_console.reports.render``.

Reads one pickled ``RenderJob`` from standard input, writes the files into the job's folder, and reports on standard
output, one JSON object a line: ``{"what", "done", "total"}`` while it works, then ``{"files"}`` or ``{"error", "io"}``.
While it waits for its job it loads the templates and NumPy with ``--early``, and the library of the pictures with
``--pictures``. The memory of data and pictures is freed with the process.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from amt_console.reports.build import build
from amt_console.reports.files import write_file
from amt_console.reports.html import load_templates
from amt_console.reports.jobs.job import EARLY, PICTURES, RenderJob
from amt_console.reports.svg import ChartError, warm_up
from amt_console.reports.times import UnknownZoneError

FAILED = 1


def main() -> int:
    """Render one job; the exit code is 0 when all files are written."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A process of a few seconds that makes very many objects and no cycles.
    gc.disable()
    if PICTURES in sys.argv[1:]:
        threading.Thread(target=warm_up, daemon=True).start()
    if EARLY in sys.argv[1:]:
        load_templates()
        import_module("amt_console.model.many_histograms")
    job: RenderJob = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one, over its pipe
    try:
        names = _render(job)
    except (ChartError, UnknownZoneError) as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"could not write {error.filename or job.folder}: {error.strerror or error}", io=True)
    except MemoryError:
        return _failed("not enough memory to draw the reports")
    _say({"files": names})
    return 0


def _render(job: RenderJob) -> list[str]:
    names = []
    folder = Path(job.folder)
    for name, content in (job.maker or build)(job.data, job.plan, progress=_progress):
        write_file(folder / name, content)
        names.append(name)
    return names


def _progress(what: str, done: int, total: int) -> None:
    _say({"what": what, "done": done, "total": total})


def _failed(reason: str, *, io: bool = False) -> int:
    _say({"error": reason, "io": io})
    return FAILED


def _say(message: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(FAILED)


if __name__ == "__main__":
    code = main()
    # The last collections of the process would search all data for nothing.
    gc.freeze()
    sys.exit(code)
