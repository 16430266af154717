"""The job of the rendering process."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.reports.data import ReportData

Plan = tuple[tuple[str, str, str], ...]
"""Part, format and file name of every file to write."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """The data to render, and the empty target folder."""

    data: ReportData
    plan: Plan
    folder: str
