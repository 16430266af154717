"""Incidents that overlap in time are one outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.analysis.uptime.incidents import Incident, incidents
from amt_console.analysis.uptime.outages import outages
from amt_console.model import ServiceState, StateSpan
from amt_console.reports.words import outages_text

START = datetime(2026, 5, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def down(service: str, *stretches: tuple[int, int], end: int = 3600) -> tuple[list[Incident], list[StateSpan]]:
    spans, now = [], 0
    for start, until in stretches:
        spans += [StateSpan(at(now), at(start), ServiceState.UP), StateSpan(at(start), at(until), ServiceState.DOWN)]
        now = until
    spans.append(StateSpan(at(now), at(end), ServiceState.UP))
    return incidents(service, [span for span in spans if span.seconds > 0]), spans


def together(*services: tuple[list[Incident], list[StateSpan]]) -> tuple[list[Incident], list[StateSpan]]:
    return [i for found, _ in services for i in found], [s for _, spans in services for s in spans]


def test_one_outage_that_takes_five_services_with_it_is_counted_once() -> None:
    names = ("api", "chat", "plans", "overview", "revenue")
    found = outages(*together(*(down(name, (100 + 2 * i, 220 + 2 * i)) for i, name in enumerate(names))))
    (outage,) = found
    assert outage.services == names
    assert (outage.start, outage.end, outage.down_s, outage.service_s) == (at(100), at(228), 128, 600)
    assert outages_text(found) == "1 outage of 2m 8s, 5 services, 10 service-minutes"


def test_outages_apart_in_time_are_counted_apart() -> None:
    found = outages(*together(down("api", (0, 60), (600, 660)), down("web", (2000, 2300))))
    assert [(outage.services, outage.down_s) for outage in found] == [(("api",), 60), (("api",), 60), (("web",), 300)]
    assert outages_text(found) == "3 outages, 7m in all"
    mixed = outages(*together(down("api", (0, 60), (600, 660)), down("web", (30, 90))))
    assert outages_text(mixed) == "2 outages of 2 services, 2m 30s in all (3 service-minutes)"


def test_one_service_alone_needs_no_service_minutes() -> None:
    assert outages_text(outages(*down("api", (10, 130)))) == "1 outage of 2m"


def test_what_lasts_to_the_windows_end_is_ongoing() -> None:
    (outage,) = outages(*down("api", (10, 130), end=130))
    assert outage.ongoing


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500), st.integers(1, 60)), max_size=8))
def test_no_downtime_is_lost_or_counted_twice(stretches: list[tuple[str, int, int]]) -> None:
    seconds: dict[str, set[int]] = {}
    for service, start, length in stretches:
        seconds.setdefault(service, set()).update(range(start, start + length))
    runs = {name: [(s, s + 1) for s in sorted(taken)] for name, taken in seconds.items()}
    found = outages(*together(*(down(name, *spans) for name, spans in runs.items())))
    assert sum(outage.service_s for outage in found) == sum(len(taken) for taken in seconds.values())
    assert sum(outage.down_s for outage in found) == len(set().union(*seconds.values()))
    assert all(one.end < other.start for one, other in pairwise(found))
