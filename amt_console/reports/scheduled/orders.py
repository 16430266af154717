"""The scheduled reports of a configuration: when, what, and where they go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.config import Fault
from amt_console.config.policies import policies_of
from amt_console.paths import user_state_folder
from amt_console.reports.files import PlanError, plan
from amt_console.reports.scheduled.schedule import Period, ReportSchedule, period_name
from amt_console.reports.times import shown_zone

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.config.sections.reports import ReportSettings

DAYS_AHEAD = 400
"""How far ahead ``at`` is looked for among the local times that do not exist."""


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """One scheduled report."""

    name: str
    schedule: ReportSchedule
    parts: tuple[str, ...]
    form: str
    folder: Path
    """Of all its periods."""
    channel: str | None
    kept_by_choice: bool
    """Whether the folder is configured; otherwise it is only where the files of messages lie."""

    def place(self, period: Period) -> Path:
        """The folder of one period."""
        return self.folder / period_name(self.schedule, period)

    def period_words(self, period: Period) -> str:
        """The period for people: ``2026-11-25``, ``2026-W47``."""
        return period_name(self.schedule, period)


def order_of(report: ReportSettings, settings: Settings) -> ReportOrder:
    """A scheduled report as it is made. Raises UnknownZoneError."""
    zone = shown_zone(report.time_zone, settings)
    base = Path(report.folder) if report.folder is not None else user_state_folder(os.environ) / "reports"
    return ReportOrder(
        name=report.name,
        schedule=ReportSchedule(report.every, report.at, zone),
        parts=report.reports,
        form=report.format,
        folder=base / report.name,
        channel=report.channel,
        kept_by_choice=report.folder is not None,
    )


def orders_of(settings: Settings) -> tuple[ReportOrder, ...]:
    """The enabled ones, in the order of the configuration."""
    return tuple(order_of(report, settings) for report in settings.reports if report.enabled)


def report_faults(settings: Settings) -> tuple[Fault, ...]:
    """What can never be made: no report in its format, a folder below a file."""
    found: list[Fault] = []
    for index, report in enumerate(settings.reports):
        place = f"reports[{index}]"
        try:
            plan(report.reports, (report.format,))
        except PlanError as error:
            found.append(Fault(f"{place}.format", str(error), repr(report.format)))
        if report.folder is not None and (file := _file_in_the_way(Path(report.folder) / report.name)) is not None:
            found.append(Fault(f"{place}.folder", f"{file} is a file, not a folder", repr(report.folder)))
    return tuple(found)


def report_warnings(settings: Settings, now: datetime) -> tuple[Fault, ...]:
    """What is doubtful: a folder that this user cannot write to, a switched-off channel, a time that is left out."""
    channels = policies_of(settings, ()).channels
    found: list[Fault] = []
    for index, report in enumerate(settings.reports):
        if not report.enabled:
            continue
        place, order = f"reports[{index}]", order_of(report, settings)
        if report.folder is not None and not _is_writable(order.folder):
            hint = "the monitor's user must be able to write there"
            found.append(Fault(f"{place}.folder", "cannot be written to by this user", repr(report.folder), hint))
        if report.channel is not None and report.channel not in channels:
            found.append(Fault(f"{place}.channel", "is switched off: nobody is sent the report", repr(report.channel)))
        found += [Fault(f"{place}.at", words) for words in _left_out(order, now)]
    return tuple(found)


def _left_out(order: ReportOrder, now: datetime) -> Iterator[str]:
    """Days without that local time in the next year, the first of them."""
    schedule = order.schedule
    for days in range(DAYS_AHEAD):
        day = (now + timedelta(days=days)).astimezone(schedule.zone).date()
        wanted = datetime.combine(day, schedule.at, schedule.zone)
        shown = wanted.astimezone(UTC).astimezone(schedule.zone)
        if shown.time() != schedule.at:
            zone = schedule.zone.key
            yield f"{schedule.at:%H:%M} does not exist on {day} in {zone}: it is {shown:%H:%M} on that day"
            return


def _existing(path: Path) -> Path:
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), Path("/"))


def _file_in_the_way(path: Path) -> Path | None:
    existing = _existing(path)
    return existing if existing.exists() and not existing.is_dir() else None


def _is_writable(path: Path) -> bool:
    return os.access(_existing(path), os.W_OK | os.X_OK)
