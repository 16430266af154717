"""The states of services over a window."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from amt_console.model import MAX_LABEL_CHARS
from amt_console.model.queries import StatesQuery
from amt_console.model.queries.states import StateHistory
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.states import state_history
from amt_console.text import safe_text

KEPT_HOURS = 1.0
"""Answers over longer windows are large: they are not kept."""


def states(query: StatesQuery, asked: Asked) -> StateHistory:
    """By the names of the snapshot, in its order; of services that nobody watches there is nothing."""
    end = asked.end(query)
    start = end - timedelta(hours=query.hours)
    shown = {target.name: safe_text(target.name, MAX_LABEL_CHARS) for target in asked.targets}
    wanted = tuple(name for name, label in shown.items() if query.services is None or label in query.services)
    read = partial(state_history, asked.reads, wanted, start, end)
    key = StatesQuery.name, wanted, start, end
    found = asked.settled.answer(key, end, read) if query.hours <= KEPT_HOURS else read()
    return StateHistory(start, end, {shown[name]: spans for name, spans in found.items()})
