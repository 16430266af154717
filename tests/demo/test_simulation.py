from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.demo.rhythm import activity, apportion, hour_of_day_activity, last_day_activity
from amt_console.demo.simulation import SimulatedPlatform, think_seconds
from amt_console.model import FigureKind
from collectors.figures.catalogue import FIGURE_SPECS
from collectors.figures.reader import read_figures

pytestmark = pytest.mark.slow

moments = st.datetimes(datetime(2025, 6, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
seeds = st.integers(0, 2**31)


def figures(seed: int, kind: FigureKind, at: datetime) -> dict[str, Any]:
    """All figures of one endpoint, read as the monitor reads them."""
    body = json.dumps(SimulatedPlatform(seed).answer(kind, at)).encode()
    read = read_figures(kind, body, timestamp=at).figures
    missing = {name: figure.reason for name, figure in read.items() if figure.reason is not None}
    assert missing == {}
    assert {name: figure.suspect for name, figure in read.items() if figure.suspect is not None} == {}
    return {name: figure.value for name, figure in read.items()}


def total(breakdown: tuple[tuple[str, float], ...]) -> float:
    return sum(value for _, value in breakdown)


@given(seeds, moments)
def test_revenue_fits_together(seed: int, at: datetime) -> None:
    revenue = figures(seed, FigureKind.REVENUE, at)
    assert revenue["arr"] == pytest.approx(12 * revenue["mrr"])
    assert total(revenue["plan_distribution"]) == revenue["paying_users"]
    assert revenue["monthly_billing"] + revenue["yearly_billing"] == revenue["paying_users"]
    assert revenue["arpu"] == pytest.approx(revenue["mrr"] / revenue["paying_users"], abs=0.006)
    assert len(revenue["history"]) == 12
    assert revenue["history"][-1] == (f"{at:%Y-%m}", revenue["mrr"])
    months = [month for month, _ in revenue["history"]]
    assert months == sorted(set(months))


@given(seeds, moments)
def test_users_fit_together_and_agree_with_revenue(seed: int, at: datetime) -> None:
    overview = figures(seed, FigureKind.OVERVIEW, at)
    paying = figures(seed, FigureKind.REVENUE, at)["paying_users"]
    assert overview["concurrent_users"] <= overview["daily_active_users"] <= overview["monthly_active_users"]
    assert overview["monthly_active_users"] <= overview["total_users"]
    assert overview["conversion_rate"] == pytest.approx(100 * paying / overview["total_users"], abs=0.006)
    assert total(overview["traffic_sources"]) == overview["sessions"]
    assert total(overview["top_pages"]) == overview["page_views"]
    assert total(overview["languages"]) == overview["monthly_active_users"]


@given(seeds, moments)
def test_chats_fit_together(seed: int, at: datetime) -> None:
    chats = figures(seed, FigureKind.CHATBOT, at)
    for breakdown in ("topics", "languages", "hourly_distribution"):
        assert total(chats[breakdown]) == chats["conversations"]
    assert [label for label, _ in chats["hourly_distribution"]] == [str(hour) for hour in range(24)]
    assert [label for label, _ in chats["ratings"]] == ["1", "2", "3", "4", "5"]
    rated = total(chats["ratings"])
    weighted = sum(int(stars) * count for stars, count in chats["ratings"])
    assert chats["satisfaction"] == pytest.approx(weighted / rated, abs=0.006)
    assert chats["resolution_rate"] + chats["escalation_rate"] <= 100


def test_plans_have_both_prices() -> None:
    plans = figures(1, FigureKind.PLANS, datetime(2026, 1, 1, tzinfo=UTC))
    assert [name for name, _ in plans["prices"]] == [name for name, _ in plans["yearly_prices"]]


@given(seeds, moments, st.sampled_from(list(FigureKind)))
def test_the_same_seed_and_moment_give_the_same_answer(seed: int, at: datetime, kind: FigureKind) -> None:
    assert SimulatedPlatform(seed).answer(kind, at) == SimulatedPlatform(seed).answer(kind, at)


def test_another_seed_is_another_platform() -> None:
    at = datetime(2026, 3, 4, 15, tzinfo=UTC)
    assert figures(1, FigureKind.REVENUE, at)["mrr"] != figures(2, FigureKind.REVENUE, at)["mrr"]


def test_there_is_a_day_and_a_week() -> None:
    night, noon = datetime(2026, 3, 4, 3, tzinfo=UTC), datetime(2026, 3, 4, 15, tzinfo=UTC)
    sunday = datetime(2026, 3, 8, 15, tzinfo=UTC)
    assert activity(1, noon) > 3 * activity(1, night)
    assert activity(1, noon) > 1.4 * activity(1, sunday)
    assert hour_of_day_activity(15) > hour_of_day_activity(3)
    assert last_day_activity(sunday) < last_day_activity(noon)
    platform = SimulatedPlatform(1)
    assert platform.audience(noon).concurrent > 3 * platform.audience(night).concurrent


def test_users_grow() -> None:
    platform, start = SimulatedPlatform(4), datetime(2026, 1, 1, tzinfo=UTC)
    totals = [platform.audience(start + timedelta(days=day)).total for day in range(0, 60, 10)]
    assert totals == sorted(totals)
    assert totals[0] < totals[-1]


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_a_split_adds_up_and_keeps_the_proportions(whole: int, weights: list[float]) -> None:
    parts = apportion(whole, weights)
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - whole * weight / sum(weights)) <= 1.0001


@given(seeds, moments, st.floats(0, 1, exclude_max=True), st.sampled_from(["/", "/api/health", "/api/chat/analytics"]))
def test_an_undisturbed_answer_takes_no_time_that_would_alarm(
    seed: int, at: datetime, chance: float, route: str
) -> None:
    assert 0 < think_seconds(route, activity(seed, at), chance) < 1.0


def test_all_figures_of_the_specifications_are_simulated() -> None:
    at = datetime(2026, 3, 4, 15, tzinfo=UTC)
    for kind, specs in FIGURE_SPECS.items():
        assert set(figures(7, kind, at)) == {spec.name for spec in cast(Any, specs)}
