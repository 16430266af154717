"""How far each scheduled report has come, so that a restart neither repeats nor forgets one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Text, delete, insert, select
from sqlmodel import Field

from amt_console.store.reads import Reads
from amt_console.store.schema import StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import clean, clean_text, instance_of
from amt_console.store.writes import Writes


class ScheduledReportRow(StoreTable, table=True):
    """How far the scheduled report of a name has come."""

    __tablename__ = "scheduled_reports"
    name: str = Field(primary_key=True, sa_type=Text)
    schedule: str = Field(sa_type=Text)
    """When it is made, as text: another one begins anew."""
    done_until: datetime = Field(sa_type=UtcDateTime)
    """Every report that was due up to then is made."""
    period_start: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Of the newest one."""
    period_end: datetime | None = Field(default=None, sa_type=UtcDateTime)
    made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    place: str | None = Field(default=None, sa_type=Text)
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """In a row; 0 after one was made."""
    error: str | None = Field(default=None, sa_type=Text)
    """Of the newest attempt."""
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


_RUNS = table(ScheduledReportRow)


@dataclass(frozen=True, slots=True)
class ReportRun:
    """One scheduled report: what was made last, and what failed since."""

    name: str
    schedule: str
    """When it is made, as text; of another schedule ``done_until`` says nothing."""
    done_until: datetime
    """Every report that was due up to then is made."""
    period_start: datetime | None = None
    """Of the newest one."""
    period_end: datetime | None = None
    made_at: datetime | None = None
    place: str | None = None
    """Where the newest one went: a folder, and the channel."""
    failures: int = 0
    """In a row; 0 after one was made."""
    error: str | None = None
    """Of the newest attempt; ``None`` after one was made."""
    failed_at: datetime | None = None
    next_try_at: datetime | None = None


def report_runs(reads: Reads) -> dict[str, ReportRun]:
    """All of them by name, also those that are configured no more."""
    rows = reads._connection.execute(select(_RUNS).order_by(_RUNS.c.name)).mappings()
    return {row["name"]: instance_of(ReportRun, dict(row)) for row in rows}


def save_report_run(writes: Writes, run: ReportRun) -> None:
    """Keep it in place of what was known of its name."""
    row = {**asdict(run), "error": clean(run.error), "place": clean(run.place), "schedule": clean_text(run.schedule)}
    writes._connection.execute(delete(_RUNS).where(_RUNS.c.name == run.name))
    writes._connection.execute(insert(_RUNS), [row])
