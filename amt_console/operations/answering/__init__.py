"""Answers to the questions of screens, read from a store. One handler per question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from amt_console.model.queries import AlertHistoryQuery, ChangeQuery, Query, StatesQuery
from amt_console.operations.answering.alerts import alert_history
from amt_console.operations.answering.change import change
from amt_console.operations.answering.scene import Asked
from amt_console.operations.answering.states import states
from amt_console.operations.protocol import Answer, InvalidError

_HANDLERS: Mapping[type[Query[Any]], Callable[[Any, Asked], Any]] = {
    AlertHistoryQuery: alert_history,
    ChangeQuery: change,
    StatesQuery: states,
}

__all__ = ["Asked", "answer"]


def answer(query: Query[Answer], asked: Asked) -> Answer:
    """Answer a question. Raises NotFoundError, InvalidError."""
    handler = _HANDLERS.get(type(query))
    if handler is None:
        raise InvalidError(f"the question {query.name} is not known here")
    return cast("Answer", handler(query, asked))
