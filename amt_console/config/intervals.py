"""Default intervals and timeouts of targets."""

from __future__ import annotations

from amt_console.config.sections.services import DEFAULT_TIMEOUT
from amt_console.model import Criticality

CRITICAL_SECONDS = 15.0
"""Most seconds between probes of a critical target: its outage must not wait a minute for the first failed probe."""
HIGH_SECONDS = 30.0
LOW_FACTOR = 5.0
TIMEOUT_SHARE = 0.8
"""Largest fraction of a short interval that a probe may take."""


def interval_of(criticality: Criticality, check_interval: float) -> float:
    """Seconds between probes of a target without an interval of its own."""
    match criticality:
        case Criticality.CRITICAL:
            return min(CRITICAL_SECONDS, check_interval)
        case Criticality.HIGH:
            return min(HIGH_SECONDS, check_interval)
        case Criticality.NORMAL:
            return check_interval
        case Criticality.LOW:
            return LOW_FACTOR * check_interval


def timeout_of(timeout: float | None, interval: float) -> float:
    """Total deadline of one probe in seconds, always below ``interval``."""
    if timeout is not None:
        return timeout
    return min(DEFAULT_TIMEOUT, TIMEOUT_SHARE * interval)
