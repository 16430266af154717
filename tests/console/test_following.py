"""Followers of an alert: shown, muted, and still available."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.desk import desk
from support.pictures import alert, incident

from amt_console.console.announcer import Announcer
from amt_console.model import AlertView, Snapshot
from widgets.look import PLAIN_LOOK, Look

pytestmark = pytest.mark.slow


def outage(**cause: object) -> Snapshot:
    """The API is down, and its two endpoints with it."""
    followers = tuple(
        alert(number, name, follows_from=7) for number, name in ((8, "api-plans"), (9, "api-chat-analytics"))
    )
    return replace(incident(), alerts=(alert(7, "backend-api", **cause), *followers))


def following(picture: Snapshot) -> tuple[AlertView, ...]:
    return picture.alerts[1:]


async def test_followers_stand_in_one_line_under_their_cause_and_need_nobody() -> None:
    async with desk(outage(), size=(120, 40)) as console:
        lines = console.screen.alerts.plain_lines
        assert "1 unacknowledged" in lines[0]
        assert "backend-api" in lines[1]
        assert "nobody" in lines[1]
        assert "▸ 2 follow" in lines[2]
        assert "api-plans, api-c" in lines[2]
        assert "nobody" not in lines[2]
        assert "1 unacknowledged · 2 down · 2 follow" in console.text()


async def test_enter_opens_the_line_of_the_followers_and_closes_it() -> None:
    async with desk(outage(), size=(120, 40)) as console:
        await console.press("down", "down")
        assert "follow from backend-api: api-plans, api-chat-analytics" in console.info()
        await console.press("a")
        assert "enter shows the alerts that follow from backend-api." in console.messages
        await console.press_after_reading("enter")
        lines = console.screen.alerts.plain_lines
        assert "▾ 2 follow" in lines[2]
        assert "└ api-plans" in lines[3]
        assert "follows" in lines[3]
        assert "└ api-chat-analytics" in lines[4]
        await console.press("enter")
        assert len(console.screen.alerts.model.keys) == 3


async def test_one_follower_needs_no_line_of_its_own_to_be_opened() -> None:
    picture = outage()
    async with desk(replace(picture, alerts=picture.alerts[:2]), size=(120, 40)) as console:
        assert "└ api-plans" in console.screen.alerts.plain_lines[2]


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_small_screen_says_the_same(size: tuple[int, int]) -> None:
    async with desk(outage(), size=size) as console:
        assert "1 unacknowledged" in console.text()
        assert "▸ 2 follow" in console.screen.alerts.plain_lines[2]


async def test_without_the_line_drawing_characters_the_mark_is_ascii() -> None:
    async with desk(outage(), size=(120, 40)) as console:
        console.screen.alerts.set_look(Look(PLAIN_LOOK.palette, ascii_only=True))
        assert "+ 2 follow" in console.screen.alerts.plain_lines[2]


async def test_with_nothing_selected_a_takes_causes_only() -> None:
    async with desk(outage()) as console:
        await console.press("a")
        assert "Acknowledge CRITICAL backend-api" in console.prompt.question
    async with desk(outage(acknowledged_by="ann")) as console:
        assert "1 alert, acknowledged" in console.text()
        await console.press("a")
        assert not console.prompt.is_open
        assert "No open alert is unacknowledged." in console.messages


async def test_a_selected_follower_can_be_taken_and_opened() -> None:
    async with desk(outage(), size=(120, 40)) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("api-plans")
        await console.press("a", "enter")
        assert console.acknowledged() == [(8, None, 3)]
        await console.press("escape", "tab", "down", "down", "enter", "down", "enter")
        text = console.text()
        assert "cause: #7 backend-api connection refused by" in text
        assert "nobody has it" in text


async def test_the_filter_finds_what_follows_from_a_service() -> None:
    async with desk(outage(), size=(120, 40)) as console:
        console.screen.alerts.set_filter("follows backend")
        assert console.screen.alerts.model.keys == ("8", "9")


def test_followers_do_not_ring() -> None:
    quiet = replace(incident(), alerts=())
    announcer = Announcer()
    assert not announcer.rings(quiet, 0.0)
    assert announcer.rings(outage(), 1.0)
    later = outage()
    more = replace(later, alerts=(*later.alerts, alert(20, "api-dashboard-overview", follows_from=7)))
    assert not announcer.rings(more, 100.0)
    healed = tuple(replace(each, follows_from=None) for each in following(more))
    assert not announcer.rings(replace(more, alerts=healed), 200.0), "they were seen before"
