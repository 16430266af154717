"""The screen of alerts: its tabs, what each key does there, and the drill-downs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.answers import INCIDENT, incident_answer
from support.desk import Desk, desk
from support.pictures import NOW, alert, all_fine, incident

from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.alerts import ACTIVE, HISTORY, SILENCES, AlertsScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.service_detail import ServiceDetailScreen
from amt_console.model import AlertState, Close, EndSilence, Rating, Snapshot
from amt_console.model.policy import Policies, Silence
from amt_console.model.queries import AlertHistoryQuery
from widgets.fact_lines import FactLines

pytestmark = pytest.mark.slow
SILENCE = Silence(
    "store review",
    NOW + timedelta(hours=6),
    id="3",
    created_by="ben",
    created_at=NOW - timedelta(minutes=21),
    services=("mobile-app",),
)


async def open_alerts(console: Desk) -> AlertsScreen:
    console.operations.answers.update(INCIDENT)
    console.operations.policies = Policies(silences=(SILENCE,))
    await console.press("3")
    screen = console.app.screen
    assert isinstance(screen, AlertsScreen)
    return screen


def with_followers() -> Snapshot:
    first, second, third = incident().alerts
    return replace(incident(), alerts=(first, replace(second, follows_from=7), third))


async def test_tab_goes_through_the_tabs_and_back() -> None:
    async with desk(incident()) as console:
        screen = await open_alerts(console)
        assert "[ACTIVE 3]" in console.text()
        assert [pane.display for pane in screen.panes()] == [True, False, False]
        await console.press("tab")
        assert screen.tab == HISTORY
        assert "[HISTORY 7 d]" in console.text()
        assert "connection refused" in console.text()
        await console.press("tab")
        assert screen.tab == SILENCES
        assert "store review" in console.text()
        await console.press("tab", "shift+tab")
        assert screen.tab == SILENCES
        assert [pane.display for pane in screen.panes()] == [False, False, True]


async def test_a_click_chooses_a_tab() -> None:
    async with desk(incident()) as console:
        screen = await open_alerts(console)
        await console.pilot.click("#tabs", offset=(16, 0))
        await console.settle()
        assert screen.tab == HISTORY


async def test_plus_and_minus_change_how_far_back_the_history_goes() -> None:
    async with desk(incident()) as console:
        await open_alerts(console)
        await console.press("plus")
        assert "does nothing here" in console.messages[-1], "the open ones have no range"
        await console.press("tab", "plus")
        asked = [call[1] for call in console.operations.calls if call[0] == "ask"]
        assert [each.hours for each in asked if isinstance(each, AlertHistoryQuery)] == [168, 720]
        assert "[HISTORY 30 d]" in console.text()
        await console.press("plus")
        assert "no longer time" in console.messages[-1]
        await console.press("minus", "minus")
        assert "[HISTORY 24 h]" in console.text()


async def test_the_history_is_filtered_ordered_and_opened() -> None:
    async with desk(incident()) as console:
        screen = await open_alerts(console)
        await console.press("tab", "slash", *"!backend", "enter")
        assert all("backend" not in line for line in screen.history.plain_lines[1:])
        await console.press("escape", "s")
        assert screen.history.model.sort_column == "severity"
        await console.press("g", "enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        await console.press("escape")
        assert console.app.screen is screen
        assert screen.tab == HISTORY


async def test_a_failing_history_says_so_in_its_place() -> None:
    async with desk(incident()) as console:
        screen = await open_alerts(console)

        def fails(query: object) -> object:
            raise OSError("the disk is gone")

        console.operations.answers[AlertHistoryQuery] = fails
        await console.press("tab")
        assert "cannot be read: the disk is gone" in " ".join(screen.history.plain_lines)
        await console.press("tab")
        assert "store review" in console.text(), "the others go on"


async def test_an_old_alert_is_rated_from_the_history() -> None:
    async with desk(incident()) as console:
        await open_alerts(console)
        old = alert(
            3,
            "backend-api",
            state=AlertState.RESOLVED,
            opened_at=NOW - timedelta(hours=26),
            resolved_at=NOW - timedelta(hours=25),
        )
        console.operations.answers[AlertHistoryQuery] = lambda query: replace(incident_answer(query), alerts=(old,))
        await console.press("tab")
        await console.press("g")
        await console.press("x", *"noise", "enter")
        closed = [call[1] for call in console.operations.calls if call[0] == "act" and isinstance(call[1], Close)]
        assert [(each.alert_id, each.rating) for each in closed] == [(3, Rating.NOISE)]


async def test_silences_are_ended_and_planned_where_they_are_listed() -> None:
    async with desk(incident()) as console:
        await open_alerts(console)
        await console.press("d")
        assert "does nothing here" in console.messages[-1]
        await console.press("shift+tab", "d")
        assert "Select what to end first" in console.messages[-1]
        await console.press("g", "d", "y")
        ended = [call[1] for call in console.operations.calls if call[0] == "act"]
        assert isinstance(ended[0], EndSilence)
        await console.press("N")
        assert console.prompt.is_open


async def test_the_key_of_silences_opens_their_tab_from_anywhere() -> None:
    async with desk(incident()) as console:
        console.operations.policies = Policies(silences=(SILENCE,))
        await console.press("enter", "M")
        screen = console.app.screen
        assert isinstance(screen, AlertsScreen)
        assert screen.tab == SILENCES
        await console.press("escape")
        assert isinstance(console.app.screen, OverviewScreen)


async def test_the_past_has_the_silences_and_alerts_of_then() -> None:
    async with desk(incident()) as console:
        screen = await open_alerts(console)
        console.operations.silences = lambda *, ended=False: (SILENCE,)  # type: ignore[method-assign, misc]
        await console.press("shift+tab", *["left_square_bracket"] * 22)
        assert "store review" not in " ".join(screen.muted.plain_lines), "it was not known then"
        await console.press("tab", "tab")
        queries = [call[1] for call in console.operations.calls if call[0] == "ask"]
        asked = [each for each in queries if isinstance(each, AlertHistoryQuery)]
        assert asked[-1].at == NOW - timedelta(minutes=22)


async def test_an_alert_opens_its_service_and_a_follower_its_cause() -> None:
    async with desk(with_followers()) as console:
        await open_alerts(console)
        await console.press("g", "enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        await console.press("enter")
        assert isinstance(console.app.screen, ServiceDetailScreen)
        await console.press("escape", "tab", "enter")
        detail = console.app.screen
        assert isinstance(detail, AlertDetailScreen)
        assert detail.card.alert_id == 8, "the follower"
        await console.press("tab", "enter")
        detail = console.app.screen
        assert isinstance(detail, AlertDetailScreen)
        assert detail.card.alert_id == 7, "its cause"


async def test_a_wide_screen_shows_the_card_of_the_selected_alert() -> None:
    for size in ((120, 40), (200, 60)):
        async with desk(incident(), size=size) as console:
            screen = await open_alerts(console)
            card = screen.query_one(AlertCard)
            assert card.alert_id == 7
            assert "moved together" in console.text()
            assert [pane.display for pane in screen.panes()] == [True, True, False], "the history stands below"
            await console.press("tab")
            assert screen.tab == HISTORY
            await console.press("z")
            assert [pane.display for pane in screen.panes()] == [False, True, False]
            await console.press("escape")
            assert [pane.display for pane in screen.panes()] == [True, True, False]


async def test_without_alerts_it_says_so_and_the_tabs_work() -> None:
    async with desk(all_fine()) as console:
        await console.press("3")
        assert "no active alerts" in console.text()
        await console.press("tab", "tab", "tab")
        screen = console.app.screen
        assert isinstance(screen, AlertsScreen)
        assert screen.tab == ACTIVE
        await console.press("space")
        assert "nothing to mark" in console.messages[-1]


async def test_on_a_tall_screen_the_history_stands_over_time_below_its_list() -> None:
    async with desk(incident(), size=(200, 60), answers=INCIDENT) as console:
        await console.press("3")
        await console.show(incident())
        screen = console.app.screen
        day, tables = screen.query_one("#day", FactLines), screen.query_one("#tables").region
        assert day.display
        assert day.region.bottom <= tables.bottom
        assert (tables.bottom - day.region.bottom) * tables.width < 200 * 60 / 3, "no third is empty"
        assert "last 7 d" in day.plain_lines[0]
        assert any(line.strip().startswith("backend-api") and "2 x " in line for line in day.plain_lines)
        await console.press("z")
        assert not day.display
        await console.press("z", "tab", "tab")
        assert not day.display, "the silences have the room"
        await console.press("tab")
        await console.resize(80, 24)
        await console.show(incident())
        assert not day.display
