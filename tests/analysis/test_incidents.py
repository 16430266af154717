from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.analysis.uptime.incidents import incidents, state_spans, unmeasured_spans
from amt_console.model import Gap, GapReason, ServiceState

START = datetime(2026, 1, 5, tzinfo=UTC)
UP, DOWN, SLOW, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UNKNOWN


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


MINUTES = st.integers(-20, 80)
CHANGES = st.lists(
    st.tuples(MINUTES.map(at), st.sampled_from(list(ServiceState)), st.sampled_from([None, "HTTP 503"])), max_size=12
)
HOLES = st.lists(st.tuples(MINUTES.map(at), MINUTES.map(at)), max_size=4)


def test_an_outage_has_its_start_its_end_and_its_first_error() -> None:
    spans = state_spans(UP, [(at(10), DOWN, "HTTP 503"), (at(14), UP, None)], start=START, end=at(60))
    (found,) = incidents("api", spans)
    assert (found.start, found.end, found.down_s, found.cause) == (at(10), at(14), 240, "HTTP 503")
    assert not found.ongoing


def test_a_hole_inside_an_outage_is_not_counted_and_does_not_end_it() -> None:
    changes = [(at(10), DOWN, "timeout"), (at(40), UP, None)]
    spans = state_spans(UP, changes, start=START, end=at(60), unmeasured=[(at(20), at(30))])
    (found,) = incidents("api", spans)
    assert (found.start, found.end, found.down_s) == (at(10), at(40), 20 * 60)


def test_slow_is_no_incident() -> None:
    assert incidents("api", state_spans(UP, [(at(10), SLOW, None)], start=START, end=at(60))) == []


def test_an_outage_at_the_edges_is_cut_and_marked() -> None:
    spans = state_spans(DOWN, [(at(5), UP, None), (at(50), DOWN, "refused")], start=START, end=at(60))
    first, last = incidents("api", spans, began_earlier=True)
    assert (first.start, first.began_earlier, first.ongoing) == (START, True, False)
    assert (last.end, last.began_earlier, last.ongoing) == (at(60), False, True)


def test_an_outage_whose_end_nobody_saw_lasts() -> None:
    spans = state_spans(UP, [(at(10), DOWN, "refused")], start=START, end=at(60), unmeasured=[(at(20), at(60))])
    (found,) = incidents("api", spans)
    assert found.ongoing
    assert found.down_s == 600


def test_down_between_two_ups_in_the_same_moment_is_nothing() -> None:
    spans = state_spans(UP, [(at(5), DOWN, None), (at(5), UP, None)], start=START, end=at(10))
    assert [span.state for span in spans] == [UP]


@pytest.mark.slow
@given(st.sampled_from(list(ServiceState)), CHANGES, HOLES)
def test_spans_cover_the_window_without_a_hole(
    initial: ServiceState,
    changes: list[tuple[datetime, ServiceState, str | None]],
    holes: list[tuple[datetime, datetime]],
) -> None:
    spans = state_spans(initial, changes, start=START, end=at(60), unmeasured=holes)
    assert spans[0].start == START
    assert spans[-1].end == at(60)
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span.end > span.start for span in spans)


@pytest.mark.slow
@given(st.sampled_from(list(ServiceState)), CHANGES, HOLES)
def test_the_downtime_of_the_incidents_is_the_downtime_of_the_spans(
    initial: ServiceState,
    changes: list[tuple[datetime, ServiceState, str | None]],
    holes: list[tuple[datetime, datetime]],
) -> None:
    spans = state_spans(initial, changes, start=START, end=at(60), unmeasured=holes)
    found = incidents("api", spans)
    assert sum(i.down_s for i in found) == sum(span.seconds for span in spans if span.state is DOWN)
    assert all(before.end <= after.start for before, after in pairwise(found))


def test_gaps_are_cut_to_the_window() -> None:
    gaps = [
        Gap(at(50), at(90), GapReason.STOPPED),
        Gap(at(-10), at(5), GapReason.SUSPENDED),
        Gap(at(70), at(80), GapReason.STALLED),
    ]
    assert unmeasured_spans(gaps, START, at(60)) == [(START, at(5)), (at(50), at(60))]


def test_unknown_is_no_incident() -> None:
    assert incidents("api", state_spans(UNKNOWN, [], start=START, end=at(60))) == []
