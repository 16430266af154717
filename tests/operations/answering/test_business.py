"""Revenue, chatbot and users over a window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.recorded import Recorded, minutes

from amt_console.model import BusinessFigures, Figure, FigureKind, FigureUnit, ServiceState
from amt_console.model.queries import BusinessQuery

pytestmark = pytest.mark.slow

DOWN = ServiceState.DOWN
REVENUE = FigureKind.REVENUE


def test_each_bucket_has_the_last_value_that_was_read_in_it(recorded: Recorded) -> None:
    recorded.go_on(62)
    found = recorded.ask(BusinessQuery(hours=1))
    assert found.bucket_seconds == 60
    assert set(found.figures) == {REVENUE}
    assert set(found.figures[REVENUE]) == {"mrr", "churn_rate", "paying_users"}
    churn = found.figures[REVENUE]["churn_rate"]
    assert (churn.unit, churn.currency, churn.first, churn.last) == (FigureUnit.PERCENT, None, 2.5, 2.5)
    assert [index for index, value in enumerate(churn.values) if value is not None] == list(range(3, 61, 5))
    mrr = found.figures[REVENUE]["mrr"]
    assert (mrr.unit, mrr.currency, mrr.projection) == (FigureUnit.MONEY, "EUR", None)
    assert mrr.first < mrr.last


def read_for(recorded: Recorded, days: int, *, every_hours: int) -> None:
    """Figures of some days, as a platform grows. A transaction a day: a server gives up long ones."""
    for day in range(days):
        with recorded.store.transaction() as writes:
            for hour in range(24 * day, 24 * (day + 1), every_hours):
                value = Figure(40_000.0 + 3 * hour + (hour * 7919 % 13), unit="EUR")
                writes.add_figures(BusinessFigures(REVENUE, recorded.now + timedelta(hours=hour), {"mrr": value}))
    recorded.clock.advance(24 * days * 3600 - 1800)


def test_days_end_at_the_time_of_the_end_and_hours_are_whole(recorded: Recorded) -> None:
    read_for(recorded, 32, every_hours=1)
    days = recorded.ask(BusinessQuery())
    assert days.bucket_seconds == 86_400
    assert days.end - days.start == timedelta(days=30)
    values = days.figures[REVENUE]["mrr"].values
    assert len(values) == 30
    assert None not in values
    assert values[-1] == days.figures[REVENUE]["mrr"].last
    hours = recorded.ask(BusinessQuery(most_buckets=750))
    assert hours.bucket_seconds == 3600
    fine = hours.figures[REVENUE]["mrr"]
    assert len(fine.values) == 721
    assert None not in fine.values
    assert fine.last == values[-1]


def test_forecasts_only_where_they_are_asked_for(recorded: Recorded) -> None:
    read_for(recorded, 120, every_hours=12)
    assert recorded.ask(BusinessQuery()).figures[REVENUE]["mrr"].projection is None
    found = recorded.ask(BusinessQuery(projections=True)).figures[REVENUE]["mrr"].projection
    assert found is not None
    assert found.reason
    assert all(point.low <= point.value <= point.high and point.at > recorded.now for point in found.points)


def test_outages_of_several_services_are_one_that_names_them(recorded: Recorded) -> None:
    recorded.go_on(5)
    began = recorded.now + minutes(1)
    recorded.go_on(5, api=DOWN)
    recorded.go_on(5, api=DOWN, web=DOWN)
    recorded.go_on(5, web=DOWN)
    ended = recorded.now + minutes(1)
    recorded.go_on(5)
    recorded.go_on(5, chat=DOWN)
    first, second = recorded.ask(BusinessQuery(hours=1)).outages
    assert (first.start, first.end, first.state, first.error) == (began, ended, DOWN, "api, web")
    assert (second.end, second.error) == (recorded.now, "chat")


def test_absurd_and_hostile_answers_are_harmless(recorded: Recorded) -> None:
    figures = {
        "mrr": Figure(1e300, unit="EUR"),
        "arr\x1b[2J": Figure(12.0, unit="\u202eEUR"),
        "text": Figure((("a", 1.0),)),
    }
    with recorded.store.transaction() as writes:
        writes.add_figures(BusinessFigures(REVENUE, recorded.now, figures))
    found = recorded.ask(BusinessQuery(hours=1)).figures[REVENUE]
    ((name, course),) = found.items()
    assert name == "arr␛[2J"
    assert course.last == pytest.approx(12.0)
    assert course.currency is not None
    assert "\u202e" not in course.currency


def test_nothing_was_read(recorded: Recorded) -> None:
    found = recorded.ask(BusinessQuery(projections=True))
    assert (found.figures, found.outages) == ({}, ())
