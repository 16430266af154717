"""Write the report of an incident."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.model import Target
from amt_console.operations.cancellation import Cancellation
from amt_console.operations.protocol import NotFoundError, Progress
from amt_console.reports.export import to_millisecond, write_files
from amt_console.reports.files import PlanError
from amt_console.reports.incident.build import incident_files
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.incident.page import FILE
from amt_console.reports.jobs.job import Plan, RenderJob
from amt_console.reports.times import shown_zone
from amt_console.store import Store

if TYPE_CHECKING:
    from amt_console.config import Settings

FORMATS = ("html", "md", "json")
USUAL = ("html", "md")


def export_incident(
    store: Store,
    alert_id: int,
    targets: Sequence[Target],
    settings: Settings,
    clock: Clock,
    out: Path,
    *,
    formats: Sequence[str] = (),
    zone: str | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> tuple[Path, ...]:
    """Write the draft of a post-mortem of an alert into ``out`` and return the files.

    Args:
        store: The history.
        alert_id: The alert; for one that follows from another, the report is about that other one.
        targets: What is watched.
        settings: Limits, retention and time zone.
        clock: The time.
        out: Folder; created if missing.
        formats: Of ``FORMATS``; by default ``USUAL``.
        zone: IANA name of the zone for times; by default that of the settings, else the host's.
        progress: Called with the step, the amount done, and the total.
        cancellation: Ends the export.

    Raises:
        CancelledError: It was cancelled.
        NotFoundError: There is no such alert.
        PlanError: Unknown format.
        UnknownZoneError: Unknown time zone.
        ExportError: Failed; ``ExportWriteError`` if the folder is the reason.
        StoreError: The database could not be read.
    """
    for form in formats:
        if form not in FORMATS:
            raise PlanError(f"there is no format '{form}' of an incident: there are {', '.join(FORMATS)}")
    name = shown_zone(zone, settings).key
    # Files have times to the millisecond, and the moment must be read from them exactly.
    now = to_millisecond(clock.now())
    with store.read() as reads:
        data = gather_incident(reads, alert_id, targets=targets, settings=settings, zone=name, made_at=now)
    if data is None:
        raise NotFoundError(f"there is no alert {alert_id}: 'amt-console alerts list --all' lists them")
    chosen = dict.fromkeys(formats or USUAL)
    plan: Plan = tuple(("incident", form, FILE.format(data.episode.id, form)) for form in chosen)
    return write_files(RenderJob(data, plan, "", incident_files), out, clock, progress, cancellation)
