"""Names of wide, combining and right-to-left characters: what stands behind them stays in its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.cells import cell_len
from support.pictures import NOW, incident

from amt_console.console.cards.facts import probes, seen_from
from amt_console.console.cards.service_lines import event_lines
from amt_console.console.cards.value_lines import value_lines
from amt_console.console.screens.monitor import job_lines, on_call_lines, presence_lines
from amt_console.model import LocationView, Phases, PresentPerson, ServiceState
from amt_console.model.inbound import HeartbeatState, HeartbeatView
from amt_console.model.oncall import OnCall
from amt_console.model.queries.states import StateHistory
from amt_console.model.results import StateSpan
from amt_console.operations.protocol import RecentProbe, ValueHistory
from widgets.cells import Runs, fit
from widgets.look import PLAIN_LOOK

NAMES = ("api", "日本語サービス", "ｆｕｌｌ", "ก็ที่", "שלום", "👩👩👧family", "a" * 23)
BEGAN = NOW - timedelta(minutes=5)
DOWN = ServiceState.DOWN


def _spans(error: str = "refused") -> tuple[StateSpan, ...]:
    return (StateSpan(BEGAN, NOW, DOWN, error),)


def _events() -> list[Runs]:
    return event_lines(StateHistory(BEGAN, NOW, {name: _spans() for name in NAMES}), NOW, PLAIN_LOOK, 20)


def _locations() -> list[Runs]:
    return seen_from([LocationView(name, DOWN, BEGAN, NOW, error="refused") for name in NAMES], NOW, PLAIN_LOOK)


def _probes() -> list[Runs]:
    rows = [RecentProbe(NOW, DOWN, None, Phases(), error="refused", location=name) for name in NAMES]
    return probes(rows, NOW, PLAIN_LOOK)


def _present() -> list[Runs]:
    people = tuple(PresentPerson(name, BEGAN, "refused") for name in NAMES)
    return presence_lines(replace(incident(), presence=people), NOW, PLAIN_LOOK)


def _rotas() -> list[Runs]:
    return on_call_lines(replace(incident(), on_call=tuple(OnCall(n, "refused", None) for n in NAMES)), PLAIN_LOOK)


def _jobs() -> list[Runs]:
    jobs = tuple(HeartbeatView(name, HeartbeatState.DOWN, "g", message="refused") for name in NAMES)
    return job_lines(replace(incident(), heartbeats=jobs), PLAIN_LOOK)


def _values() -> list[Runs]:
    return value_lines([ValueHistory(name, (1.0,), 1.0, 2.0, "refused") for name in NAMES], PLAIN_LOOK)


@pytest.mark.parametrize("lines", [_events, _locations, _probes, _present, _rotas, _jobs, _values])
def test_what_stands_behind_a_name_is_in_one_column(lines: Callable[[], Sequence[Runs]]) -> None:
    drawn = ["".join(segment.text for segment in fit(runs, 160)) for runs in lines()]
    columns = {cell_len(line.partition("refused")[0]) for line in drawn}
    assert len(drawn) == len(NAMES)
    assert len(columns) == 1, "\n".join(drawn)


def test_the_times_of_trouble_are_as_wide_as_the_longest_of_them() -> None:
    text = "".join(part for part, _ in _events()[0])
    assert text.startswith(f"{BEGAN.astimezone(PLAIN_LOOK.zone):%H:%M}  "), text
