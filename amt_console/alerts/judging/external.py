"""Alerts that other programs raise: the sender says when they begin and end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS
from amt_console.alerts.rules.rule import Rule
from amt_console.clock import Instant
from amt_console.model.inbound import ExternalAlert, ExternalRecord
from amt_console.model.states import Severity
from amt_console.text import duration


@dataclass(frozen=True, slots=True)
class Staleness:
    """When an alert that fires and is not told of again stops counting as fresh, and when it ends."""

    stale_after: float = 12 * 3600.0
    """Seconds."""
    end_after: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class ExternalReading:
    """An alert from outside as it is now."""

    record: ExternalRecord
    """What is known of it after this."""
    observation: Observation
    severity: Severity
    runbook: str | None = None


def hear_external(known: ExternalRecord | None, alert: ExternalAlert, at: Instant) -> ExternalReading | None:
    """What an alert that came in means; ``None`` if nothing, because it is older than what is known.

    Senders repeat themselves, and what they send may arrive in another order than it was sent.
    """
    if known is not None and alert.started_at < known.started_at:
        return None
    same = known is not None and alert.started_at == known.started_at
    if same and known is not None and alert.firing and not known.firing and not known.stale:
        return None
    record = ExternalRecord(
        key=alert.key,
        # An open episode keeps its subject, whatever the labels say now.
        subject=known.subject if known is not None and (same or known.firing) else alert.subject,
        firing=alert.firing,
        started_at=alert.started_at,
        seen_at=at.wall,
        ends_at=alert.ends_at if alert.firing else None,
    )
    text = alert.answer
    verdict = VERDICTS[alert.severity] if alert.firing else Verdict.OK
    answer = (lambda: text) if alert.firing and text is not None else None
    observation = Observation(record.subject, verdict, alert.message, at, answer=answer)
    return ExternalReading(record, observation, alert.severity, alert.runbook)


def age_external(known: ExternalRecord, staleness: Staleness, at: Instant) -> ExternalReading | None:
    """What it means that an alert that fires was not told of again; ``None`` if nothing yet."""
    if not known.firing:
        return None
    now = at.wall
    if known.ends_at is not None and now >= known.ends_at:
        return _ended(known, at, "its sender set this end and has not repeated it")
    silent = (now - known.seen_at).total_seconds()
    if silent >= staleness.end_after:
        return _ended(known, at, f"its sender has not repeated it for {duration(staleness.end_after)}")
    if silent >= staleness.stale_after and not known.stale:
        message = f"{known.subject}: its sender has not repeated it for {duration(staleness.stale_after)}"
        observation = Observation(known.subject, Verdict.NO_DATA, message, at)
        return ExternalReading(replace(known, stale=True), observation, Severity.WARNING)
    return None


def next_look(known: ExternalRecord, staleness: Staleness) -> datetime | None:
    """When ``age_external`` may mean something next."""
    if not known.firing:
        return None
    after = staleness.end_after if known.stale else staleness.stale_after
    silent = known.seen_at + timedelta(seconds=after)
    return silent if known.ends_at is None else min(silent, known.ends_at)


def external_rule(base: Rule, reading: ExternalReading) -> Rule:
    """The rule of one alert from outside: its own, because its identity is the sender's."""
    return replace(base, id=reading.record.key, severity=reading.severity, runbook=reading.runbook)


def _ended(known: ExternalRecord, at: Instant, why: str) -> ExternalReading:
    # Stale and over: the same alert told of again is one that still fires, not an old message.
    record = replace(known, firing=False, stale=True, ends_at=None)
    return ExternalReading(record, Observation(known.subject, Verdict.OK, f"{known.subject}: {why}", at), Severity.INFO)
