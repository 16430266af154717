"""``reports``: reports that the monitor makes by itself."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import (
    ConfigSection,
    DurationRange,
    Flag,
    Name,
    TimeOfDay,
    TimeZone,
    duration_schema,
    printable_name,
)

WORDS = ("daily", "weekly", "monthly")
MAX_REPORT_NAME_CHARS = 60
_DURATION = DurationRange(60, 366 * 86400)
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


def _every(value: object) -> str | float:
    if value in WORDS:
        return str(value)
    try:
        return _DURATION(value)
    except Refused:
        raise Refused('must be "daily", "weekly", "monthly", or a duration from 60s to 366d, such as "12h"') from None


def _report_name(value: object) -> str:
    name = printable_name(value, MAX_REPORT_NAME_CHARS)
    if name.startswith(".") or _NOT_IN_NAMES & set(name):
        raise Refused('must be fit for the name of a folder: no dot at its start, none of / \\ : * ? " < > |')
    return name


def _folder(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Refused("must be the path of a folder, such as /srv/reports")
    return str(Path(value).expanduser())


Every = Annotated[
    str | float,
    BeforeValidator(_every),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": list(WORDS)}, *duration_schema()["anyOf"]]}),
]
ReportName = Annotated[
    str, BeforeValidator(_report_name), WithJsonSchema({"type": "string", "maxLength": MAX_REPORT_NAME_CHARS})
]
Folder = Annotated[str, BeforeValidator(_folder), WithJsonSchema({"type": "string"})]
ReportPart = Literal["all", "overview", "chatbot", "revenue", "performance", "executive", "monitoring"]
ReportFormat = Literal["html", "json", "png", "md", "csv"]


class ReportSettings(ConfigSection):
    """Reports that the monitor makes at set times, on the time before, and sends or keeps. Needs `folder` or `channel`.
    None is ever deleted or overwritten."""

    name: ReportName
    """Unique name; also that of its folder."""
    enabled: Flag = True
    """Whether it is made."""
    every: Every
    """`"daily"`: on the day before; `"weekly"`: on Mondays, on the week before; `"monthly"`: on the 1st, on the month
    before; or a duration, from 60s to 366d, on that time: whole days begin at `at` all year, others are exact."""
    at: TimeOfDay = time(7)
    """Local time at which it is made."""
    time_zone: TimeZone | None = None
    """Time zone of `at`, of the days, and of the times in the report; by default that of `console.time_zone`, else the
    host's."""
    reports: Annotated[tuple[ReportPart, ...], Field(min_length=1, max_length=7)] = ("executive",)
    """What is made: `executive`, `overview`, `chatbot`, `revenue`, `performance`, `monitoring`, or `all`."""
    format: ReportFormat = "html"
    """`html`, `json`, `png`, `md` or `csv`; a report without it is left out."""
    folder: Folder | None = None
    """Folder to keep them in: `FOLDER/NAME/PERIOD/`. By default `reports` in the user's state folder."""
    channel: Name | None = None
    """Channel that gets a summary, by mail with the files attached."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.folder is None and self.channel is None:
            raise Refused("needs `folder` or `channel`")
        return self
