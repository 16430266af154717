"""What happened since a person last looked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.recorded import ANN, BEN, Recorded, minutes

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Acknowledge, AddSilence, Note, Severity
from amt_console.model.queries import AwayQuery
from amt_console.operations.actor import Actor
from amt_console.operations.audit_rows import CONSOLE, OPENED, add_row
from amt_console.store import Store

pytestmark = pytest.mark.slow


def look(recorded: Recorded, actor: Actor = ANN) -> None:
    """Somebody opens a console."""
    add_row(recorded.store, recorded.clock, actor, OPENED, CONSOLE, {"note": "pid 1"})


def test_since_the_last_look_before_the_console_that_is_open_now(recorded: Recorded) -> None:
    recorded.go_on(1)
    recorded.alert("web")
    recorded.end("web")
    look(recorded)
    looked = recorded.now
    recorded.go_on(30)
    number = recorded.alert("api")
    recorded.clock.advance(60)
    recorded.act(Acknowledge(number, note="on it"), BEN)
    recorded.act(Note(number, "mine"), ANN)
    recorded.act(AddSilence("known", services=("chat",), for_=3600), BEN)
    recorded.given_up(1)
    recorded.gap(5)
    look(recorded, BEN)
    look(recorded)
    found = recorded.ask(AwayQuery())
    assert (found.since, found.until) == (looked, recorded.now)
    assert [each.id for each in found.fired] == [number]
    assert [each.id for each in found.still_open] == [number]
    (act,) = found.acted
    assert (act.actor, act.action, act.subject, act.detail) == ("ben", "acknowledged", f"alert {number} api", "on it")
    assert [each.reason for each in found.silences_ending] == ["known"]
    assert [each.id for each in found.undelivered][-1] == 1
    (gap,) = found.gaps
    assert gap.ended_at == recorded.now
    assert not found.empty


def test_a_console_that_is_opened_again_at_once_is_the_same_look(recorded: Recorded) -> None:
    look(recorded)
    first = recorded.now
    recorded.clock.advance(7200)
    look(recorded)
    recorded.clock.advance(120)
    look(recorded)
    assert recorded.ask(AwayQuery()).since == first


def test_somebody_who_never_looked_is_told_of_the_shift(recorded: Recorded) -> None:
    recorded.go_on(1)
    recorded.alert("chat", Severity.WARNING)
    look(recorded)
    found = recorded.ask(AwayQuery())
    assert found.since is None
    assert [each.subject for each in found.fired] == ["chat"]
    recorded.clock.advance(13 * 3600)
    assert recorded.ask(AwayQuery()).fired == ()


def test_another_moment_on_demand(recorded: Recorded) -> None:
    recorded.go_on(1)
    recorded.alert("api")
    recorded.delivered(1)
    recorded.go_on(10)
    assert recorded.ask(AwayQuery(since=recorded.now - minutes(5))).empty
    assert not recorded.ask(AwayQuery(since=recorded.now - minutes(15))).empty


def test_a_viewer_sees_what_others_did(recorded: Recorded) -> None:
    recorded.go_on(1)
    number = recorded.alert("api")
    recorded.clock.advance(1)
    recorded.act(Acknowledge(number), ANN)
    (act,) = recorded.ask(AwayQuery(), BEN).acted
    assert act.actor == "ann"


def test_the_end_of_the_persons_shift(store: Store, store_url: str, clock: FakeClock) -> None:
    settings = Settings.model_validate(
        {
            "services": [],
            "channels": [{"name": "mail", "type": "webhook", "url": "https://hooks.example/"}],
            "oncall": {
                "people": [
                    {"name": "Ann Lee", "accounts": ["ann"], "channels": ["mail"]},
                    {"name": "ben", "channels": ["mail"]},
                ],
                "shift": "1d",
                "starts_at": "2026-01-05T08:00:00Z",
                "time_zone": "UTC",
            },
        }
    )
    recorded = Recorded(store, store_url, clock, settings)
    assert recorded.ask(AwayQuery()).shift_ends == recorded.now.replace(hour=8) + timedelta(days=1)
    assert recorded.ask(AwayQuery(), BEN).shift_ends is None
