"""Lines of the log: one for each transition of an alert, and one for each change of a service's state."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from amt_console.model import AlertEvent, EpisodeChange, ServiceState, Severity
from amt_console.monitor.buffer import Collected, Item
from amt_console.text import safe_text

FIRED = "fired"
Line = tuple[int, str]
"""A level of ``logging``, and the text."""


class Journal:
    """Remembers the last logged state of each service, to log its changes only."""

    def __init__(self) -> None:
        self._states: dict[str, ServiceState] = {}

    def lines(self, items: Sequence[Item], changes: Iterable[EpisodeChange]) -> list[Line]:
        """The lines of a committed batch. The first result of a service is a change unless the service is up."""
        found = [line for item in items if isinstance(item, Collected) and (line := self._state_line(item))]
        return found + [_alert_line(change, event) for change in changes for event in change.events]

    def _state_line(self, item: Collected) -> Line | None:
        result = item.result
        before = self._states.get(result.service, ServiceState.UP)
        if item.late or result.state is before:
            return None
        self._states[result.service] = result.state
        reason = f": {safe_text(result.error)}" if result.error else ""
        text = f"service {safe_text(result.service)} is {result.state.value}, was {before.value}{reason}"
        return (logging.INFO if result.state is ServiceState.UP else logging.WARNING), text


def _alert_line(change: EpisodeChange, event: AlertEvent) -> Line:
    episode = change.episode
    text = (
        f"alert {episode.id} {event.kind}: {event.severity.value} {episode.alert_type.value} {safe_text(event.message)}"
    )
    loud = event.kind == FIRED and event.severity is not Severity.INFO
    return (logging.WARNING if loud else logging.INFO), text
