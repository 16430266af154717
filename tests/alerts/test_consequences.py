"""Which alert follows from which: by dependencies, type, condition and severity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts import consequences
from amt_console.model import NETWORK_SUBJECT, AlertState, AlertType, Episode, ErrorClass, Severity

NEEDS = {"orders": ["api"], "api": ["db", "cache"], "shop": ["orders", "pages"]}
DOWN, SLOW = AlertType.SERVICE_DOWN, AlertType.RESPONSE_TIME


def alert(
    number: int,
    subject: str,
    alert_type: AlertType = DOWN,
    *,
    severity: Severity = Severity.CRITICAL,
    state: AlertState = AlertState.FIRING,
    seconds: float = 0.0,
    why: str | None = None,
    error_class: ErrorClass | None = None,
) -> Episode:
    return Episode(
        rule_id=f"{alert_type}/{number}",
        subject=subject,
        alert_type=alert_type,
        severity=severity,
        message=f"{subject}: {alert_type}" if why is None else f"{subject} is down: {why}",
        state=state,
        opened_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds),
        error_class=error_class,
        id=number,
    )


def test_an_outage_follows_from_the_outage_of_what_is_needed() -> None:
    assert consequences([alert(1, "orders"), alert(2, "api")], NEEDS) == {1: 2}
    assert consequences([alert(1, "orders"), alert(2, "pages")], NEEDS) == {}


def test_the_cause_is_the_root_and_not_the_next_one() -> None:
    found = consequences([alert(1, "shop"), alert(2, "orders"), alert(3, "api"), alert(4, "db")], NEEDS)
    assert found == {1: 4, 2: 4, 3: 4}


def test_a_link_that_is_up_does_not_break_the_chain() -> None:
    assert consequences([alert(1, "shop"), alert(2, "db", AlertType.DATABASE)], NEEDS) == {1: 2}


def test_of_two_roots_the_oldest_is_named() -> None:
    assert consequences([alert(1, "shop"), alert(2, "cache"), alert(3, "db")], NEEDS) == {1: 2}


@pytest.mark.parametrize(
    ("alert_type", "follows"),
    [
        (AlertType.SERVICE_DOWN, True),
        (AlertType.DATABASE, True),
        (AlertType.RESPONSE_TIME, True),
        (AlertType.ERROR_RATE, True),
        (AlertType.UPTIME, True),
        (AlertType.NO_DATA, True),
        (AlertType.TLS_EXPIRY, False),
        (AlertType.CPU_USAGE, False),
        (AlertType.MONITOR, False),
    ],
)
def test_what_follows_from_the_outage_of_a_dependency(alert_type: AlertType, follows: bool) -> None:
    assert consequences([alert(1, "orders", alert_type), alert(2, "api")], NEEDS) == ({1: 2} if follows else {})


REFUSED, STATUS = ErrorClass.CONNECT_REFUSED, ErrorClass.HTTP_STATUS


def test_an_alert_that_opened_long_before_with_another_error_has_a_cause_of_its_own() -> None:
    intervals = {"api": 15.0, "orders": 15.0}
    cause = alert(2, "api", seconds=0, why="connection refused by 10.0.0.1:5000 (3 of 3)", error_class=REFUSED)
    broken = alert(1, "orders", seconds=-60, why="got 500, expected 2xx (3 of 3)", error_class=STATUS)
    assert consequences([broken, cause], NEEDS, intervals) == {}
    noticed_first = alert(1, "orders", seconds=-40, why="got 500, expected 2xx (3 of 3)", error_class=STATUS)
    assert consequences([noticed_first, cause], NEEDS, intervals) == {1: 2}
    assert consequences([noticed_first, cause], NEEDS, {"api": 5.0}) == {}, "the cause would have been seen in time"
    same = alert(1, "orders", seconds=-600, why="connection refused by 10.0.0.1:5001 (3 of 3)", error_class=REFUSED)
    assert consequences([same, cause], NEEDS, intervals) == {1: 2}, "the outage had begun before, and paused"
    slow = alert(1, "orders", SLOW, severity=Severity.WARNING, seconds=-600)
    assert consequences([slow, cause], NEEDS, intervals) == {}
    own = alert(1, "api", SLOW, severity=Severity.WARNING, seconds=-600)
    assert consequences([own, cause], NEEDS, intervals) == {1: 2}, "slow, and then down"


@pytest.mark.parametrize("alert_type", [AlertType.RESPONSE_TIME, AlertType.ERROR_RATE, AlertType.NO_DATA])
def test_what_is_slow_fails_or_is_silent_follows_from_its_own_outage(alert_type: AlertType) -> None:
    assert consequences([alert(1, "api", alert_type), alert(2, "api")], NEEDS) == {1: 2}
    assert consequences([alert(1, "api", alert_type), alert(2, "api"), alert(3, "db")], NEEDS) == {1: 3, 2: 3}


def test_a_certificate_and_the_uptime_do_not_follow_from_their_own_outage() -> None:
    own = [alert(1, "api", AlertType.TLS_EXPIRY), alert(2, "api", AlertType.UPTIME), alert(3, "api")]
    assert consequences(own, NEEDS) == {}


def test_an_alert_that_is_not_stored_yet_neither_follows_nor_causes() -> None:
    unsaved = replace(alert(2, "api"), id=None)
    assert consequences([alert(1, "orders"), unsaved], NEEDS) == {}
    assert consequences([replace(alert(1, "orders"), id=None), alert(2, "api")], NEEDS) == {}


def test_the_same_words_of_another_kind_of_error_are_another_error() -> None:
    cause = alert(2, "api", why="no answer", error_class=ErrorClass.TIMEOUT)
    before = alert(1, "orders", seconds=-600, why="no answer", error_class=ErrorClass.CONNECT_TIMEOUT)
    assert consequences([before, cause], NEEDS, {"api": 10.0}) == {}


def test_the_traffic_of_the_network_is_no_cause() -> None:
    busy = alert(2, NETWORK_SUBJECT, AlertType.ANOMALY)
    silent = alert(1, "orders", AlertType.NO_DATA)
    assert consequences([silent, busy], NEEDS) == {}
    assert consequences([silent, alert(2, NETWORK_SUBJECT, AlertType.MONITOR)], NEEDS) == {1: 2}


@pytest.mark.parametrize(("seconds", "follows"), [(135.0, True), (135.5, False)])
def test_the_network_is_noticed_two_of_the_longest_intervals_later_at_most(seconds: float, follows: bool) -> None:
    network = alert(2, NETWORK_SUBJECT, AlertType.MONITOR)
    silent = alert(1, "orders", AlertType.NO_DATA, seconds=-seconds)
    assert (consequences([silent, network], NEEDS, {"api": 15.0, "orders": 60.0}) == {1: 2}) is follows


def test_only_a_confirmed_outage_is_a_cause() -> None:
    def found(state: AlertState, alert_type: AlertType = DOWN) -> dict[int, int]:
        return consequences([alert(1, "orders"), alert(2, "api", alert_type, state=state)], NEEDS)

    assert found(AlertState.RECOVERING) == {1: 2}
    assert found(AlertState.PENDING) == {}
    assert found(AlertState.RESOLVED) == {}
    assert found(AlertState.FIRING, SLOW) == {}, "a slow dependency explains nothing"


def test_a_pending_alert_may_follow_and_a_closed_one_does_not() -> None:
    assert consequences([alert(1, "orders", state=AlertState.PENDING), alert(2, "api")], NEEDS) == {1: 2}
    assert consequences([alert(1, "orders", state=AlertState.RESOLVED), alert(2, "api")], NEEDS) == {}


def test_a_critical_alert_never_follows_from_a_warning() -> None:
    mild = alert(2, "api", severity=Severity.WARNING)
    assert consequences([alert(1, "orders"), mild], NEEDS) == {}
    assert consequences([alert(1, "orders", severity=Severity.WARNING), mild], NEEDS) == {1: 2}
    assert consequences([alert(1, "orders"), mild, alert(3, "db")], NEEDS) == {1: 3, 2: 3}


def test_a_circle_neither_hangs_nor_explains_itself() -> None:
    circle = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["e"]}
    alerts = [alert(1, "a"), alert(2, "b"), alert(3, "c"), alert(4, "d"), alert(5, "e")]
    assert consequences(alerts, circle) == {4: 1}


NAMES = st.sampled_from("abcdef")


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Episode], dict[str, list[str]]]:
    """Any open and closed alerts over any graph, with circles."""
    needs = draw(st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=6))
    parts = st.tuples(
        NAMES, st.sampled_from(AlertType), st.sampled_from(list(Severity)), st.sampled_from(list(AlertState))
    )
    found = draw(st.lists(parts, max_size=12))
    return [alert(key, a, b, severity=c, state=d) for key, (a, b, c, d) in enumerate(found, 1)], needs


@pytest.mark.slow
@given(situations())
def test_a_cause_is_open_confirmed_no_consequence_and_no_milder(
    situation: tuple[Sequence[Episode], dict[str, list[str]]],
) -> None:
    alerts, needs = situation
    by_id = {each.id: each for each in alerts}
    found = consequences(alerts, needs)
    for key, cause_id in found.items():
        follower, cause = by_id[key], by_id[cause_id]
        assert key != cause_id
        assert cause_id not in found
        assert follower.open
        assert cause.state in (AlertState.FIRING, AlertState.RECOVERING)
        assert cause.alert_type in (AlertType.SERVICE_DOWN, AlertType.DATABASE)
        assert cause.severity.rank >= follower.severity.rank
    assert consequences(list(reversed(alerts)), needs) == found, "the order of the alerts does not matter"
