"""Judge gaps and missing data."""

from __future__ import annotations

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS
from amt_console.alerts.rules.rule import Rule
from amt_console.clock import Instant
from amt_console.model import Gap
from amt_console.text import duration


def judge_gap(rule: Rule, gap: Gap | None, *, subject: str, at: Instant) -> Observation:
    """Judge whether a gap was just recorded; ``None`` for none."""
    if gap is None:
        return Observation(subject, Verdict.OK, "measuring without a gap", at)
    lasted = (gap.ended_at - gap.started_at).total_seconds()
    message = f"nothing was measured for {duration(lasted)} until {gap.ended_at:%H:%M:%S} UTC ({gap.reason})"
    return Observation(subject, VERDICTS[rule.severity], message, at, lasted)


def judge_no_data(
    rule: Rule, subject: str, *, seconds: float, interval: float, at: Instant, reason: str | None = None
) -> Observation:
    """Judge whether data has been missing for too long; a shorter pause is not an observation.

    Args:
        rule: One of ``no_data_rule``.
        subject: The target.
        seconds: Time without an observation with data, gaps of the monitor itself excluded.
        interval: Seconds between two measurements.
        at: Now.
        reason: Why data is missing, if known.
    """
    allowed = (rule.no_data_after or 1) * interval
    message = f"{subject}: no data for {duration(seconds)}" + (f": {reason}" if reason else "")
    verdict = VERDICTS[rule.severity] if seconds >= allowed else Verdict.NO_DATA
    return Observation(subject, verdict, message, at, seconds, allowed)


def judge_heard(rule: Rule, subject: str, *, at: Instant) -> Observation:
    """An observation with data arrived, good or bad: it ends the alert of ``judge_no_data``."""
    return Observation(subject, Verdict.OK, f"{subject} is measured again", at)
