"""The newest episode of every alert key during the evaluation of a batch, and the changes to store. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from amt_console.alerts import Plan, Planner, Step
from amt_console.model import Episode, EpisodeChange

Key = tuple[str, str]
"""Rule and subject: at most one episode of a key is open."""


class Ledger:
    """Steps episodes in memory. Several steps of one episode become one change.

    Args:
        episodes: In any order. Of several with one key the open one counts, else the newest.
    """

    def __init__(self, episodes: Iterable[Episode]) -> None:
        self.changes: list[EpisodeChange] = []
        """To be stored in this order."""
        self.recorded: list[EpisodeChange] = []
        """The stored changes, with the ids of their episodes."""
        self._newest: dict[Key, Episode] = {}
        self._latest_change: dict[Key, int] = {}
        for episode in episodes:
            known = self._newest.get(key_of(episode))
            if known is None or _rank(episode) > _rank(known):
                self._newest[key_of(episode)] = episode

    def newest(self, key: Key) -> Episode | None:
        """The newest episode of a key."""
        return self._newest.get(key)

    def has_open(self, key: Key) -> bool:
        """Whether an episode of the key is open."""
        episode = self._newest.get(key)
        return episode is not None and episode.open

    @property
    def has_any_open(self) -> bool:
        """Whether any episode is open."""
        return any(episode.open for episode in self._newest.values())

    def of_rule(self, rule_id: str) -> dict[str, Episode]:
        """The newest episodes of one rule by subject."""
        return {subject: episode for (rule, subject), episode in self._newest.items() if rule == rule_id}

    def open(self) -> list[Episode]:
        """The open episodes."""
        return [episode for episode in self._newest.values() if episode.open]

    def all(self) -> list[Episode]:
        """The newest episode of each key."""
        return list(self._newest.values())

    def apply(self, key: Key, step: Step) -> None:
        """Apply a step of the key's newest episode."""
        if not step.changed or step.episode is None:
            return
        before = self._newest.get(key)
        self._newest[key] = step.episode
        index = self._latest_change.get(key)
        if index is None or before is None or not before.open:
            self._latest_change[key] = len(self.changes)
            self.changes.append(EpisodeChange(step.episode, step.events, answer=step.answer))
            return
        change = self.changes[index]
        answer = change.answer if step.answer is None else step.answer
        self.changes[index] = replace(change, episode=step.episode, events=change.events + step.events, answer=answer)

    def plan(self, planner: Planner) -> None:
        """Plan the messages of every changed and every open alert."""
        for index, change in enumerate(self.changes):
            plan = planner.plan(change.episode, change.events)
            if plan.changed:
                self._replace(index, change, plan)
        changed = {key_of(change.episode) for change in self.changes}
        for key, episode in list(self._newest.items()):
            # A row of the original system has no rule: its life is told by whoever wrote it.
            if episode.open and episode.rule_id and key not in changed:
                plan = planner.plan(episode)
                if plan.changed:
                    self._latest_change[key] = len(self.changes)
                    self.changes.append(EpisodeChange(episode))
                    self._replace(len(self.changes) - 1, self.changes[-1], plan)

    def _replace(self, index: int, change: EpisodeChange, plan: Plan) -> None:
        key = key_of(change.episode)
        if self._newest.get(key) is change.episode:
            self._newest[key] = plan.episode
        self.changes[index] = replace(
            change,
            episode=plan.episode,
            events=change.events + plan.events,
            outbox=plan.outbox,
            decisions=plan.decisions,
        )

    def stored(self, change: EpisodeChange, episode: Episode) -> None:
        """Note that a change was stored, with its id and version."""
        self.recorded.append(replace(change, episode=episode))
        key = key_of(episode)
        if self._newest.get(key) is change.episode:
            self._newest[key] = episode


def key_of(episode: Episode) -> Key:
    """The key of an episode."""
    return episode.rule_id, episode.subject


def _rank(episode: Episode) -> tuple[bool, int]:
    return episode.open, episode.id or 0
