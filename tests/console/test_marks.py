"""Marked rows, and the actions on all marked alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.desk import Desk, desk
from support.pictures import NOW, alert, incident

from amt_console.model import (
    Acknowledge,
    AddSilence,
    AlertState,
    Close,
    Note,
    Severity,
    Snapshot,
    Snooze,
    Unacknowledge,
    Undo,
)
from amt_console.operations.protocol import ConflictError
from widgets.live_table import LiveTable

pytestmark = pytest.mark.slow


def table(console: Desk) -> LiveTable[Any]:
    return next(iter(console.app.screen.query(LiveTable)))


def done(console: Desk, kind: type[Any]) -> list[Any]:
    return [call[1] for call in console.operations.calls if call[0] == "act" and isinstance(call[1], kind)]


def free() -> Snapshot:
    """Three alerts that nobody has."""
    first, second, third = incident().alerts
    return replace(incident(), alerts=(first, second, replace(third, acknowledged_by=None, acknowledged_at=None)))


async def test_space_marks_rows_and_moves_on_and_escape_takes_the_marks_away() -> None:
    async with desk(incident()) as console:
        await console.press("3", "space", "space")
        assert table(console).model.marked == ("7", "8")
        assert [line[0] for line in table(console).plain_lines[1:4]] == ["◆", "◆", " "]
        assert "2 marked" in table(console).plain_lines[0]
        await console.press("k", "space")
        assert table(console).model.marked == ("7",)
        await console.press("escape")
        assert table(console).model.marked == ()
        assert table(console).model.selected is not None, "the selection is the next to go"


async def test_a_mark_stays_on_its_alert_and_goes_with_it() -> None:
    async with desk(incident()) as console:
        await console.press("3", "space", "space")
        _, second, third = incident().alerts
        await console.show(replace(incident(), alerts=(third, second)))
        assert table(console).model.marked == ("8",)


async def test_what_a_filter_hides_is_not_acted_on() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "slash", *"plans", "enter")
        assert "(1 of 4, 1 marked)" in table(console).plain_lines[0]
        await console.press("a")
        assert console.prompt.question.startswith("Acknowledge 1 alert,")


async def test_all_marked_alerts_are_acknowledged_after_one_question() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "space", "a")
        assert console.prompt.question == "Acknowledge 3 alerts, note:"
        await console.press(*"mine", "enter")
        assert [(each.alert_id, each.note) for each in done(console, Acknowledge)] == [
            (7, "mine"),
            (8, "mine"),
            (9, "mine"),
        ]
        assert all(each.expected_version is not None for each in done(console, Acknowledge))
        assert console.messages[-1] == "Acknowledged 3 alerts. U undoes it."
        assert table(console).model.marked == ()


async def test_undo_takes_the_whole_of_it_back_within_ten_seconds() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "a", "enter")
        await console.press("U")
        assert sorted(each.alert_id for each in done(console, Undo)) == [7, 8]
        assert all(each.acknowledged_by is None for each in console.operations.picture.alerts)
        await console.press("U")
        assert "Nothing to undo" in console.messages[-1]


async def test_undo_says_what_could_not_be_taken_back() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "a", "enter")
        real = console.operations.act

        def act(action: Any, **more: Any) -> Any:
            if isinstance(action, Undo) and action.alert_id == 8:
                raise ConflictError("ben did something since")
            return real(action, **more)

        console.operations.act = act  # type: ignore[method-assign]
        await console.press("U")
        assert console.messages[-1] == "Undone for 1 of 2. ben did something since"


async def test_those_that_cannot_be_acknowledged_are_told_in_one_message() -> None:
    async with desk(incident()) as console:
        await console.press("3", "space", "space", "space", "a", "enter")
        assert [each.alert_id for each in done(console, Acknowledge)] == [7, 8]
        assert "Acknowledged 2 of 3 alerts" in console.messages[-1]
        assert "api-chat-analytics: ann has it" in console.messages[-1]


async def test_an_alert_that_changed_behind_the_question_is_not_acknowledged() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "space", "a")
        first, _, third = console.operations.picture.alerts
        worse = replace(third, severity=Severity.CRITICAL, version=third.version + 1)
        await console.show(replace(console.operations.picture, alerts=(first, worse)))
        await console.press("enter")
        assert [each.alert_id for each in done(console, Acknowledge)] == [7]
        assert "Acknowledged 1 of 3 alerts" in console.messages[-1]
        assert "api-plans: it has ended" in console.messages[-1]
        assert "api-chat-analytics: it is CRITICAL now" in console.messages[-1]


async def test_marked_alerts_are_unacknowledged_snoozed_noted_and_closed() -> None:
    async with desk(incident()) as console:
        await console.press("3", "space", "space", "space", "u")
        assert console.prompt.question.startswith("Unacknowledge 3 alerts?")
        await console.press("y")
        assert [each.alert_id for each in done(console, Unacknowledge)] == [9]
        await console.press("g", "space", "space", "Z")
        assert console.prompt.question == "Snooze 2 alerts for:"
        await console.press("ctrl+u", *"soon", "enter")
        assert "is neither" in console.messages[-1]
        await console.press("ctrl+u", *"30m", "enter")
        assert [(each.alert_id, each.for_) for each in done(console, Snooze)] == [(7, 1800.0), (8, 1800.0)]
        await console.press("g", "space", "space", "n")
        assert console.prompt.question == "Note on 2 alerts:"
        await console.press("enter")
        assert "needs text" in console.messages[-1]
        await console.press("n", *"see the board", "enter")
        assert [(each.alert_id, each.note) for each in done(console, Note)] == [
            (7, "see the board"),
            (8, "see the board"),
        ]
        await console.press("g", "space", "space", "x")
        await console.press(*"noise: a test", "enter")
        assert [(each.alert_id, each.note) for each in done(console, Close)] == [(7, "a test"), (8, "a test")]


async def test_the_subjects_of_marked_alerts_get_one_silence() -> None:
    async with desk(incident()) as console:
        await console.press("3", "space", "space", "S")
        assert console.prompt.question == "Silence 2 alerts, how long and why:"
        await console.press(*"release", "enter")
        (silence,) = done(console, AddSilence)
        assert (silence.services, silence.match, silence.reason) == (("backend-api", "api-plans"), None, "release")
        assert "2 subjects" in console.messages[-1]
    host = alert(12, "cpu (host)", opened_at=NOW - timedelta(minutes=1))
    async with desk(replace(incident(), alerts=(*incident().alerts[:1], host))) as console:
        await console.press("3", "space", "space", "S", *"release", "enter")
        (silence,) = done(console, AddSilence)
        assert silence.match == r"^(backend\-api|cpu\ \(host\))$"


async def test_nothing_is_done_in_the_past_and_an_escape_does_nothing() -> None:
    async with desk(free()) as console:
        await console.press("3", "space", "space", "a", "escape")
        assert not done(console, Acknowledge)
        assert table(console).model.marked == ("7", "8")
        await console.press("left_square_bracket", "a")
        assert "past cannot be changed" in console.messages[-1]


async def test_ended_alerts_are_rated_only() -> None:
    ended = alert(4, "host", state=AlertState.RESOLVED, resolved_at=NOW - timedelta(minutes=20))
    async with desk(replace(incident(), recently_resolved=(ended,))) as console:
        await console.press("3", "G", "space", "x", *"because", "enter")
        assert not done(console, Close)
        assert "begin with noise or actionable" in console.messages[-1]


async def test_services_are_marked_for_their_alerts() -> None:
    async with desk(free()) as console:
        await console.press("2", "space", "space")
        rows = table(console).model
        assert rows.marked[:1] == ("backend-api",)
        await console.press("a", "enter")
        assert 7 in [each.alert_id for each in done(console, Acknowledge)]


async def test_the_runbook_of_what_is_selected_is_copied_from_the_overview_and_the_list() -> None:
    async with desk(incident()) as console:
        copied: list[str] = []
        console.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await console.press("g", "o", "3", "g", "o")
        assert copied == ["https://wiki.example/runbooks/backend"] * 2
