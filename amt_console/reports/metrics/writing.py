"""Points as CSV (RFC 4180) or JSON Lines, into a file that appears whole or not at all, or to standard output."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from amt_console.clock import moment
from amt_console.reports.csv_tables import safe_cell
from amt_console.reports.files import FILE_MODE
from amt_console.reports.metrics.points import Point

COLUMNS = Point._fields
HEADER = ("timestamp", *COLUMNS[1:])
FORMATS = ("csv", "jsonl")
_AT_ONCE = 2000


def write_points(found: Iterable[Point], form: str, zone: ZoneInfo, put: Callable[[bytes], object]) -> int:
    """Write the points in batches and return their number. Raises OSError.

    Args:
        found: Them.
        form: One of ``FORMATS``.
        zone: Of the times.
        put: Takes the bytes.
    """
    encoded = _csv if form == "csv" else _json_lines
    if form == "csv":
        put((",".join(HEADER) + "\r\n").encode())
    written = 0
    remaining = iter(found)
    while batch := list(islice(remaining, _AT_ONCE)):
        put(encoded(batch, zone))
        written += len(batch)
    return written


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file beside ``path`` that takes its place when the block ends well, and else is removed. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _csv(batch: list[Point], zone: ZoneInfo) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(
        (_time(at, zone), kind, safe_cell(name), safe_cell(metric), _number(value), safe_cell(unit))
        for at, kind, name, metric, value, unit in batch
    )
    return file.getvalue().encode("utf-8", "replace")


def _json_lines(batch: list[Point], zone: ZoneInfo) -> bytes:
    return b"".join(
        json.dumps(
            dict(zip(HEADER, (_time(each.at_us, zone), *each[1:]), strict=True)), ensure_ascii=False, allow_nan=False
        ).encode("utf-8", "replace")
        + b"\n"
        for each in batch
    )


def _number(value: float) -> str:
    return repr(value)


def _time(at: int, zone: ZoneInfo) -> str:
    return moment(at).astimezone(zone).isoformat(timespec="milliseconds")
