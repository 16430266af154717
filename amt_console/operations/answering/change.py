"""The change of a service or an alert that comes next before or after a moment."""

from __future__ import annotations

from datetime import datetime

from amt_console.model import AlertEvent, ServiceState
from amt_console.model.queries import ChangeQuery
from amt_console.model.queries.change import Change
from amt_console.operations.answering.scene import Asked
from amt_console.store import StateChangeRow
from amt_console.text import EVENT_WORDS, reason_of, safe_text

_AT_ONCE = 100
"""Changes of state that are read at once: most are of watched services."""
_MOST_WORDS = 3
"""Changes of one moment that are told."""
_STATES = {
    ServiceState.UP: "is up",
    ServiceState.DEGRADED: "is slow",
    ServiceState.DOWN: "is down",
    ServiceState.UNKNOWN: "is not known",
    ServiceState.MAINTENANCE: "is in maintenance",
}
_COUNTED = "step"
"""An event about one more passed limit of an alert that is open anyway."""
_WITH_WORDS = frozenset(("opened", "fired", "relapsed", "error_changed"))


def change(query: ChangeQuery, asked: Asked) -> Change:
    """The newest change before the moment, or the first one after it; nothing later than now."""
    at = asked.end(query)
    found = [*_state_changes(asked, at, later=query.later), *_events(asked, at, later=query.later)]
    if not found:
        return Change()
    pick = min if query.later else max
    first = pick(moment for moment, _ in found)
    words = [words for moment, words in found if moment == first]
    more = [f"{len(words) - _MOST_WORDS} more"] if len(words) > _MOST_WORDS else []
    return Change(first, "; ".join([*words[:_MOST_WORDS], *more]))


def _state_changes(asked: Asked, at: datetime, *, later: bool) -> list[tuple[datetime, str]]:
    """Of watched services, all of the next moment that has any."""
    names = {target.name for target in asked.targets}
    while True:
        rows = asked.reads.services.changes_beside(at, later=later, limit=_AT_ONCE)
        known = [row for row in rows if row.service in names and row.at <= asked.now]
        if known or len(rows) < _AT_ONCE:
            return [(row.at, _state_words(row)) for row in known if row.at == known[0].at]
        at = rows[-1].at


def _state_words(row: StateChangeRow) -> str:
    words = f"{safe_text(row.service, 100)} {_STATES[row.state]}"
    return f"{words}: {safe_text(row.error, 200)}" if row.error and row.state is not ServiceState.UP else words


def _events(asked: Asked, at: datetime, *, later: bool) -> list[tuple[datetime, str]]:
    found = asked.reads.alerts.events_beside(at, later=later, without=_COUNTED, limit=_MOST_WORDS + 1)
    return [(event.at, _event_words(event, subject)) for event, subject in found if event.at <= asked.now]


def _event_words(event: AlertEvent, subject: str) -> str:
    about = safe_text(subject, 100)
    words = f"alert #{event.alert_id} {about} {EVENT_WORDS.get(event.kind, safe_text(event.kind, 40))}"
    if event.kind == "severity":
        words += f": {event.severity.value}"
    if event.actor is not None:
        words += f" by {safe_text(event.actor, 64)}"
    if event.kind in _WITH_WORDS:
        words += f": {safe_text(reason_of(event.message, subject), 200)}"
    return words
