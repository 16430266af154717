"""The keys of alert handling: each acts on the alert that was pointed at, keeps what was typed, and can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.desk import Desk, desk
from support.operations import episode
from support.pictures import NOW, alert, all_fine, incident

from amt_console.console.cards.story import story
from amt_console.model import (
    AddMaintenance,
    AddSilence,
    AlertDetail,
    AlertEvent,
    AlertState,
    Claim,
    Close,
    EndMaintenance,
    EndSilence,
    Handoff,
    Rating,
    Severity,
    Snooze,
    Undo,
)
from amt_console.model.policy import MaintenanceWindow, Policies, Silence
from amt_console.operations.protocol import UnavailableError
from widgets.look import PLAIN_LOOK
from widgets.tables.muted_table import MutedTable

pytestmark = pytest.mark.slow

MINE = Silence("new release", NOW + timedelta(hours=1), "7", "bob", NOW - timedelta(days=3), services=("web-app",))
CONFIGURED = Silence("known", NOW + timedelta(days=3), "config-1", match="^api")
WORK = MaintenanceWindow(
    "new disks", ("web-app",), (), NOW, NOW + timedelta(hours=2), created_by="ann", created_at=NOW, note="rack 3"
)


def done(console: Desk) -> list[Any]:
    """What was to be done."""
    return [call[1] for call in console.operations.calls if call[0] == "act"]


async def select(console: Desk, subject: str) -> None:
    """Put the cursor on the alert of a subject."""
    number = next(each.id for each in console.operations.picture.alerts if each.subject == subject)
    console.screen.set_focus(console.screen.alerts)
    console.screen.alerts.select(str(number))
    await console.settle()


async def test_c_takes_an_alert_over_from_whoever_has_it() -> None:
    async with desk(incident()) as console:
        await select(console, "api-chat-analytics")
        await console.press("c")
        assert "Claim api-chat-analytics from ann, note:" in console.prompt.question
        await console.press(*"mine", "enter")
        assert done(console) == [Claim(9, "mine", expected_version=3)]
        assert "Claimed from ann: api-chat-analytics. U undoes it." in console.messages
        assert console.operations.picture.alerts[-1].acknowledged_by == "me"


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        ("", Snooze(7, 3600, expected_version=3)),
        ("15m", Snooze(7, 900, expected_version=3)),
        ("recovery", Snooze(7, None, True, expected_version=3)),
    ],
)
async def test_z_snoozes_for_a_while_or_until_recovery(typed: str, action: Snooze) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await select(console, "backend-api")
        await console.press("Z")
        assert console.prompt.text == "1h"
        await console.press(*(["ctrl+u", *typed] if typed else []), "enter")
        assert done(console) == [action]
        assert "snoozed by me until " in console.info()


async def test_a_length_that_is_none_is_asked_again() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("Z", "ctrl+u", *"soon", "enter")
        assert done(console) == []
        assert any("is neither a length of time" in message for message in console.messages)
        assert console.prompt.text == "soon"


async def test_h_hands_off_with_a_note() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("H", *"ben", "enter", *"the queue", "enter")
        assert done(console) == [Handoff(7, "ben", "the queue", expected_version=3)]
        assert "Handed off to ben: backend-api. U undoes it." in console.messages
        await console.press("H", "enter")
        assert not console.prompt.is_open
        assert len(done(console)) == 1


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        ("noise, flaky", Close(7, "flaky", Rating.NOISE, expected_version=3)),
        ("retired", Close(7, "retired", None, expected_version=3)),
        ("", Close(7, None, None, expected_version=3)),
    ],
)
async def test_x_closes_and_rates(typed: str, action: Close) -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("x", *typed, "enter")
        assert done(console) == [action]


async def test_an_ended_alert_is_rated_only() -> None:
    ended = alert(4, "host", state=AlertState.RESOLVED, resolved_at=NOW)
    async with desk(replace(all_fine(), recently_resolved=(ended,)), size=(120, 40)) as console:
        console.screen.set_focus(console.screen.alerts)
        console.screen.alerts.select("4")
        await console.press("x", *"why", "enter")
        assert done(console) == []
        assert console.prompt.text == "why"
        await console.press("ctrl+u", *"actionable", "enter")
        assert done(console) == [Close(4, None, Rating.ACTIONABLE, expected_version=3)]


async def test_s_silences_what_is_selected_with_end_and_reason_in_one_line() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("S")
        assert (console.prompt.question, console.prompt.text) == ("Silence backend-api, how long and why:", "2h ")
        await console.press(*"new release", "enter")
        assert done(console) == [AddSilence("new release", services=("backend-api",), for_=7200)]
        assert any(message.startswith("Silenced until ") for message in console.messages)
        await console.press("U")
        assert done(console)[-1] == EndSilence("1")
        assert console.operations.silences() == ()


async def test_a_silence_on_what_is_no_service_names_exactly_that() -> None:
    async with desk(replace(all_fine(), alerts=(alert(5, "disk /var (sda1)"),))) as console:
        await select(console, "disk /var (sda1)")
        await console.press("S", *"full", "enter")
        (action,) = done(console)
        assert (action.services, action.match) == ((), r"^disk\ /var\ \(sda1\)$")


@pytest.mark.parametrize("typed", ["", "forever"])
async def test_a_silence_without_a_reason_or_an_end_is_asked_again(typed: str) -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("S", *(["ctrl+u", *typed] if typed else []), "enter")
        assert done(console) == []
        assert any("Nothing is silenced yet" in message for message in console.messages)
        assert console.prompt.is_open


async def test_u_takes_the_last_action_back_for_ten_seconds_and_once() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("a", *"on it", "enter")
        await console.press("U")
        assert done(console)[-1] == Undo(7)
        assert console.operations.picture.alerts[0].acknowledged_by is None
        await console.press("U")
        assert len(done(console)) == 2
        assert any("Nothing to undo" in message for message in console.messages)
        await console.press("a", "enter")
        console.clock.advance(10.1)
        await console.press("U")
        assert len(done(console)) == 3


@pytest.mark.parametrize("key", ["c", "Z", "H", "x", "S"])
async def test_nothing_selected_is_said_and_what_was_typed_ahead_runs_no_key(key: str) -> None:
    async with desk(all_fine()) as console:
        await console.press(key)
        assert not console.prompt.is_open
        assert any("first" in message for message in console.messages)
        assert done(console) == []


@pytest.mark.parametrize("key", ["c", "Z", "H", "x", "S", "U"])
async def test_the_past_and_a_read_only_console_say_that_nothing_can_be_done(key: str) -> None:
    for options in ({"at": NOW - timedelta(hours=1)}, {"read_only": True}):
        async with desk(incident(), **options) as console:
            await console.press(key)
            assert not console.prompt.is_open
            assert any("is not possible" in message for message in console.messages)


async def test_what_somebody_else_did_meanwhile_stands() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        await console.press("Z")
        first, *others = incident().alerts
        console.operations.show(replace(incident(), alerts=(replace(first, version=4, acknowledged_by="bob"), *others)))
        await console.press("enter")
        assert console.operations.picture.alerts[0].snoozed_by is None
        assert not console.prompt.is_open


async def test_a_failure_keeps_what_was_typed() -> None:
    async with desk(incident()) as console:
        await select(console, "backend-api")
        console.operations.refusal = UnavailableError("the database is busy")
        await console.press("c", *"mine", "enter")
        assert console.prompt.text == "mine"
        await console.press("escape", "S", *"why not", "enter")
        assert console.prompt.text == "2h why not "


async def test_the_overview_says_what_mutes_an_alert() -> None:
    first, second, *others = incident().alerts
    muted = (
        replace(first, snoozed_by="bob", snoozed_until=NOW + timedelta(minutes=30)),
        replace(second, silenced_by=("7", "config-1"), maintenance="new disks"),
    )
    async with desk(replace(incident(), alerts=(*muted, *others)), size=(120, 40)) as console:
        assert "snoozed" in console.text()
        await select(console, second.subject)
        assert "silenced by 7, config-1" in console.info()
        assert "maintenance: new disks" in console.info()
        await console.press("enter")
        assert "silenced by 7, config-1" in console.text()


class TestTheListOfSilencesAndPlannedWork:
    async def test_shows_author_age_end_and_reason(self) -> None:
        async with desk(all_fine(), size=(120, 40)) as console:
            console.operations.policies = Policies(silences=(MINE, CONFIGURED), maintenance=(WORK,))
            await console.press("M")
            text = console.text()
            assert "SILENCES AND MAINTENANCE 3" in text
            for words in ("silence 7", "web-app", "bob", "3d", "new release", "configuration", "/^api/", "rack 3"):
                assert words in text

    async def test_ends_one_after_a_question(self) -> None:
        async with desk(all_fine()) as console:
            console.operations.policies = Policies(silences=(MINE,), maintenance=(WORK,))
            await console.press("M")
            await console.press("j")
            assert "silence 7: web-app · new release · by bob · until 13:00" in console.text()
            await console.press("d")
            assert console.prompt.question == "End silence 7 of web-app? y ends it, any other key keeps it."
            await console.press("n")
            assert done(console) == []
            await console.press("d", "y")
            assert done(console) == [EndSilence("7")]
            table = console.app.screen.query_one(MutedTable)
            assert table.model.keys == ("maintenance new disks",)
            await console.press("j", "d", "y")
            assert done(console)[-1] == EndMaintenance("new disks")
            assert "nothing is silenced" in console.text()

    @pytest.mark.parametrize(
        ("on", "where"), [("web-app", {"services": ("web-app",)}), ("platform", {"groups": ("platform",)})]
    )
    async def test_plans_work_on_a_service_or_a_group(self, on: str, where: dict[str, tuple[str, ...]]) -> None:
        async with desk(all_fine()) as console:
            await console.press("M", "N", *on, "enter")
            assert console.prompt.question == f"Work on {on}, how long and its name:"
            await console.press("ctrl+u", *"2h new disks", "enter")
            assert done(console) == [AddMaintenance("new disks", for_=7200, **where)]
            assert "maintenance new disks" in console.text()
            await console.press("U")
            assert done(console)[-1] == EndMaintenance("new disks")

    async def test_work_on_something_unknown_is_asked_again(self) -> None:
        async with desk(all_fine()) as console:
            await console.press("M", "N", *"webapp", "enter")
            assert any("No service and no group is called 'webapp'" in message for message in console.messages)
            assert console.prompt.text == "webapp"
            await console.press("ctrl+u", *"web-app", "enter", "ctrl+u", *"disks", "enter")
            assert done(console) == []
            assert console.prompt.text == "disks "

    async def test_what_the_configuration_holds_ends_there(self) -> None:
        async with desk(all_fine()) as console:
            console.operations.policies = Policies(silences=(CONFIGURED,))
            await console.press("M")
            await console.press("j", "d", "y")
            assert any("in the configuration" in message for message in console.messages)

    async def test_goes_back(self) -> None:
        async with desk(all_fine()) as console:
            await console.press("M", "escape")
            assert console.screen.services.has_focus


def test_the_story_says_to_whom_from_whom_and_until_when() -> None:
    def told(kind: str, note: str | None = None, message: str = "x", **detail: str) -> str:
        event = AlertEvent(kind, NOW, AlertState.FIRING, Severity.CRITICAL, message, "root", note, detail=detail)
        shown = alert(7, "backend-api")
        detail_of = AlertDetail(episode(NOW, id=7), shown, (event,))
        ((line, _),) = story(detail_of, PLAIN_LOOK)
        return "".join(text for text, _ in line).partition("● ")[2].rstrip()

    assert told("acknowledged") == "acknowledged by root"
    assert told("acknowledged", **{"from": "ann"}) == "claimed by root  from ann"
    handed = told("acknowledged", "look", owner="ben", **{"from": "ann"})
    assert handed == "handed off by root  to ben from ann · look"
    assert told("snoozed", until="2026-01-05T12:30:00+00:00") == "snoozed by root  until 12:30"
    assert told("snoozed") == "snoozed by root  until it recovers"
    assert told("rated", rating="noise") == "rated by root  noise"
    assert told("undone", message="root took back: snoozed") == "undone by root  snoozed"
    assert told("note", "the queue") == "note by root  the queue"
