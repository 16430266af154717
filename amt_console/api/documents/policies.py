"""Silences, planned work and rotas."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from amt_console.api.documents.base import Document
from amt_console.model import AlertType, Severity

Source = Literal["configuration", "person"]


class SilenceDocument(Document):
    """Sends no messages on matching alerts until its end. An alert must match every value."""

    id: str
    reason: str
    services: list[str]
    groups: list[str]
    alert_types: list[AlertType]
    severity: Severity | None
    match: str | None
    """A regular expression that the subject contains."""
    created_by: str | None
    created_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime
    ended_by: str | None
    source: Source


class RecurrenceDocument(Document):
    """A time of day for a length, on some weekdays."""

    start: str
    """Local time, such as ``02:30``."""
    duration_seconds: float
    weekdays: list[str]
    """Empty: every day."""
    time_zone: str


class MaintenanceDocument(Document):
    """Planned work, once or recurring."""

    name: str
    services: list[str]
    groups: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    recurrence: RecurrenceDocument | None
    note: str | None
    created_by: str | None
    created_at: datetime | None
    ended_by: str | None
    source: Source


class OverrideDocument(Document):
    """A person on call for a while, in place of whoever it would be."""

    id: int | str | None
    rota: str
    person: str
    from_: datetime = Field(alias="from")
    until: datetime
    created_by: str | None


class ShiftNowDocument(Document):
    """Who is on call in one rota."""

    rota: str
    person: str
    until: datetime | None
    """Null: for good."""


class ShiftNextDocument(Document):
    """Who follows in one rota."""

    rota: str
    person: str
    from_: datetime | None = Field(alias="from")


class OnCallDocument(Document):
    """Who is on call, and who is next."""

    now: list[ShiftNowDocument]
    next: list[ShiftNextDocument]


class UncoveredDocument(Document):
    """A time in which nobody is on call."""

    rota: str
    from_: datetime = Field(alias="from")
    to: datetime


class UnreachableDocument(Document):
    """A person whom an alert does not reach."""

    person: str
    reason: str


class CoverageDocument(Document):
    """Hours that nobody covers, and people nobody can reach."""

    gaps: list[UncoveredDocument]
    unreachable: list[UnreachableDocument]


class ShiftDocument(Document):
    """A period in which one person is on call without a break."""

    rota: str
    person: str
    from_: datetime | None = Field(alias="from")
    until: datetime | None
