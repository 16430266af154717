"""What the process that wants reports hands to the process that draws them."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.reports.data import ReportData

Plan = tuple[tuple[str, str, str], ...]
"""Part, format and file name of every file to make."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What to render, and the empty folder to put it into."""

    data: ReportData
    plan: Plan
    folder: str
