"""Answers to the questions of the console's screens."""

from __future__ import annotations

from datetime import datetime

from amt_console.api.documents.alerts import AlertDocument, DeliveryDocument
from amt_console.api.documents.base import Document
from amt_console.api.documents.policies import SilenceDocument
from amt_console.model import FigureUnit, GapReason, ServiceState


class SpanDocument(Document):
    """A service was in one state; of merged services ``error`` names those that were."""

    start: datetime
    end: datetime
    state: ServiceState
    error: str | None


class UnmeasuredDocument(Document):
    """A period without measurements: unknown, neither up nor down."""

    started_at: datetime
    ended_at: datetime
    reason: GapReason


class DeedDocument(Document):
    """What somebody did, in words."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    """The note, the reason, before and after."""
    via: str | None
    """Where the person came from."""


class MeasuredShareDocument(Document):
    """How much of the time of all services was measured, in equal buckets; the last one ends with the window."""

    start: datetime
    bucket_seconds: float
    percent: list[float | None]
    """Null before the first result of the window."""


class MonitorHealthDocument(Document):
    """How the monitor itself does."""

    results_last_hour: int
    """Stored probe results."""
    expected_last_hour: int | None
    """What the intervals of the services ask for. Null in the first hour of a monitor."""
    database_bytes: int | None
    waiting_messages: int
    """Queued and due."""
    dead_messages: int
    """Given up in the window."""
    gaps: list[UnmeasuredDocument]
    """Newest first."""
    measured: MeasuredShareDocument | None


class ActivityDocument(Document):
    """What people and the monitor did in a window, each list newest first."""

    start: datetime
    end: datetime
    audit: list[DeedDocument]
    audit_refused: str | None
    """Why the caller may not read the audit trail: it is for admins."""
    messages: list[DeliveryDocument]
    health: MonitorHealthDocument


class AlertHistoryDocument(Document):
    """The alerts of a window, newest first."""

    alerts: list[AlertDocument]
    more: bool
    """Whether there are older ones in the window."""


class AwayDocument(Document):
    """What happened since the caller last looked; alerts as they are now."""

    since: datetime | None
    """When the caller last looked; null for somebody who never did: then it tells of the shift."""
    until: datetime
    shift_ends: datetime | None
    """End of the caller's shift, if it runs."""
    fired: list[AlertDocument]
    """Newest first."""
    acted: list[DeedDocument]
    """What others did about alerts, newest first; ``id`` is the alert's."""
    still_open: list[AlertDocument]
    """Worst first."""
    silences_ending: list[SilenceDocument]
    """Those that end within the shift, or within the next 12 hours."""
    undelivered: list[DeliveryDocument]
    """Given up, or late; newest first."""
    gaps: list[UnmeasuredDocument]
    """Newest first."""


class ForecastPointDocument(Document):
    """A forecast of one step, with its band."""

    at: datetime
    value: float
    low: float
    high: float


class FigureForecastDocument(Document):
    """What a figure will probably do."""

    points: list[ForecastPointDocument]
    """None where no method beats the simple one."""
    reason: str
    """Why there are points, or why there are none."""
    coverage_percent: float | None
    """Part of the held-back values that lay within the bands."""


class FigureCourseDocument(Document):
    """One figure in equal buckets."""

    values: list[float | None]
    unit: FigureUnit | None
    currency: str | None
    first: float | None
    """The oldest known value of the window."""
    last: float | None
    projection: FigureForecastDocument | None
    """Only with ``projections=true``."""


class BusinessCourseDocument(Document):
    """The business figures of a window, beside the outages of the platform."""

    start: datetime
    end: datetime
    bucket_seconds: float
    figures: dict[str, dict[str, FigureCourseDocument]]
    """By kind and name; those with any value."""
    outages: list[SpanDocument]
    """When at least one service was down."""


class NextChangeDocument(Document):
    """A change of a service's state or of an alert."""

    at: datetime | None
    """Null where there is none."""
    what: str
    """In words."""


class MetricCourseDocument(Document):
    """One metric of the host in equal buckets."""

    means: list[float | None]
    highs: list[float | None]
    """The largest value of each bucket."""
    mean: float | None
    """Over the whole window."""
    high: float | None


class DiskRoomDocument(Document):
    """One file system, and when it will be full."""

    mount: str
    percent: float
    total_bytes: int
    free_bytes: int
    full_at: datetime | None
    reason: str
    """Why there is a forecast, or why there is none."""


class HostCourseDocument(Document):
    """The host over a window."""

    start: datetime
    end: datetime
    bucket_seconds: float
    metrics: dict[str, MetricCourseDocument]
    """Usage in percent, traffic in bytes per second; those that were measured."""
    disks: list[DiskRoomDocument]
    """The fullest first; only with ``disks=true``."""


class IncidentDocument(Document):
    """A confirmed alert without a cause among the alerts, and who handled it."""

    alert: AlertDocument
    lasted_seconds: float
    """Up to its end, or up to now."""
    acknowledged_after_seconds: float | None
    """From the page to the first acknowledgement."""
    people: list[str]
    """Who did something about it, in order."""
    followers: int
    """Alerts that followed from it."""
    notes: int
    last_note: str | None


class IncidentsDocument(Document):
    """The incidents of a window, newest first, and their figures."""

    start: datetime
    end: datetime
    incidents: list[IncidentDocument]
    more: bool
    """Whether there are older ones in the window."""
    mtta_seconds: float | None
    """Mean time to acknowledge, of those that were."""
    mttr_seconds: float | None
    """Mean time to resolve, of those that ended."""
    unacknowledged: int
    """Ended without anybody having acknowledged them."""


class MovedSignalDocument(Document):
    """A signal that left its usual range when an alert began."""

    subject: str
    """A service, ``host``, or a kind of figures."""
    signal: str
    strength: float
    """Deviation in interquartile ranges."""
    onset: datetime
    """First value that deviated."""
    value: float
    """The value of the strongest deviation."""
    usual: float
    words: str


class MovedTogetherDocument(Document):
    """What moved when an alert began, strongest first. Not: what caused it."""

    signals: list[MovedSignalDocument]
    weeks: bool
    """Whether they were compared with the same hour of the last four weeks, else with the hours before."""


class StatesDocument(Document):
    """The states of services over a window."""

    start: datetime
    end: datetime
    spans: dict[str, list[SpanDocument]]
    """By service, oldest first, without overlaps. What lies between two is not known."""
