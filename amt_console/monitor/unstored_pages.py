"""Pages and ends of alerts that cannot be stored, collected meanwhile: they are sent directly."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from amt_console.model import EpisodeChange
from amt_console.model.notifications import NoticeKind, OutboxEntry

DIRECT_AFTER = 15.0
"""Seconds without a commit after which pages are sent directly; with a full disk at once."""
_Key = tuple[object, ...]


class UnstoredPages:
    """Filled on the writing thread, taken on the engine's loop."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: set[_Key] = set()
        self._waiting: list[OutboxEntry] = []

    def add(self, changes: Iterable[EpisodeChange]) -> None:
        """The pages and ends that follow from changes in memory; each once."""
        with self._guard:
            for change in changes:
                for entry in change.outbox:
                    notice = entry.notice
                    if notice is None or not (entry.kind.pages or entry.kind is NoticeKind.RESOLVED):
                        continue
                    episode = change.episode
                    which = (episode.rule_id, episode.subject, episode.opened_at)
                    key: _Key = (*which, entry.kind, notice.level, notice.severity, entry.channel, entry.receiver)
                    if key not in self._seen:
                        self._seen.add(key)
                        self._waiting.append(entry)

    def take(self) -> tuple[OutboxEntry, ...]:
        """What waits, to be sent directly."""
        with self._guard:
            waiting, self._waiting = tuple(self._waiting), []
            return waiting

    def clear(self) -> None:
        """Everything is stored again."""
        with self._guard:
            self._waiting.clear()
            self._seen.clear()
