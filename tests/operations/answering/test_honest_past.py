"""An answer at a moment is the same, whenever it is asked: nothing later is known to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.recorded import ANN, BEN, Recorded

from amt_console.model import Acknowledge, Note, ServiceState, Severity, Unacknowledge
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
from amt_console.operations.audit_rows import CONSOLE, OPENED, add_row
from amt_console.operations.protocol import ConflictError

pytestmark = pytest.mark.slow

QUESTIONS: tuple[Query[Any], ...] = (
    AlertHistoryQuery(hours=2),
    AwayQuery(),
    BusinessQuery(hours=1),
    BusinessQuery(hours=24),
    ChangeQuery(),
    HostQuery(hours=0.25),
    HostQuery(hours=24, most_buckets=300, disks=True),
    IncidentsQuery(hours=24),
    StatesQuery(hours=0.5),
    StatesQuery(hours=24),
    ActivityQuery(hours=2),
)
STEPS = ("calm", "down", "slow", "gap", "silent", "alert", "take", "leave", "note", "steady", "end", "deliver", "look")


def happen(recorded: Recorded, step: str) -> None:
    subject = next(iter(recorded.open), None)
    number = None if subject is None else recorded.open[subject].id
    recorded.clock.advance(7)
    try:
        match step:
            case "calm":
                recorded.go_on(3)
            case "down":
                recorded.go_on(2, busy=3.0, api=ServiceState.DOWN, web=ServiceState.DOWN)
            case "slow":
                recorded.go_on(1, chat=ServiceState.DEGRADED)
            case "gap":
                recorded.gap(7)
            case "silent":
                recorded.clock.advance(400)
            case "alert":
                new = next((each for each in ("api", "web", "chat") if each not in recorded.open), None)
                if new is not None:
                    recorded.alert(new, Severity.WARNING if new == "chat" else Severity.CRITICAL)
            case "take" if number is not None:
                recorded.act(Acknowledge(number, note="mine"), BEN)
            case "leave" if number is not None:
                recorded.act(Unacknowledge(number), ANN)
            case "note" if number is not None:
                recorded.act(Note(number, "seen"), BEN)
            case "steady" if subject is not None:
                recorded.steady(subject, f"{subject} is down: still", 7.0)
            case "end" if subject is not None:
                recorded.end(subject)
            case "deliver":
                recorded.delivered(*recorded.undelivered())
            case "look":
                add_row(recorded.store, recorded.clock, ANN, OPENED, CONSOLE)
    except ConflictError:
        pass


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=8), st.lists(st.sampled_from(STEPS), min_size=1, max_size=8)
)
def test_an_answer_at_a_moment_is_the_same_whenever_it_is_asked(
    recorded: Recorded, before: list[str], after: list[str]
) -> None:
    for step in before:
        happen(recorded, step)
    recorded.clock.advance(11)
    known = [MovedQuery(each.id) for each in recorded.operations.alerts()]
    asked = [replace(query, at=recorded.now) for query in (*QUESTIONS, *known)]
    answers = [recorded.ask(query) for query in asked]
    for step in after:
        happen(recorded, step)
    for query, answer in zip(asked, answers, strict=True):
        assert recorded.ask(query) == answer
