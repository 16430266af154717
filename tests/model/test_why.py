"""What was stored about an alert's messages, as of a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from support.fake_operations import why_of
from support.pictures import NOW

from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.notifications import DeliveryState
from amt_console.model.why import AlertWhy

BEGIN = NOW - timedelta(minutes=10)
FIRED = BEGIN + timedelta(seconds=3)


def states(at: datetime) -> list[DeliveryState]:
    return [each.state for each in why().as_of(at).deliveries]


def why() -> AlertWhy:
    """It fires at once; a second level is told two minutes later, and that fails."""
    return why_of(
        Episode("down", "api", AlertType.SERVICE_DOWN, Severity.CRITICAL, "down", AlertState.FIRING, BEGIN, id=7)
    )


def test_nothing_later_is_known() -> None:
    before = why().as_of(FIRED + timedelta(seconds=100))
    assert [each.reason for each in before.decisions][-1] == "it fired"
    assert len(before.deliveries) == 1
    assert why().as_of(BEGIN - timedelta(seconds=1)).observations == ()
    assert why().as_of(NOW).decisions == why().decisions


def test_a_message_waits_until_its_attempt() -> None:
    assert states(FIRED) == [DeliveryState.QUEUED]
    assert states(FIRED + timedelta(seconds=1)) == [DeliveryState.DELIVERED]
    assert states(NOW) == [DeliveryState.DELIVERED, DeliveryState.QUEUED]
