"""Whom the messages of an alert reached: a line of its card, now and in the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from support.fake_operations import why_of
from support.pictures import NOW, incident

from amt_console.console.cards.alert_known import AlertKnown, Failure
from amt_console.console.cards.told import told
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.notifications import DeliveryState
from widgets.look import PLAIN_LOOK

ALERT = incident().alerts[0]
BEGIN = NOW - timedelta(minutes=10)
WHY = why_of(Episode("down", "api", AlertType.SERVICE_DOWN, Severity.CRITICAL, "down", AlertState.FIRING, BEGIN, id=7))


def words(known: AlertKnown, *, past: bool = False) -> str:
    return "".join(text for text, _ in told(known, PLAIN_LOOK, past=past))


def test_who_was_told_and_for_whom_a_message_waits() -> None:
    known = AlertKnown(NOW, "api", ALERT, why=WHY)
    assert words(known) == "told ops-slack · waits for Ada by pager"
    lost = replace(WHY.deliveries[1], state=DeliveryState.DEAD)
    assert words(replace(known, why=replace(WHY, deliveries=(lost,)))) == "did not reach Ada by pager"
    many = tuple(replace(WHY.deliveries[0], channel=f"c{at}", receiver="") for at in range(5))
    assert words(replace(known, why=replace(WHY, deliveries=many))) == "told c0, c1, c2, +2"


def test_the_past_knows_only_what_was_sent_until_then() -> None:
    known = AlertKnown(NOW, "api", ALERT, why=WHY.as_of(BEGIN + timedelta(seconds=60)))
    assert words(known, past=True) == "told ops-slack"
    known = replace(known, why=WHY.as_of(BEGIN + timedelta(seconds=3)))
    assert words(known, past=True) == "waits for ops-slack"


def test_without_messages_the_level_or_nothing_is_told() -> None:
    silent = replace(WHY, deliveries=())
    known = AlertKnown(NOW, "api", replace(ALERT, escalation_level=2), why=silent)
    assert words(known) == "escalation level 2 told"
    assert words(known, past=True) == "nobody told yet"
    forgotten = replace(known, why=replace(silent, decisions=()))
    assert words(forgotten, past=True) == "who was told is not kept"
    assert words(replace(known, why=Failure("gone")), past=True) == ""
