"""Causes and followers among the open alerts of one instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from amt_console.alerts.policy.dependencies import Dependencies
from amt_console.alerts.policy.suppression import suppression_of
from amt_console.clock import FakeClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.policy import Policies

POLICIES = Policies(depends_on={"web": ("db",)}, intervals={"web": 10.0, "db": 10.0})
DB = Episode(
    "database",
    "db",
    AlertType.DATABASE,
    Severity.CRITICAL,
    "refused",
    AlertState.PENDING,
    datetime(2026, 1, 7, tzinfo=UTC),
)
WEB = replace(DB, rule_id="service_down", subject="web", alert_type=AlertType.SERVICE_DOWN, state=AlertState.FIRING)


@pytest.mark.parametrize(
    ("other", "waits"),
    [
        (DB, True),
        (replace(DB, alert_type=AlertType.SERVICE_DOWN), True),
        (replace(DB, state=AlertState.FIRING), False),
        (replace(DB, alert_type=AlertType.RESPONSE_TIME), False),
        (replace(DB, subject="cache"), False),
    ],
)
def test_an_outage_of_what_it_needs_is_waited_for_while_it_is_not_confirmed(other: Episode, waits: bool) -> None:
    found = Dependencies([WEB, other], POLICIES).unconfirmed_for(WEB)
    assert (found is not None) is waits


def test_alerts_that_are_not_stored_yet_are_causes_and_followers_too() -> None:
    firing = replace(DB, state=AlertState.FIRING)
    dependencies = Dependencies([WEB, firing, replace(WEB, subject="alone")], POLICIES)
    cause = dependencies.cause_of(WEB)
    assert cause is not None
    assert cause.subject == "db"
    assert [dependencies.followers_of(each) for each in (WEB, firing)] == [0, 1]
    assert dependencies.cause_of(firing) is None


@pytest.mark.parametrize(("number", "words"), [(1, "alert 1 on db"), (None, "the alert on db")])
def test_what_follows_names_its_cause(number: int | None, words: str) -> None:
    open_ones = [replace(WEB, id=2), replace(DB, state=AlertState.FIRING, id=number)]
    found = suppression_of(
        open_ones[0], POLICIES, Dependencies(open_ones, POLICIES), FakeClock().instant(), began_flapping=False
    )
    assert found is not None
    assert found.reason == f"it follows from {words}"


def test_an_alert_that_is_not_open_has_neither() -> None:
    dependencies = Dependencies([replace(DB, state=AlertState.FIRING)], POLICIES)
    assert dependencies.cause_of(WEB) is None
    assert dependencies.followers_of(WEB) == 0
