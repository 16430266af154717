"""Whether messages reach people: a channel that cannot deliver is an alert, told through the other channels."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.clock import Instant


@dataclass(frozen=True, slots=True)
class DeliveryReading:
    """What became of the newest message on a channel."""

    channel: str
    delivered: bool
    """Otherwise it was given up."""
    at: Instant
    critical: bool = False
    """Whether a critical page was given up."""
    error: str | None = None
    """Why it was given up."""


def judge_delivery(reading: DeliveryReading) -> Observation:
    """The observation of a reading; its subject is the channel."""
    channel = reading.channel
    if reading.delivered:
        return Observation(channel, Verdict.OK, f"{channel} delivers messages again", reading.at)
    what = "a critical page" if reading.critical else "a message"
    why = f": {reading.error}" if reading.error else ""
    verdict = Verdict.CRITICAL if reading.critical else Verdict.WARNING
    # Nothing else may be sent there for hours: a drill shows that it works, and ends the alert.
    mended = f"once mended: amt-console notify drill --channel {channel}"
    return Observation(channel, verdict, f"{channel}: {what} was not delivered{why}; {mended}", reading.at)
