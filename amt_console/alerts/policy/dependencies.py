"""The open alerts of one instant, by what their subjects need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from amt_console.alerts.lifecycle.consequences import Needs, consequences
from amt_console.model import AlertState, AlertType, Episode
from amt_console.model.policy import Policies

_DEPENDENCY_TYPES = frozenset((AlertType.SERVICE_DOWN, AlertType.DATABASE))


class Dependencies:
    """Finds causes and followers among open alerts. Those that are not stored yet have no id."""

    def __init__(self, open_episodes: Iterable[Episode], policies: Policies) -> None:
        self._policies = policies
        self._numbered = {
            (episode.rule_id, episode.subject): episode if episode.id is not None else replace(episode, id=-number)
            for number, episode in enumerate(open_episodes, start=1)
        }
        self._by_id = {episode.id: episode for episode in self._numbered.values()}
        self._unconfirmed = tuple(
            episode
            for episode in self._numbered.values()
            if episode.state is AlertState.PENDING and episode.alert_type in _DEPENDENCY_TYPES
        )
        self._needs = Needs(policies.depends_on)
        self._causes: dict[int, int] | None = None

    def cause_of(self, episode: Episode) -> Episode | None:
        """The open alert that this one follows from."""
        mine = self._numbered.get((episode.rule_id, episode.subject))
        if mine is None or mine.id is None:
            return None
        cause = self._all_causes.get(mine.id)
        return None if cause is None else self._by_id.get(cause)

    def followers_of(self, episode: Episode) -> int:
        """How many open alerts follow from this one."""
        mine = self._numbered.get((episode.rule_id, episode.subject))
        return 0 if mine is None else sum(cause == mine.id for cause in self._all_causes.values())

    def unconfirmed_for(self, episode: Episode) -> Episode | None:
        """An alert on something that the subject needs, which is being re-checked."""
        return next(
            (each for each in self._unconfirmed if self._needs.above(episode.subject, each.subject)),
            None,
        )

    @property
    def _all_causes(self) -> Mapping[int, int]:
        if self._causes is None:
            policies = self._policies
            self._causes = consequences(self._numbered.values(), policies.depends_on, policies.intervals)
        return self._causes
