"""Write reports: gather the data here, render in a child process, and put finished files in place."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from amt_console.analysis import window_of
from amt_console.clock import Clock
from amt_console.model import Target
from amt_console.operations.cancellation import Cancellation
from amt_console.operations.protocol import Progress
from amt_console.reports.files import (
    WITH_INPUTS,
    WITH_PICTURES,
    ExportError,
    ExportUsageError,
    ExportWriteError,
    plan,
    put_in_place,
    sweep,
)
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.gather import gather
from amt_console.reports.gathering.kept import kept_window
from amt_console.reports.jobs.job import EARLY, PICTURES, RenderJob
from amt_console.reports.jobs.processes import end as end_process
from amt_console.reports.jobs.processes import why_it_failed
from amt_console.reports.times import MAX_HOURS, shown_zone
from amt_console.store import Store
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.config import Settings

RENDER_SECONDS = 300.0
"""A renderer that takes longer is killed."""
_SCRATCH_PREFIX = ".amt-export-"


def export_reports(
    store: Store,
    targets: Sequence[Target],
    settings: Settings,
    clock: Clock,
    out: Path,
    *,
    parts: Sequence[str] = ("all",),
    hours: float = 24,
    end: datetime | None = None,
    formats: Sequence[str] = (),
    zone: str | None = None,
    compare: bool = True,
    service: str | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> tuple[Path, ...]:
    """Write reports on the last ``hours`` up to ``end`` into ``out`` and return the files.

    All files are rendered before the first is put in place: a failure or an interruption leaves the folder unchanged.

    Args:
        store: The history.
        targets: What is watched.
        settings: Limits and time zone.
        clock: The time.
        out: Folder; created if missing.
        parts: Names of reports, or ``all``.
        hours: Length of the window.
        end: Its end; by default now, and never later.
        formats: Formats instead of each report's usual ones.
        zone: IANA name of the zone for times; by default that of the settings, else the host's.
        compare: Whether the reports compare the window with the previous one of equal length.
        service: Only this service and its alerts.
        progress: Called with the step, the amount done, and the total.
        cancellation: Ends the export.

    Raises:
        CancelledError: It was cancelled.
        PlanError: Unknown report, or not available in these formats.
        UnknownZoneError: Unknown time zone.
        ExportError: Failed; ``ExportWriteError`` if the folder is the reason.
        StoreError: The database could not be read.
    """
    wanted = plan(parts, formats)
    pictures = any(form in WITH_PICTURES for _, form, _ in wanted)
    with _renderer(EARLY, *([PICTURES] if pictures else [])) as renderer:
        # The renderer loads its libraries while the data is gathered.
        counted = any(form in WITH_INPUTS for _, form, _ in wanted)
        data = report_data(
            store, targets, settings, clock, hours=hours, end=end, zone=zone, compare=compare, counted=counted
        )
        if service is not None:
            data = data.of_service(service)
        return _write_files(renderer, RenderJob(data, wanted, ""), out, clock, progress, cancellation)


def write_files(
    job: RenderJob,
    out: Path,
    clock: Clock,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> tuple[Path, ...]:
    """Render a job, whatever its folder says, and put all of its files into ``out``, or none. Raises ExportError."""
    with _renderer() as renderer:
        return _write_files(renderer, job, out, clock, progress, cancellation)


def _write_files(
    renderer: _Renderer,
    job: RenderJob,
    out: Path,
    clock: Clock,
    progress: Progress | None,
    cancellation: Cancellation | None,
) -> tuple[Path, ...]:
    with _scratch_folder(out, clock) as folder:
        names = renderer.run(replace(job, folder=str(folder)), progress, cancellation)
        try:
            return put_in_place(folder, names, out)
        except OSError as error:
            raise ExportWriteError(f"cannot put the reports into {out}: {error.strerror or error}") from error


def report_data(
    store: Store,
    targets: Sequence[Target],
    settings: Settings,
    clock: Clock,
    *,
    hours: float,
    end: datetime | None = None,
    zone: str | None = None,
    compare: bool = True,
    counted: bool = True,
) -> ReportData:
    """Gather the data of the reports on the last ``hours`` up to ``end``; ``counted`` as in ``gather``.

    Raises ExportError, UnknownZoneError, StoreError.
    """
    if not 0 < hours <= MAX_HOURS:
        raise ExportUsageError(f"the window must be more than 0 and at most {MAX_HOURS} hours long, not {hours:g}")
    name = shown_zone(zone, settings).key
    # Files have times to the millisecond, and a window must be read from them exactly.
    now = to_millisecond(clock.now())
    asked = window_of(now if end is None else min(now, to_millisecond(end)), hours)
    window = kept_window(asked, settings.retention.rollups, now)
    with store.read() as reads:
        data = gather(reads, targets=targets, settings=settings, window=window, zone=name, made_at=now, counted=counted)
    return data if compare else replace(data, compare=False)


def to_millisecond(moment: datetime) -> datetime:
    """A moment as files have it, rounded down."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextlib.contextmanager
def _scratch_folder(out: Path, clock: Clock) -> Iterator[Path]:
    """A temporary folder inside ``out`` (the same file system), always removed afterwards."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        sweep(out, _SCRATCH_PREFIX, clock.now())
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir=out))
    except (FileExistsError, NotADirectoryError) as error:
        file = next((path for path in (out, *out.parents) if path.is_file()), out)
        raise ExportWriteError(f"{file} is a file, not a folder") from error
    except OSError as error:
        raise ExportWriteError(f"cannot write into {out}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def render(job: RenderJob, progress: Progress | None, cancellation: Cancellation | None = None) -> list[str]:
    """Run a renderer and pass on its progress; kill it when it is cancelled or this process is interrupted."""
    with _renderer() as renderer:
        return renderer.run(job, progress, cancellation)


@contextlib.contextmanager
def _renderer(*options: str) -> Iterator[_Renderer]:
    """A renderer that loads its libraries until it has its job; ``options`` tell it which others it will need."""
    command = [sys.executable, "-P", "-m", "amt_console.reports.render", *options]
    with tempfile.TemporaryFile() as talk:
        try:
            child = subprocess.Popen(  # noqa: S603 - this program itself
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=talk, start_new_session=True
            )
        except OSError as error:
            raise ExportError(f"the report renderer could not be started: {error.strerror or error}") from error
        try:
            yield _Renderer(child, talk)
        finally:
            end_process(child)


@dataclass(frozen=True, slots=True)
class _Renderer:
    """A process that renders one job."""

    child: subprocess.Popen[bytes]
    talk: IO[bytes]

    def run(self, job: RenderJob, progress: Progress | None, cancellation: Cancellation | None) -> list[str]:
        """Render, and return the names of the files."""
        cancellation = cancellation or Cancellation()
        cancellation.check()
        child = self.child
        alarm = threading.Timer(RENDER_SECONDS, child.kill)
        alarm.daemon = True
        alarm.start()
        try:
            with cancellation.stopping(child.kill):
                answer = _conversation(child, job, progress)
                code = child.wait()
        except BaseException:
            # Now, before its folder is removed: it would go on writing into it.
            end_process(child)
            raise
        finally:
            alarm.cancel()
        if code == 0 and isinstance(answer.get("files"), list):
            return [str(name) for name in answer["files"]]
        raise _failure(answer, code, self.talk)


def _conversation(child: subprocess.Popen[bytes], job: RenderJob, progress: Progress | None) -> dict[str, Any]:
    """Send the job, report progress, and return the renderer's last message."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        pickle.dump(job, child.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        child.stdin.close()
    answer: dict[str, Any] = {}
    for line in child.stdout:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if not isinstance(message, dict):
            continue
        if "what" in message:
            if progress is not None:
                progress(str(message["what"]), int(message["done"]), int(message["total"]))
        else:
            answer = message
    return answer


def _failure(answer: dict[str, Any], code: int, talk: IO[bytes]) -> ExportError:
    reason = answer.get("error")
    if isinstance(reason, str):
        kind = ExportWriteError if answer.get("io") else ExportError
        return kind(f"the reports could not be made: {safe_text(reason)}")
    talk.seek(0, os.SEEK_END)
    talk.seek(max(0, talk.tell() - 2000))
    killed = "out of memory, or it took too long"
    return ExportError(why_it_failed("the report renderer", code, talk.read(), killed=killed))
