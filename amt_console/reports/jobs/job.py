"""The job of the rendering process, and where a process that gathers for itself finds the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amt_console.model import Target

if TYPE_CHECKING:
    from amt_console.config import Settings

EARLY = "--early"
"""Tells the rendering process that its job comes later: until then it loads what most jobs need."""
PICTURES = "--pictures"
"""Tells the rendering process that the job has pictures."""
Plan = tuple[tuple[str, str, str], ...]
"""Part, format and file name of every file to write."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """The data to render, and the empty target folder."""

    data: Any
    """A ``ReportData``, or what ``maker`` takes; picklable."""
    plan: Plan
    folder: str
    maker: Callable[..., Iterator[tuple[str, bytes]]] | None = None
    """Makes the files of ``(data, plan, progress=...)``, a function of a module; by default those of the dashboards."""


@dataclass(frozen=True, slots=True)
class ReportSource:
    """Where the data comes from."""

    store_url: str
    settings: Settings
    targets: tuple[Target, ...]
