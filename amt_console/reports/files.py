"""The files of each report, atomic writing of them, and why they could not be written."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from amt_console.operations.protocol import OperationError
from amt_console.reports.jobs.job import Plan

PARTS = ("overview", "chatbot", "revenue", "performance", "executive", "monitoring")
FORMATS = ("html", "json", "png", "md", "csv")
WITH_PICTURES = ("png",)
WITH_INPUTS = ("json",)
"""The formats that tell what the numbers were made of."""

_FILES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("overview", "html"): "overview_dashboard.html",
        ("overview", "json"): "overview_dashboard.json",
        ("overview", "md"): "overview_dashboard.md",
        ("overview", "csv"): "overview_dashboard_{}.csv",
        ("chatbot", "html"): "chatbot_dashboard.html",
        ("chatbot", "json"): "chatbot_dashboard.json",
        ("chatbot", "md"): "chatbot_dashboard.md",
        ("chatbot", "csv"): "chatbot_dashboard_{}.csv",
        ("revenue", "html"): "revenue_dashboard.html",
        ("revenue", "json"): "revenue_dashboard.json",
        ("revenue", "md"): "revenue_dashboard.md",
        ("revenue", "csv"): "revenue_dashboard_{}.csv",
        ("performance", "html"): "performance_dashboard.html",
        ("performance", "json"): "performance_analysis_report.json",
        ("performance", "png"): "performance_analysis.png",
        ("performance", "md"): "performance_dashboard.md",
        ("performance", "csv"): "performance_dashboard_{}.csv",
        ("executive", "html"): "executive_summary.html",
        ("executive", "json"): "executive_summary.json",
        ("executive", "md"): "executive_summary.md",
        ("monitoring", "json"): "monitoring_report.json",
    }
)
"""File name of each part in each format it has; CSV writes one file a table."""
_USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "overview": ("html",),
        "chatbot": ("html",),
        "revenue": ("html",),
        "performance": ("html", "json", "png"),
        "executive": ("html", "json"),
        "monitoring": ("json",),
    }
)
FILE_MODE = 0o640
SCRATCH_LIFE = timedelta(hours=1)
"""Nothing works in a temporary folder for so long."""


class PlanError(Exception):
    """Unknown part or format; the text lists the known ones."""


class ExportError(OperationError):
    """The reports could not be written; the folder is unchanged."""

    usage = False
    """Whether the request is the reason."""


class ExportUsageError(ExportError):
    """The request is not valid."""

    usage = True


class ExportWriteError(ExportError):
    """The folder could not be written to."""


def plan(parts: Sequence[str], formats: Sequence[str] = ()) -> Plan:
    """The files to write: part, format and file name.

    Args:
        parts: Names of ``PARTS``, or ``all``.
        formats: Formats of ``FORMATS``; default: the usual ones of each part.

    Raises:
        PlanError: Unknown part or format, or no part exists in the requested formats.
    """
    for name in parts:
        if name != "all" and name not in PARTS:
            raise PlanError(f"there is no report '{name}': there are all, {', '.join(PARTS)}")
    for name in formats:
        if name not in FORMATS:
            raise PlanError(f"there is no format '{name}': there are {', '.join(FORMATS)}")
    wanted = PARTS if "all" in parts else tuple(part for part in PARTS if part in parts)
    chosen = tuple(
        (part, form, _FILES[part, form])
        for part in wanted
        for form in (formats or _USUAL[part])
        if (part, form) in _FILES
    )
    if not chosen:
        has = {part: [form for form in FORMATS if (part, form) in _FILES] for part in wanted}
        offers = "; ".join(f"{part} comes as {', '.join(forms)}" for part, forms in has.items())
        raise PlanError(f"nothing to write as {', '.join(formats) or 'nothing'}: {offers or 'no report was named'}")
    return chosen


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and sync it. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_in_place(source: Path, names: Sequence[str], out: Path) -> tuple[Path, ...]:
    """Move finished files from ``source`` into ``out``, each atomically, over older ones. Raises OSError."""
    written = []
    for name in names:
        target = out / name
        os.replace(source / name, target)
        written.append(target)
    sync_folder(out)
    return tuple(written)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, prefix: str, now: datetime) -> None:
    """Remove what killed processes have left: folders of this prefix that are older than ``SCRATCH_LIFE``."""
    limit = (now - SCRATCH_LIFE).timestamp()
    for old in folder.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if old.lstat().st_mtime < limit:
                shutil.rmtree(old, ignore_errors=True)
