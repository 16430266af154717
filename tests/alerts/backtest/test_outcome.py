"""What rules would have fired, beside what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amt_console.alerts.backtest.outcome import Fired, Recorded, RuleOutcome, in_context, is_night, outcomes
from amt_console.model import AlertState, AlertType, Episode, Severity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNTIL = NOON + timedelta(hours=10)
INTERVALS = {"shop": 30.0}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def fired(
    start: float,
    end: float | None = None,
    *,
    rule: str = "down",
    subject: str = "shop",
    alert_type: AlertType = AlertType.SERVICE_DOWN,
    severity: Severity = Severity.CRITICAL,
) -> Fired:
    episode = Episode(rule, subject, alert_type, severity, f"{subject} is down: timeout", AlertState.PENDING, at(start))
    return Fired(rule, subject, at(start), None if end is None else at(end), severity, episode)


def recorded(
    number: int,
    start: float,
    end: float | None = None,
    *,
    rule: str = "down",
    subject: str = "shop",
    acknowledged: bool = False,
) -> Recorded:
    return Recorded(number, rule, subject, at(start), None if end is None else at(end), acknowledged)


def compared(
    would: Sequence[Fired], were: Sequence[Recorded] = (), rules: Sequence[str] = ("down",)
) -> tuple[RuleOutcome, ...]:
    return outcomes(would, were, rules=rules, until=UNTIL, zone=UTC, intervals=INTERVALS)


@pytest.mark.parametrize(
    ("hour", "minute", "night"),
    [(21, 59, False), (22, 0, True), (23, 59, True), (0, 0, True), (6, 59, True), (7, 0, False), (12, 0, False)],
)
def test_the_night_lies_between_22_and_7_of_the_local_day(hour: int, minute: int, night: bool) -> None:
    zone = ZoneInfo("America/New_York")
    moment = datetime(2026, 3, 2, hour, minute, tzinfo=zone)
    assert is_night(moment.astimezone(UTC), zone) is night


def test_rules_stand_in_their_order_and_then_those_that_are_gone() -> None:
    would = [fired(0, rule="b"), fired(1, rule="extra")]
    were = [recorded(1, 0, rule="old"), recorded(2, 0, rule="gone"), recorded(3, 0, rule="b")]
    found = compared(would, were, ["c", "b", "a", "a/no_data"])
    assert [each.name for each in found] == ["c", "b", "a", "extra", "gone", "old"]
    assert [each.missed for each in found] == [(), (), (), (), (2,), (1,)]
    assert found[0] == RuleOutcome("c")


@pytest.mark.parametrize(
    ("would", "were"),
    [([fired(0, rule="a/no_data")], []), ([], [recorded(1, 0, rule="a/no_data")])],
    ids=["would fire", "has fired"],
)
def test_missing_data_is_listed_where_it_fires(would: list[Fired], were: list[Recorded]) -> None:
    assert [each.name for each in compared(would, were, ["a/no_data"])] == ["a/no_data"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        # Two intervals of half a minute of slack on both sides.
        ((10, 20), (21, 30), True),
        ((10, 20), (21.1, 30), False),
        ((10, 20), (5, 9), True),
        ((10, 20), (5, 8.9), False),
        ((10, 20), (12, 15), True),
        ((10, None), (500, 510), True),
        ((10, 20), (0, None), True),
        ((10, 20), (22, None), False),
        ((599, None), (0, None), True),
    ],
)
def test_alerts_that_touch_are_the_same(
    one: tuple[float, float | None], other: tuple[float, float | None], same: bool
) -> None:
    (found,) = compared([fired(*one)], [recorded(7, *other)])
    assert (found.missed == (), found.new == ()) == (same, same)


def test_alerts_of_two_subjects_are_never_the_same_and_an_unknown_interval_is_a_minute() -> None:
    (found,) = compared([fired(0, 10)], [recorded(1, 0, 10, subject="cart")])
    assert (found.missed, found.new) == ((1,), (fired(0, 10),))
    (found,) = compared([fired(0, 10, subject="cart")], [recorded(1, 12, 20, subject="cart")])
    assert found.missed == ()
    (found,) = compared([fired(0, 10, subject="cart")], [recorded(1, 12.1, 20, subject="cart")])
    assert found.missed == (1,)


def test_figures_of_a_rule() -> None:
    would = [fired(600 - 1), fired(-360, -350), fired(0, 4), fired(0, 2, subject="cart")]
    were = [
        recorded(9, 100, 101),
        recorded(1, 0, 1, acknowledged=False),
        recorded(2, 2, 3, acknowledged=True),
        recorded(8, 50, 51),
    ]
    (found,) = compared(would, were)
    assert [(each.subject, each.start) for each in found.fired] == [
        ("shop", at(-360)),
        ("cart", at(0)),
        ("shop", at(0)),
        ("shop", at(599)),
    ]
    assert found.at_night == 1
    assert found.median_seconds == 180.0
    assert found.acknowledged_share == 0.25
    assert found.missed == (8, 9)
    assert [each.start for each in found.new] == [at(-360), at(0), at(599)]


def contexts(given: Sequence[Fired], intervals: dict[str, float] | None = None) -> list[tuple[str, bool, bool]]:
    found = in_context(given, {"cart": ["shop"]}, intervals or {})
    assert [each.start for each in found] == sorted(each.start for each in given)
    return [(each.subject, each.follows, each.flaps) for each in found]


@pytest.mark.parametrize(
    ("cause_ends", "follower_starts", "follows"),
    [(30, 1, True), (None, 20, True), (5, 6, False), (6, 6, False)],
)
def test_what_is_open_together_may_follow(cause_ends: float | None, follower_starts: float, follows: bool) -> None:
    pair = [fired(follower_starts, 40, subject="cart"), fired(0, cause_ends)]
    assert contexts(pair) == [("shop", False, False), ("cart", follows, False)]


def test_the_cause_does_not_follow_and_of_one_moment_the_rules_and_subjects_are_in_order() -> None:
    slow = AlertType.RESPONSE_TIME
    given = [
        fired(0, 5, rule="b", subject="shop", alert_type=slow, severity=Severity.WARNING),
        fired(0, 5, rule="b", subject="cart", alert_type=slow, severity=Severity.WARNING),
        fired(0, 5, rule="a"),
    ]
    assert contexts(given) == [("shop", False, False), ("cart", True, False), ("shop", True, False)]


def test_many_alerts_of_one_subject_flap_and_those_of_others_do_not_count() -> None:
    often = [fired(4.0 * number, 4.0 * number + 2) for number in range(4)]
    assert [each[2] for each in contexts(often)] == [False, False, True, True]
    others = [fired(4.0 * number, 4.0 * number + 2, subject=f"s{number}") for number in range(4)]
    assert not any(each[2] for each in contexts(others))
    rules = [fired(4.0 * number, 4.0 * number + 2, rule=f"r{number}") for number in range(4)]
    assert not any(each[2] for each in contexts(rules))


def test_flapping_ends_with_a_long_pause_and_is_measured_in_intervals() -> None:
    often = [fired(4.0 * number, 4.0 * number + 2) for number in range(4)]
    assert contexts([*often, fired(500, 510)])[-1] == ("shop", False, False)
    assert not any(each[2] for each in contexts(often, {"shop": 10.0}))
    assert [each[2] for each in contexts([fired(float(number)) for number in range(0, 12, 2)])][-1] is True
