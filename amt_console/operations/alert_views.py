"""Views of stored episodes, with causes and followers, groups, and counts of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from amt_console.alerts import consequences
from amt_console.alerts.policy.maintenance import maintenance_of
from amt_console.alerts.policy.silences import silences_of
from amt_console.model import MAX_NOTE_CHARS, AlertState, AlertView, ByTarget, Episode, KeptAnswer, Target, belongs_to
from amt_console.model.policy import Policies
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.store import Reads

Key = tuple[str, str]
"""Rule and subject."""


class AlertViews:
    """Creates the views of one moment.

    Args:
        open_episodes: The open episodes at that moment.
        targets: The watched targets.
        counts: Firing alerts of that day by rule and subject.
        answers: Kept answers by alert.
        policies: What mutes messages, from the configuration and by people.
        at: The moment; without it nothing is muted.
    """

    def __init__(
        self,
        open_episodes: Iterable[Episode],
        targets: Iterable[Target],
        counts: Mapping[Key, int] | None = None,
        answers: Mapping[int, KeptAnswer] | None = None,
        policies: Policies | None = None,
        at: datetime | None = None,
    ) -> None:
        known = tuple(targets)
        self._open = tuple(open_episodes)
        self._groups: Mapping[str, str] = ByTarget({target.name: target.group for target in known})
        self._counts = counts or {}
        self._answers = answers or {}
        self.policies = policies or Policies()
        """Those of the configuration and what people added."""
        self._at = at
        self._causes = consequences(
            self._open,
            ByTarget({target.name: target.depends_on for target in known}),
            ByTarget({target.name: target.interval for target in known}),
        )
        self._followers: dict[int, list[int]] = {}
        for follower, cause in sorted(self._causes.items()):
            self._followers.setdefault(cause, []).append(follower)

    @classmethod
    def read(
        cls,
        reads: Reads,
        targets: Iterable[Target],
        now: datetime,
        *,
        at: datetime | None = None,
        zone: tzinfo | None,
        policies: Policies,
        also: Iterable[Episode] = (),
    ) -> AlertViews:
        """The views of now or of a past moment; the day is in ``zone``, by default the host's.

        ``policies`` are those of the configuration. ``also`` are episodes to be shown beside the open ones: their kept
        answers are read as well.
        """
        moment = at or now
        midnight = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        opened = reads.alerts.open(at)
        known = sorted({each.id for each in (*opened, *also) if each.id is not None})
        counts = reads.alerts.fired_counts(since=midnight, until=moment)
        return cls(
            opened,
            targets,
            counts,
            reads.alerts.answers(known, at),
            reads.policies.added_to(policies, moment),
            moment,
        )

    def of(self, episode: Episode) -> AlertView:
        """The view of a stored episode, which has an id."""
        assert episode.id is not None
        silenced_by, maintenance = self._muted(episode)
        return AlertView(
            id=episode.id,
            version=episode.version,
            rule=safe_text(episode.rule_id, 200),
            alert_type=episode.alert_type,
            severity=episode.severity,
            subject=safe_text(episode.subject, 200),
            group=self._groups.get(episode.subject),
            message=safe_text(episode.message),
            state=episode.state,
            opened_at=episode.opened_at,
            fired_at=episode.fired_at,
            resolved_at=episode.resolved_at,
            duration_seconds=episode.duration_seconds,
            times_today=self._counts.get((episode.rule_id, episode.subject), 0),
            acknowledged_by=safe_text(episode.acknowledged_by, 64) if episode.acknowledged_by else None,
            acknowledged_at=episode.acknowledged_at,
            acknowledged_until=episode.acknowledged_until,
            snoozed_by=safe_text(episode.snoozed_by, 64) if episode.snoozed_by else None,
            snoozed_until=episode.snoozed_until,
            rating=episode.rating,
            silenced_by=silenced_by,
            maintenance=maintenance,
            note=safe_text(episode.note, MAX_NOTE_CHARS) if episode.note else None,
            escalation_level=episode.escalation_level,
            stale=episode.stale,
            value=episode.value,
            threshold=episode.threshold,
            runbook=episode.runbook,
            simulated=episode.simulated,
            follows_from=self._causes.get(episode.id),
            followers=tuple(self._followers.get(episode.id, ())),
            answer=self._answers.get(episode.id),
        )

    def _muted(self, episode: Episode) -> tuple[tuple[str, ...], str | None]:
        """The silences and the planned work that hold the messages of an open alert."""
        if self._at is None or not episode.open:
            return (), None
        group, policies = self._groups.get(episode.subject), self.policies
        silences = silences_of(episode, policies.silences, group, self._at)
        work = maintenance_of(episode.subject, group, policies.maintenance, self._at)
        return tuple(silence.id for silence in silences), None if work is None else safe_text(work[0].name, 64)

    def cause_of(self, alert_id: int) -> Episode | None:
        """The open alert that another one follows from."""
        cause = self._causes.get(alert_id)
        return next((episode for episode in self._open if episode.id == cause), None)

    def worst_first(self) -> tuple[AlertView, ...]:
        """Open alerts by severity, firing before pending, unacknowledged before acknowledged, oldest first.

        Followers come directly after their cause, in the same order.
        """
        views = sorted((self.of(episode) for episode in self._open), key=urgency)
        after: dict[int, list[AlertView]] = {}
        for view in views:
            if view.follows_from is not None:
                after.setdefault(view.follows_from, []).append(view)
        return tuple(each for view in views if view.follows_from is None for each in (view, *after.get(view.id, ())))


def urgency(alert: AlertView) -> tuple[int, bool, bool, datetime, int]:
    """Sorts the most urgent alert first."""
    return (
        -alert.severity.rank,
        alert.state is AlertState.PENDING,
        alert.acknowledged_by is not None,
        alert.opened_at,
        alert.id,
    )


def worst_of(alerts: Sequence[AlertView], subject: str) -> AlertView | None:
    """The most urgent alert of a target or of one of its values."""
    return min((alert for alert in alerts if belongs_to(alert.subject, subject)), key=urgency, default=None)
