"""What people and the monitor did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.recorded import ANN, BEN, REFUSED, Recorded, minutes

from amt_console.model import Acknowledge, AddSilence, Gap, GapReason, Role
from amt_console.model.notifications import DeliveryState
from amt_console.model.queries import ActivityQuery

pytestmark = pytest.mark.slow

VIEWER = replace(BEN, role=Role.VIEWER)


def test_an_admin_reads_the_audit_in_words_and_others_are_told_why_not(recorded: Recorded) -> None:
    number = recorded.alert("api")
    recorded.act(Acknowledge(number, note="on it \x1b[2J"), BEN)
    recorded.clock.advance(1)
    recorded.act(AddSilence("store review", services=("web",), for_=600), ANN)
    found = recorded.ask(ActivityQuery())
    silence, taken = found.audit
    assert (taken.actor, taken.action, taken.via) == ("ben", "acknowledge", "socket, uid 1001")
    assert "on it ␛[2J" in taken.detail
    assert (silence.actor, silence.action, silence.via) == ("ann", "add_silence", "this host, uid 1000")
    assert "store review" in silence.detail
    assert found.audit_refused is None
    for actor in (BEN, VIEWER):
        refused = recorded.ask(ActivityQuery(), actor)
        assert refused.audit == ()
        assert refused.audit_refused == f"your role is {actor.role.value}: the audit trail is for role admin"
        assert refused.messages == found.messages


def test_messages_with_their_fate(recorded: Recorded) -> None:
    recorded.go_on(1)
    for subject in ("api", "web", "chat"):
        recorded.alert(subject)
    recorded.clock.advance(1)
    recorded.delivered(1)
    recorded.given_up(2)
    found = recorded.ask(ActivityQuery())
    assert [(each.id, each.state) for each in found.messages] == [
        (3, DeliveryState.QUEUED),
        (2, DeliveryState.DEAD),
        (1, DeliveryState.DELIVERED),
    ]
    assert found.messages[1].attempts[0].error == "401: token revoked"
    assert (found.health.waiting_messages, found.health.dead_messages) == (1, 1)


def test_the_monitors_own_health(recorded: Recorded) -> None:
    recorded.go_on(90)
    began = recorded.now
    recorded.gap(10)
    health = recorded.ask(ActivityQuery()).health
    assert health.results_last_hour == 3 * 51
    assert health.expected_last_hour == 180
    assert health.database_bytes is not None
    assert health.database_bytes > 100_000
    assert health.gaps == (Gap(began, recorded.now, GapReason.SUSPENDED),)


def test_a_monitor_is_not_asked_for_a_whole_hour_of_results_in_its_first_one(recorded: Recorded) -> None:
    recorded.go_on(30)
    assert recorded.ask(ActivityQuery()).health.expected_last_hour is None
    recorded.go_on(60)
    assert recorded.ask(ActivityQuery()).health.expected_last_hour == 180
    then = recorded.now - timedelta(minutes=70)
    assert recorded.ask(ActivityQuery(at=then)).health.expected_last_hour is None


def test_the_measured_share_of_the_time_falls_in_a_gap_and_is_unknown_before_the_first_result(
    recorded: Recorded,
) -> None:
    recorded.go_on(30)
    recorded.gap(10)
    recorded.go_on(30)
    found = recorded.ask(ActivityQuery(hours=2)).health.measured
    assert found is not None
    assert found.bucket_seconds == 60
    known = [each for each in found.percent if each is not None]
    assert found.percent[: len(found.percent) - len(known)] == (None,) * (len(found.percent) - len(known))
    assert len(known) == 69
    assert known[0] > 99, "it began within that minute"
    assert sum(each < 1 for each in known) in range(8, 11), "the gap"
    assert sum(each > 99 for each in known) >= 58
    later = recorded.ask(ActivityQuery(hours=2, at=recorded.now - timedelta(minutes=35))).health.measured
    assert later is not None
    assert later.percent[-3:] == (0.0, 0.0, 0.0)


def test_in_the_past_messages_are_as_they_were_then(recorded: Recorded) -> None:
    recorded.go_on(1)
    recorded.alert("api")
    recorded.clock.advance(1)
    then = recorded.now
    recorded.clock.advance(5)
    recorded.delivered(1)
    recorded.alert("web")
    found = recorded.ask(ActivityQuery(at=then))
    (message,) = found.messages
    assert (message.state, message.delivered_at, message.attempts) == (DeliveryState.QUEUED, None, ())
    assert found.health.waiting_messages == 1


def test_at_most_so_many_of_each(recorded: Recorded) -> None:
    for subject in ("api", "web", "chat"):
        recorded.act(Acknowledge(recorded.alert(subject)), BEN)
    found = recorded.ask(ActivityQuery(limit=2))
    assert (len(found.audit), len(found.messages)) == (2, 2)
    recorded.clock.advance(60)
    assert recorded.ask(ActivityQuery(hours=0.001)).messages == ()
    assert found.end - found.start == minutes(24 * 60)
    assert REFUSED
