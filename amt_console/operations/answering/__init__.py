"""Answers to the questions of screens, read from a store. One handler per question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from amt_console.model.queries import (
    ActivityQuery,
    AlertHistoryQuery,
    AwayQuery,
    BusinessQuery,
    ChangeQuery,
    HostQuery,
    IncidentsQuery,
    MovedQuery,
    Query,
    StatesQuery,
)
from amt_console.operations.answering.activity import activity
from amt_console.operations.answering.alerts import alert_history
from amt_console.operations.answering.away import away
from amt_console.operations.answering.business import business
from amt_console.operations.answering.change import change
from amt_console.operations.answering.host import host
from amt_console.operations.answering.incidents import incidents
from amt_console.operations.answering.moved import moved
from amt_console.operations.answering.scene import Asked
from amt_console.operations.answering.settled import SettledAnswers
from amt_console.operations.answering.states import states
from amt_console.operations.protocol import Answer, InvalidError

_HANDLERS: Mapping[type[Query[Any]], Callable[[Any, Asked], Any]] = {
    ActivityQuery: activity,
    AlertHistoryQuery: alert_history,
    AwayQuery: away,
    BusinessQuery: business,
    ChangeQuery: change,
    HostQuery: host,
    IncidentsQuery: incidents,
    MovedQuery: moved,
    StatesQuery: states,
}

__all__ = ["Asked", "SettledAnswers", "answer"]


def answer(query: Query[Answer], asked: Asked) -> Answer:
    """Answer a question. Raises NotFoundError, InvalidError."""
    handler = _HANDLERS.get(type(query))
    if handler is None:
        raise InvalidError(f"the question {query.name} is not known here")
    return cast("Answer", handler(query, asked))
