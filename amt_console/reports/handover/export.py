"""Write a hand-over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.model import Target
from amt_console.operations.protocol import Progress
from amt_console.reports.export import write_files
from amt_console.reports.files import PlanError
from amt_console.reports.gathering.clean import cleaned
from amt_console.reports.handover.data import HandoverData
from amt_console.reports.handover.gather import gather_handover
from amt_console.reports.handover.page import FILE, handover_page
from amt_console.reports.html import HtmlRenderer
from amt_console.reports.jobs.job import Plan, RenderJob
from amt_console.reports.markdown import markdown
from amt_console.reports.times import Times, shown_zone, zone_of
from amt_console.reports.view import build_view
from amt_console.store import Store

if TYPE_CHECKING:
    from amt_console.config import Settings

FORMATS = ("md", "html")


def export_handover(
    store: Store,
    targets: Sequence[Target],
    settings: Settings,
    clock: Clock,
    out: Path,
    *,
    since: datetime | None = None,
    formats: Sequence[str] = (),
    zone: str | None = None,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write the hand-over of the present shift into ``out`` and return the files.

    Args:
        store: The history.
        targets: What is watched.
        settings: Rotas, silences, maintenance, limits and time zone.
        clock: The time.
        out: Folder; created if missing.
        since: In place of the shift's beginning.
        formats: Of ``FORMATS``; by default both.
        zone: IANA name of the zone for times; by default that of the settings, else the host's.
        progress: Called with the step, the amount done, and the total.

    Raises:
        PlanError: Unknown format.
        UnknownZoneError: Unknown time zone.
        ExportError: Failed; ``ExportWriteError`` if the folder is the reason.
        StoreError: The database could not be read.
    """
    for form in formats:
        if form not in FORMATS:
            raise PlanError(f"there is no format '{form}' of a hand-over: there are {', '.join(FORMATS)}")
    name = shown_zone(zone, settings).key
    with store.read() as reads:
        data = gather_handover(reads, targets=targets, settings=settings, zone=name, now=clock.now(), since=since)
    plan: Plan = tuple(("handover", form, FILE.format(form)) for form in dict.fromkeys(formats or FORMATS))
    return write_files(RenderJob(data, plan, "", handover_files), out, clock, progress)


def handover_files(
    data: HandoverData, plan: Plan, *, progress: Callable[[str, int, int], None]
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file. Raises UnknownZoneError."""
    progress("analysing", 0, len(plan))
    view = None if data.report is None else build_view(data.report)
    safe = cleaned(replace(data, report=None))
    findings = () if view is None else view.analysis.findings
    page = handover_page(safe, findings, Times(zone_of(safe.zone)))
    for index, (_, form, name) in enumerate(plan):
        progress(name, index, len(plan))
        if form == "html":
            yield name, HtmlRenderer().render(page, lambda chart: "").encode("utf-8")
        else:
            yield name, markdown(page)
    progress("done", len(plan), len(plan))
