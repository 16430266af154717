"""Gather the data of a hand-over, in one read transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amt_console import __version__
from amt_console.alerts import past_consequences
from amt_console.alerts.policy.shift_facts import (
    ending_maintenance,
    ending_silences,
    open_alerts,
    shift_span,
)
from amt_console.alerts.policy.timetable import oncall_plan
from amt_console.analysis import window_of
from amt_console.config.policies import policies_of
from amt_console.model import AlertEvent, Episode, Target
from amt_console.operations.history.messages import undelivered
from amt_console.reports.gathering.gather import gather
from amt_console.reports.handover.data import FiredAlert, HandoverData
from amt_console.store import Reads

if TYPE_CHECKING:
    from amt_console.config import Settings

MOST_FIRED = 500
OVERRIDES_BEFORE = timedelta(days=31)
LEAST_WATCHED, MOST_WATCHED = 24.0, 24.0 * 31
"""Hours of the analysis: a short shift says too little by itself."""
_INSTANT = timedelta(microseconds=1)


def _fired_at(episode: Episode) -> datetime:
    return episode.fired_at or episode.opened_at


def gather_handover(
    reads: Reads,
    *,
    targets: Sequence[Target],
    settings: Settings,
    zone: str,
    now: datetime,
    since: datetime | None = None,
) -> HandoverData:
    """Everything for whoever takes over at ``now``; by default since the present shift began."""
    policies = reads.policies.added_to(policies_of(settings, targets), (since or now) - OVERRIDES_BEFORE)
    span = shift_span(policies, now, since)
    lately = reads.alerts.episodes(start=span.since, end=now + _INSTANT, limit=MOST_FIRED + 1)
    fired = [each for each in lately if each.fired_at is not None and each.fired_at >= span.since]
    still = reads.alerts.open()
    known = {each.id: each for each in (*still, *fired) if each.id is not None}
    events = reads.alerts.events_of(list(known))
    causes = past_consequences(
        known.values(),
        {target.name: target.depends_on for target in targets},
        {target.name: target.interval for target in targets},
        now=now,
    )
    told = [_told(each, events, causes) for each in open_alerts(still)]
    hours = min(MOST_WATCHED, max(LEAST_WATCHED, (now - span.since).total_seconds() / 3600))
    report = gather(reads, targets=targets, settings=settings, window=window_of(now, hours), zone=zone, made_at=now)
    return HandoverData(
        span=span,
        now=now,
        version=__version__,
        zone=zone,
        fired=tuple(_told(each, events, causes) for each in sorted(fired[:MOST_FIRED], key=_fired_at)),
        more_fired=len(lately) > MOST_FIRED,
        open=tuple(each for each in told if each.episode.snoozed_by is None),
        snoozed=tuple(each for each in told if each.episode.snoozed_by is not None),
        silences=ending_silences(policies, now, span.until),
        maintenance=ending_maintenance(policies, now, span.until),
        undelivered=undelivered(reads, span.since, now),
        rotas=oncall_plan(policies, now, now, span.until).rotas,
        report=report,
    )


def _told(episode: Episode, events: Mapping[int, Sequence[AlertEvent]], causes: Mapping[int, int]) -> FiredAlert:
    number = episode.id or 0
    return FiredAlert(episode, tuple(events.get(number, ())), causes.get(number))
