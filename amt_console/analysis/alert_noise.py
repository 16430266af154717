"""Alerts that disturb without helping, and the people who take the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.percentiles import median
from amt_console.model import AlertType, Episode, Rating

SHORT_S = 300.0
"""An alert that ended sooner needed nobody."""
REFIRED_WITHIN_S = 900.0
"""One that fires again so soon after its end was not over."""
NOISY_ALERTS = 5
"""Least fired alerts of one rule and subject to call them noisy ..."""
NOISY_PART = 0.8
"""... and least part of them that were noise."""
METHOD = (
    "noise = rated as noise, or ended within 5 minutes, never acknowledged and not rated actionable; "
    "re-fired = fired again within 15 minutes of its end, over the alerts that ended; "
    "noisy = at least 5 fired alerts of one rule and subject, 80 % of them noise"
)


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """The alerts of one rule about one subject that fired in a window."""

    rule: str
    subject: str
    alert_type: AlertType
    fired: int
    acknowledged: int
    short: int
    """Ended within five minutes."""
    refired: int
    """Fired again within fifteen minutes of their end."""
    ended: int
    rated_noise: int
    rated_actionable: int
    noise: int
    median_s: float | None
    """Median length of those that ended."""
    first: datetime
    last: datetime
    """When the first and the last one fired."""
    peaks: tuple[float, ...] = ()
    """Their last observed values that were over a threshold, in the unit of the rule."""
    threshold: float | None = None
    """The newest one."""

    @property
    def noisy(self) -> bool:
        """Whether they disturbed more than they helped."""
        return self.fired >= NOISY_ALERTS and self.noise >= NOISY_PART * self.fired

    @property
    def refire_percent(self) -> float | None:
        """Re-fired over ended."""
        return 100 * self.refired / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Responder:
    """A person who acknowledged alerts of a window."""

    person: str
    acknowledged: int
    median_s: float | None
    """From firing to the acknowledgement."""
    slowest_s: float | None


def rule_records(episodes: Iterable[Episode], *, start: datetime, end: datetime) -> tuple[RuleRecord, ...]:
    """By rule and subject, of the alerts that fired from ``start`` up to ``end``; the most frequent first."""
    groups: dict[tuple[str, str], list[Episode]] = {}
    for episode in episodes:
        if episode.fired_at is not None and start <= episode.fired_at < end:
            groups.setdefault((episode.rule_id, episode.subject), []).append(episode)
    records = [_record(group) for group in groups.values()]
    return tuple(sorted(records, key=lambda record: (-record.fired, record.rule, record.subject)))


def responders(episodes: Iterable[Episode], *, start: datetime, end: datetime) -> tuple[Responder, ...]:
    """Who acknowledged the alerts that fired from ``start`` up to ``end``; the busiest first."""
    waits: dict[str, list[float]] = {}
    for each in episodes:
        if each.fired_at is None or not start <= each.fired_at < end or each.acknowledged_at is None:
            continue
        if each.acknowledged_by:
            waits.setdefault(each.acknowledged_by, []).append(
                max(0.0, (each.acknowledged_at - each.fired_at).total_seconds())
            )
    found = [Responder(person, len(times), median(times), max(times)) for person, times in waits.items()]
    return tuple(sorted(found, key=lambda each: (-each.acknowledged, each.person)))


def _record(group: Sequence[Episode]) -> RuleRecord:
    ordered = sorted(group, key=lambda each: (each.fired_at or each.opened_at, each.id or 0))
    lengths = [_seconds(each) for each in ordered if each.resolved_at is not None]
    fired = [each.fired_at for each in ordered if each.fired_at is not None]
    newest = ordered[-1]
    return RuleRecord(
        rule=newest.rule_id,
        subject=newest.subject,
        alert_type=newest.alert_type,
        fired=len(ordered),
        acknowledged=sum(each.acknowledged_at is not None for each in ordered),
        short=sum(length < SHORT_S for length in lengths),
        refired=sum(
            before.resolved_at is not None and 0 <= (at - before.resolved_at).total_seconds() <= REFIRED_WITHIN_S
            for before, at in zip(ordered, fired[1:], strict=False)
        ),
        ended=len(lengths),
        rated_noise=sum(each.rating is Rating.NOISE for each in ordered),
        rated_actionable=sum(each.rating is Rating.ACTIONABLE for each in ordered),
        noise=sum(_is_noise(each) for each in ordered),
        median_s=median(lengths),
        first=fired[0],
        last=fired[-1],
        peaks=tuple(
            each.value
            for each in ordered
            if each.value is not None and each.threshold is not None and each.value > each.threshold
        ),
        threshold=newest.threshold,
    )


def _is_noise(episode: Episode) -> bool:
    if episode.rating is not None:
        return episode.rating is Rating.NOISE
    if episode.acknowledged_at is not None or episode.resolved_at is None:
        return False
    return _seconds(episode) < SHORT_S


def _seconds(episode: Episode) -> float:
    """Length; the monotonic one where it is stored."""
    if episode.duration_seconds is not None:
        return episode.duration_seconds
    return 0.0 if episode.resolved_at is None else (episode.resolved_at - episode.opened_at).total_seconds()
