"""Findings: what a person should know about a window, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FindingKind(StrEnum):
    """What was found."""

    INCIDENT = "incident"
    CHANGE_POINT = "change_point"
    """A level that shifted and stayed."""
    TREND = "trend"
    DISK_FULL = "disk_full"
    SATURATION = "saturation"
    """A resource of the host over its limit for a part of the window."""
    CORRELATION = "correlation"
    """A resource of the host moved together with response times."""
    NOISY_ALERT = "noisy_alert"
    ANOMALY = "anomaly"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. It has a moment (``at``) or a period (``since``, ``until``)."""

    kind: FindingKind
    subject: str
    """A service, ``host``, an alert rule or a figure of the platform."""
    evidence: tuple[str, ...]
    """The first one says the finding in a sentence; the others are what it rests on."""
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    """``None`` with ``since``: it lasts at the window's end."""
    p_value: float | None = None
    """Of the test that found it; ``None`` where there was none."""

    @property
    def begin(self) -> datetime | None:
        """``at`` or ``since``."""
        return self.at if self.at is not None else self.since
