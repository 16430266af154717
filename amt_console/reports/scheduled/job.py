"""The job of the process that makes one scheduled report, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from amt_console.reports.jobs.job import Plan, ReportSource
from amt_console.reports.scheduled.schedule import Period

SUMMARY_FILE = "summary.txt"
"""Beside the reports: the text of the message."""


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """One report to make."""

    source: ReportSource
    name: str
    period: Period
    period_words: str
    plan: Plan
    zone: str
    """IANA name."""
    made_at: datetime
    folder: str
    """Empty; the files go there."""


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A finished report."""

    folder: Path
    files: tuple[Path, ...]
    """Without the summary."""
    summary: str
    fresh: bool
    """Whether it was made now; otherwise its folder was there already."""
