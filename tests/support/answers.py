"""Sample answers to the questions of screens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.pictures import NOW

from amt_console.model.queries import Query
from amt_console.model.queries.activity import Activity
from amt_console.model.queries.alerts import AlertHistory
from amt_console.model.queries.away import Away
from amt_console.model.queries.business import BusinessHistory
from amt_console.model.queries.change import Change
from amt_console.model.queries.host import HostHistory
from amt_console.model.queries.incidents import IncidentHistory
from amt_console.model.queries.moved import MovedTogether
from amt_console.model.queries.states import StateHistory

_HOUR = timedelta(hours=1)
_EMPTY: dict[str, Any] = {
    "activity": Activity(NOW - 24 * _HOUR, NOW),
    "alert_history": AlertHistory(),
    "away": Away(since=NOW - _HOUR, until=NOW),
    "business": BusinessHistory(NOW - 720 * _HOUR, NOW, 86_400.0),
    "change": Change(),
    "host": HostHistory(NOW - _HOUR, NOW, 60.0),
    "incidents": IncidentHistory(NOW - 720 * _HOUR, NOW),
    "moved": MovedTogether(),
    "states": StateHistory(NOW - _HOUR, NOW),
}


def sample_answer(query: Query[Any]) -> Any:
    """An answer of a quiet platform."""
    return _EMPTY[query.name]
