"""Which alert followed from which, of alerts that may have ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amt_console.alerts import past_consequences
from amt_console.model import AlertState, AlertType, Episode, Severity

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(seconds=1000)
NEEDS = {"orders": ["api"], "api": ["db"]}


def outage(number: int, subject: str, begins: float, ends: float | None = None, *, fired: bool = True) -> Episode:
    begin = START + timedelta(seconds=begins)
    return Episode(
        rule_id=f"down/{number}",
        subject=subject,
        alert_type=AlertType.SERVICE_DOWN,
        severity=Severity.CRITICAL,
        message=f"{subject} is down",
        state=AlertState.FIRING if ends is None else AlertState.RESOLVED,
        opened_at=begin,
        fired_at=begin if fired else None,
        resolved_at=None if ends is None else START + timedelta(seconds=ends),
        id=number,
    )


def followed(*alerts: Episode) -> dict[int, int]:
    return past_consequences(alerts, NEEDS, now=NOW)


def test_an_ended_outage_followed_from_one_that_it_overlaps() -> None:
    assert followed(outage(1, "api", 0, 50), outage(2, "orders", 10, 100)) == {2: 1}
    assert followed(outage(2, "orders", 10, 100), outage(1, "api", 0, 50)) == {2: 1}, "in any order"
    assert followed(outage(1, "api", 0, 50), outage(2, "orders", 51, 100)) == {}


def test_the_moment_in_which_one_ends_and_the_other_begins_is_common_to_both() -> None:
    assert followed(outage(1, "api", 0, 50), outage(2, "orders", 50, 100)) == {2: 1}
    assert followed(outage(1, "orders", 0, 50), outage(2, "api", 50, 100)) == {1: 2}


def test_a_third_one_that_overlaps_both_does_not_join_them() -> None:
    assert followed(outage(1, "api", 0, 20), outage(2, "pages", 10, 100), outage(3, "orders", 90, 120)) == {}
    assert followed(outage(1, "orders", 0, 20), outage(2, "pages", 10, 100), outage(3, "api", 90, 120)) == {}


def test_a_long_outage_is_the_cause_after_a_short_one_beside_it_has_ended() -> None:
    assert followed(outage(1, "api", 0, 100), outage(2, "pages", 10, 20), outage(3, "orders", 50, 60)) == {3: 1}


def test_each_outage_of_several_times_has_its_own_followers() -> None:
    found = followed(
        outage(1, "api", 0, 20), outage(2, "orders", 5, 15), outage(3, "api", 490, 530), outage(4, "orders", 500, 520)
    )
    assert found == {2: 1, 4: 3}


def test_what_is_open_lasts_until_now() -> None:
    assert followed(outage(1, "api", 0), outage(2, "orders", 900)) == {2: 1}
    assert followed(outage(1, "api", 0, 50), outage(2, "orders", 10)) == {2: 1}
    assert followed(outage(1, "orders", 870), outage(2, "api", 900)) == {1: 2}


def test_what_never_fired_neither_caused_nor_followed_anything() -> None:
    assert followed(outage(1, "api", 0, 50, fired=False), outage(2, "orders", 10, 100)) == {}
    assert followed(outage(1, "api", 0, 50), outage(2, "orders", 10, 100, fired=False)) == {}
