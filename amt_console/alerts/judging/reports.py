"""Whether scheduled reports are made: one that cannot be is an alert until it is made, or the next one is."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.clock import Instant


@dataclass(frozen=True, slots=True)
class ReportReading:
    """How the newest attempt to make a scheduled report ended."""

    name: str
    """Of the report."""
    at: Instant
    error: str | None = None
    """The period and why it could not be made; ``None`` if nothing is missing."""


def report_subject(name: str) -> str:
    """The subject of alerts about a scheduled report."""
    return f"report {name}"


def judge_report(reading: ReportReading) -> Observation:
    """The observation of a reading."""
    subject = report_subject(reading.name)
    if reading.error is None:
        return Observation(subject, Verdict.OK, f"{subject}: none is missing any more", reading.at)
    next_try = "when it is tried again: amt-console export scheduled"
    return Observation(
        subject, Verdict.WARNING, f"{subject} could not be made: {reading.error}; {next_try}", reading.at
    )
