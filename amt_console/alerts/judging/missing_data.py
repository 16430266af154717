"""From gaps and missing data to observations."""

from __future__ import annotations

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS
from amt_console.alerts.rules.rule import Rule
from amt_console.clock import Instant
from amt_console.model import Gap
from amt_console.text import duration


def judge_gap(rule: Rule, gap: Gap | None, *, subject: str, at: Instant) -> Observation:
    """Whether a gap was just recorded; ``None`` says that there was none."""
    if gap is None:
        return Observation(subject, Verdict.OK, "measuring without a gap", at)
    lasted = (gap.ended_at - gap.started_at).total_seconds()
    message = f"nothing was measured for {duration(lasted)} until {gap.ended_at:%H:%M:%S} UTC ({gap.reason})"
    return Observation(subject, VERDICTS[rule.severity], message, at, lasted)


def judge_no_data(
    rule: Rule, subject: str, *, seconds: float, interval: float, at: Instant, reason: str | None = None
) -> Observation:
    """Whether nothing has been measured for too long; a shorter pause says nothing.

    Args:
        rule: One of ``no_data_rule``.
        subject: What should be measured.
        seconds: How long there has been no observation with data, gaps of the monitor itself left out.
        interval: Seconds between two measurements.
        at: Now.
        reason: Why there is no data, as far as is known.
    """
    allowed = (rule.no_data_after or 1) * interval
    message = f"{subject}: no data for {duration(seconds)}" + (f": {reason}" if reason else "")
    verdict = VERDICTS[rule.severity] if seconds >= allowed else Verdict.NO_DATA
    return Observation(subject, verdict, message, at, seconds, allowed)


def judge_heard(rule: Rule, subject: str, *, at: Instant) -> Observation:
    """An observation with data came in, good or bad: ends what ``judge_no_data`` began."""
    return Observation(subject, Verdict.OK, f"{subject} is measured again", at)
