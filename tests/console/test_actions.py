"""Keys act on exactly the selected alert or service."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.answers import INCIDENT
from support.desk import desk
from support.pictures import NOW, alert, incident

from amt_console.model import AlertState, Note, PresentPerson, ProbeNow, Severity, Unacknowledge
from amt_console.model.queries import ChangeQuery
from amt_console.model.queries.change import Change
from amt_console.operations.protocol import ConflictError, UnavailableError

pytestmark = pytest.mark.slow


async def test_with_nothing_selected_a_takes_the_worst_with_an_empty_note() -> None:
    async with desk(incident()) as console:
        await console.press("a")
        assert "Acknowledge CRITICAL backend-api" in console.prompt.question
        await console.press("enter")
        assert console.acknowledged() == [(7, None, 3)]
        assert "Acknowledged by me: backend-api" in console.messages
        assert not console.prompt.is_open


async def test_on_a_service_a_takes_that_services_alert_with_the_note() -> None:
    async with desk(incident()) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("api-plans")
        await console.press("a", *"on it", "enter")
        assert console.acknowledged() == [(8, "on it", 3)]


async def test_what_a_filter_hides_is_not_offered() -> None:
    async with desk(incident()) as console:
        await console.press("slash", *"nothing like it", "enter", "a")
        assert not console.prompt.is_open
        assert any("No row matches the filter 'nothing like it'" in message for message in console.messages)
        await console.press("r")
        acts = [call for call in console.operations.calls if call[0] == "act"]
        assert acts == [], "not everything is probed where one thing was looked for"
        await console.press("escape", "slash", *"plans", "enter", "a")
        assert "Acknowledge CRITICAL api-plans" in console.prompt.question, "the worst of those that are shown"
        await console.press("escape", "tab", "a")
        assert "Acknowledge CRITICAL api-plans" in console.prompt.question, "the filter holds in the other pane, too"


async def test_on_a_service_without_an_alert_nothing_is_taken() -> None:
    async with desk(incident()) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("web-app")
        await console.press("a")
        assert not console.prompt.is_open
        assert "web-app has no open alert." in console.messages


async def test_escape_takes_nothing() -> None:
    async with desk(incident()) as console:
        await console.press("a", "x", "escape")
        assert console.acknowledged() == []
        assert console.screen.alerts.has_focus


async def test_an_alert_that_vanished_before_enter_is_said_and_no_other_is_hit() -> None:
    async with desk(incident()) as console:
        await console.press("down", "a")
        assert "backend-api" in console.prompt.question
        rest = tuple(view for view in incident().alerts if view.id != 7)
        await console.show(replace(incident(), alerts=rest))
        await console.press("enter")
        assert console.acknowledged() == []
        assert any("ended meanwhile; it was not acknowledged" in message for message in console.messages)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"acknowledged_by": "bob"}, "bob acknowledged it meanwhile"),
        ({"severity": Severity.WARNING}, "it is WARNING now"),
    ],
)
async def test_an_alert_that_changed_before_enter_is_not_taken(change: dict[str, Any], words: str) -> None:
    async with desk(incident()) as console:
        await console.press("a")
        first, *others = incident().alerts
        await console.show(replace(incident(), alerts=(replace(first, version=4, **change), *others)))
        await console.press("enter")
        assert console.acknowledged() == []
        assert any(words in message for message in console.messages)


async def test_the_note_of_the_one_who_comes_second_is_offered_again_as_a_note() -> None:
    async with desk(incident()) as console:
        await console.press("a", *"I drain it")
        first, *others = incident().alerts
        await console.show(replace(incident(), alerts=(replace(first, version=4, acknowledged_by="bob"), *others)))
        await console.press("enter")
        assert any("bob acknowledged it meanwhile" in message for message in console.messages)
        assert "Note on backend-api" in console.prompt.question
        assert console.prompt.text == "I drain it"
        await console.press("enter")
        assert console.acknowledged() == []
        assert ("act", Note(7, "I drain it")) in console.operations.calls
        assert not console.prompt.is_open
        assert console.screen.alerts.has_focus


async def test_the_note_is_also_kept_when_the_monitor_says_that_somebody_was_quicker() -> None:
    async with desk(incident()) as console:
        console.operations.refusal = ConflictError("Alert 7 is already acknowledged by bob, 1s ago.")
        await console.press("a", *"I drain it", "enter")
        assert "Alert 7 is already acknowledged by bob, 1s ago." in console.messages
        assert "Note on backend-api" in console.prompt.question
        assert console.prompt.text == "I drain it"
        await console.press("escape")
        assert not console.prompt.is_open
        console.operations.refusal = UnavailableError("the database is busy")
        await console.press("a", *"again", "enter")
        assert "Acknowledge CRITICAL backend-api" in console.prompt.question
        assert console.prompt.text == "again"


async def test_without_a_note_nothing_more_is_asked_when_somebody_was_quicker() -> None:
    async with desk(incident()) as console:
        console.operations.refusal = ConflictError("Alert 7 is already acknowledged by bob, 1s ago.")
        await console.press("a", "enter")
        assert not console.prompt.is_open


async def test_a_severity_that_changed_is_asked_again_with_the_note_that_was_typed() -> None:
    async with desk(incident()) as console:
        await console.press("a", *"hm")
        first, *others = incident().alerts
        await console.show(replace(incident(), alerts=(replace(first, version=4, severity=Severity.WARNING), *others)))
        await console.press("enter")
        assert console.acknowledged() == []
        assert "Acknowledge WARNING backend-api" in console.prompt.question
        await console.press("enter")
        assert console.acknowledged() == [(7, "hm", 4)]


async def test_n_writes_a_note_on_an_alert_whoever_has_it() -> None:
    async with desk(incident()) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("api-chat-analytics")
        await console.press("n", *"still slow", "enter")
        assert ("act", Note(9, "still slow")) in console.operations.calls
        assert "Note stored: api-chat-analytics" in console.messages
        await console.press("n", "enter")
        assert any("nothing was stored" in message for message in console.messages)
        console.screen.services.select(None)
        await console.press("n")
        assert "Select the alert for the note first." in console.messages


async def test_a_new_value_in_the_same_moment_does_not_refuse_the_person() -> None:
    async with desk(incident()) as console:
        console.operations.conflicts = 1
        await console.press("a", "enter")
        assert [call[2] for call in console.acknowledged()] == [3, 4]
        assert "Acknowledged by me: backend-api" in console.messages


async def test_a_real_conflict_is_a_clear_message() -> None:
    async with desk(incident()) as console:
        console.operations.conflicts = 3
        await console.press("a", "enter")
        assert "the alert changed meanwhile" in console.messages


async def test_the_selection_follows_its_alert_when_worse_ones_arrive() -> None:
    async with desk(incident()) as console:
        await console.press("down", "down")
        assert console.screen.alerts.model.selected == "8"
        worse = (alert(30, "web-app"), alert(31, "mobile-app"), *incident().alerts)
        await console.show(replace(incident(), alerts=worse))
        assert console.screen.alerts.model.selected == "8"
        await console.press("a", "enter")
        assert console.acknowledged()[0][0] == 8


async def test_a_selected_row_that_vanishes_leaves_nothing_selected() -> None:
    async with desk(incident()) as console:
        await console.press("down")
        await console.show(replace(incident(), alerts=incident().alerts[1:]))
        assert console.screen.alerts.model.selected is None


async def test_a_pending_alert_cannot_be_taken_and_nothing_says_it_could() -> None:
    pending = alert(90, "web-app", state=AlertState.PENDING, fired_at=None)
    views = tuple(replace(view, alert_id=90) if view.name == "web-app" else view for view in incident().services)
    async with desk(replace(incident(), alerts=(pending,), services=views), answers=INCIDENT) as console:
        for keys in (
            ("a",),
            ("j", "a"),
            ("enter", "a"),
            ("escape", "tab", "slash", *"web-app", "enter", "j", "enter", "a"),
        ):
            await console.press(*keys)
            assert not console.prompt.is_open, keys
            assert console.messages[-1] == "web-app is not confirmed yet. It can be acknowledged when it fires."
            assert "acknowledges" not in console.text()
        assert "nobody has it" in console.text()
    assert console.acknowledged() == []


async def test_giving_back_needs_a_selection() -> None:
    async with desk(incident()) as console:
        await console.press("u")
        assert "Select the alert to unacknowledge first." in console.messages
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("api-chat-analytics")
        await console.press("u")
        assert ("act", Unacknowledge(9, expected_version=3)) in console.operations.calls
        assert "Unacknowledged: api-chat-analytics" in console.messages


async def test_read_only_says_why_nothing_is_done() -> None:
    async with desk(incident(), read_only=True) as console:
        for key in "aur":
            await console.press_after_reading(key)
        assert len([message for message in console.messages if "read-only" in message]) == 3
        assert [call for call in console.operations.calls if call[0] not in ("service", "alert", "ask")] == []
        assert "read-only" in console.text()
        assert "a ack" not in console.text()
        assert "r probe" not in console.text()
        await console.press("down", "enter")
        assert "nobody has it" in console.text()
        assert "acknowledges it" not in console.text()
        assert "n note" not in console.text()


async def test_the_past_is_shown_as_the_past() -> None:
    moment = NOW - timedelta(hours=5)
    async with desk(incident(), at=moment) as console:
        assert "PAST 2026-01-05 07:00 UTC" in console.text()
        assert "as it was at 07:00:00, 5 h ago" in console.text()
        await console.press("a")
        assert any(
            "Acknowledging is not possible: the past cannot be changed" in message for message in console.messages
        )


async def test_keys_of_time_move_the_whole_console() -> None:
    async with desk(incident()) as console:
        await console.press("left_square_bracket", "left_square_bracket")
        assert console.app.at == NOW - timedelta(minutes=2)
        assert "PAST 2026-01-05 11:58 UTC" in console.text()
        await console.press("right_square_bracket")
        assert console.app.at == NOW - timedelta(minutes=1)
        await console.press("right_square_bracket")
        assert console.app.at is None
        assert "PAST" not in console.text()
        await console.press("T", *"11:15", "enter")
        assert console.app.at == NOW - timedelta(minutes=45)
        await console.press("a")
        assert any("0 goes back to now" in message for message in console.messages)
        await console.press_after_reading("0")
        assert console.app.at is None
        await console.press("a", "enter")
        assert console.acknowledged()


async def test_a_change_is_where_the_store_says() -> None:
    before = NOW - timedelta(minutes=17)
    async with desk(incident()) as console:
        console.operations.answers[ChangeQuery] = lambda query: Change(
            None if query.later else before, "backend-api is down"
        )
        await console.press("left_curly_bracket")
        assert console.app.at == before
        assert "backend-api is down" in console.messages
        await console.press("right_curly_bracket")
        assert console.app.at is None, "behind the last change is now"


async def test_five_minutes_before_an_alert() -> None:
    async with desk(incident()) as console:
        alert = incident().alerts[0]
        await console.press("j", "t")
        assert console.app.at == alert.opened_at - timedelta(minutes=5)


async def test_the_past_plays_faster_with_each_press_and_then_stands() -> None:
    async with desk(incident(), at=NOW - timedelta(hours=1)) as console:
        for speed in (1, 2, 5, 10):
            await console.press("space")
            assert f"playing at {speed}x" in console.text()
        await console.press("space")
        assert "playing" not in console.text()


async def test_in_the_past_each_detail_is_as_of_then() -> None:
    moment = NOW - timedelta(hours=5)
    async with desk(incident(), at=moment) as console:
        await console.press("down", "enter")
        await console.press("escape", "tab", "down", "enter")
        asked = {(call[0], getattr(call[-1], "at", call[-1])) for call in console.operations.calls}
        assert asked == {("alert", moment), ("service", moment), ("ask", moment)}


async def test_probe_now_probes_the_selected_service_or_all() -> None:
    async with desk(incident()) as console:
        await console.press("r")
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("web-app")
        await console.press("r")
        acts = [call for call in console.operations.calls if call[0] == "act"]
        assert acts == [("act", ProbeNow()), ("act", ProbeNow("web-app"))]


async def test_ctrl_c_leaves_the_prompt_and_not_the_console() -> None:
    async with desk(incident()) as console:
        for key in ("a", "e", "slash"):
            await console.press(key, "x", "ctrl+c")
            assert not console.prompt.is_open, key
        assert console.messages == []
        assert console.acknowledged() == []
        assert len(console.screen.alerts.model.keys) == 3, "the filter is gone with its prompt"


async def test_quitting_the_monitor_names_who_takes_over() -> None:
    people = (
        PresentPerson("ann", NOW, f"pid {os.getpid()}", may_monitor=True),
        PresentPerson("remote", NOW, "192.0.2.7"),
        PresentPerson("eve", NOW, "pid 122"),
        PresentPerson("root", NOW, "pid 123", may_monitor=True),
    )
    async with desk(replace(incident(), presence=people)) as console:
        await console.press("q")
        assert "root (pid 123) takes over" in console.prompt.question
        await console.show(replace(incident(), presence=people[:2]))
        await console.press("n", "q")
        assert "Nothing is probed after it" in console.prompt.question


async def test_the_detail_says_for_how_long_somebody_has_it() -> None:
    async with desk(incident()) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("api-chat-analytics")
        await console.press("tab", "end", "enter")
        assert "ann has it for 5 min" in console.text()
