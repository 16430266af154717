"""The list of services: groups, last hour, order, filter, preview; a thousand of them, and hostile names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT
from support.desk import Desk, desk
from support.pictures import NOW, all_fine, hostile, incident

from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.screens.service_detail import ServiceDetailScreen
from amt_console.console.screens.services import ServicesScreen
from amt_console.console.strips.state_rows import day_room, strips_room
from amt_console.model import ProbeNow, ServiceState, Snapshot
from amt_console.model.queries import StatesQuery
from amt_console.operations.protocol import OperationError
from widgets.fact_lines import FactLines
from widgets.look import PLAIN_LOOK
from widgets.tables.service_list import ServiceGroup, ServiceList, group_line

pytestmark = pytest.mark.slow
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]
_GROUPS = ("core", "web", "web", "api", "api", "api", "api", "core")


def grouped(picture: Snapshot) -> Snapshot:
    """The services in three groups."""
    pairs = zip(picture.services, _GROUPS, strict=True)
    return replace(picture, services=tuple(replace(view, group=group) for view, group in pairs))


def crowd() -> Snapshot:
    """A thousand services in forty groups, some in trouble."""
    bad = incident()
    views = (*bad.services, *all_fine(services=1000).services[8:])
    return replace(bad, services=tuple(replace(each, group=f"g{at // 25:02}") for at, each in enumerate(views)))


async def opened(console: Desk) -> ServiceList:
    console.operations.answers.update(INCIDENT)
    await console.press("2")
    screen = console.app.screen
    assert isinstance(screen, ServicesScreen)
    return screen.services


def asked(console: Desk) -> list[StatesQuery]:
    """The questions for the last hour of all services."""
    questions = [call[1] for call in console.operations.calls if call[0] == "ask"]
    return [each for each in questions if isinstance(each, StatesQuery) and each.services is None and each.hours == 1]


@pytest.mark.parametrize("size", SIZES)
async def test_groups_have_headings_with_their_counts_and_services_a_strip(size: tuple[int, int]) -> None:
    async with desk(grouped(incident()), size=size) as console:
        table = await opened(console)
        lines = table.plain_lines
        assert "SERVICES 8" in lines[0]
        assert "LAST HOUR" in lines[0]
        assert lines[1].strip() == "▾ core  1 down · 1 up"
        assert "backend-api" in lines[2]
        assert "█" in lines[2]
        assert "▂" in lines[2]
        assert any(line.strip() == "▾ api  1 down · 1 slow · 2 up" for line in lines)
        assert all(len(line) == table.size.width for line in lines)


async def test_the_counts_stand_in_the_heading_as_signs_or_words() -> None:
    async with desk(incident(), size=(80, 24)) as console:
        assert "✖2 ▲1 ○1" in (await opened(console)).plain_lines[0]


async def test_enter_left_and_right_fold_a_group_and_the_heading_is_selected() -> None:
    async with desk(grouped(incident())) as console:
        table = await opened(console)
        await console.press("j", "enter")
        assert table.plain_lines[1].strip().startswith("▸ core")
        assert "backend-api" not in table.model.keys
        await console.press("l")
        assert "backend-api" in table.model.keys
        await console.press("j", "h")
        assert "backend-api" not in table.model.keys
        assert table.model.selected == "\ncore"
        assert console.app.screen.selection().service is None
        await console.press("a")
        assert any("core is a group" in message for message in console.messages)
        await console.press("j", "h", "right")
        assert "web-app" in table.model.keys


async def test_order_and_filter_make_the_list_flat_with_a_column_of_groups() -> None:
    async with desk(grouped(incident()), size=(100, 30)) as console:
        table = await opened(console)
        await console.press("s")
        assert table.model.keys[0] == "backend-api", "the worst first"
        assert table.model.keys[1] == "api-plans"
        assert table.model.keys[2] == "api-chat-analytics"
        assert "GROUP" in table.plain_lines[0]
        await console.press("s")
        assert table.model.keys[-1] == "api-plans"
        await console.press(*"ssssssssssssssssssss"[: 2 * 8 - 3])
        while table.model.sort_column is not None:
            await console.press("s")
        assert table.model.keys[0] == "\ncore"
        await console.press("slash", *"api", "enter")
        assert table.model.keys == (
            "backend-api",
            "api-chat-analytics",
            "api-plans",
            "api-dashboard-overview",
            "api-analytics-revenue",
        )
        await console.press("escape", "slash", *"slow", "enter")
        assert table.model.keys == ("api-chat-analytics",)
        await console.press("escape", "slash", *"!up", "enter")
        assert set(table.model.keys) == {"backend-api", "mobile-app", "api-chat-analytics", "api-plans"}
        await console.press("escape", "slash", *"web", "enter")
        assert table.model.keys == ("web-app", "mobile-app"), "a group by its name"
        await console.press("escape")
        assert table.model.keys[0] == "\ncore"


async def test_the_last_hour_is_asked_for_every_ten_seconds_and_after_a_change() -> None:
    async with desk(all_fine()) as console:
        await opened(console)
        first = len(asked(console))
        await console.show(all_fine())
        assert len(asked(console)) == first
        console.clock.advance(10)
        await console.show(all_fine())
        assert len(asked(console)) == first + 1
        await console.show(incident())
        assert len(asked(console)) == first + 2
        await console.press("p")
        console.clock.advance(20)
        await console.show(incident())
        assert len(asked(console)) == first + 2, "a frozen view stands still"


async def test_the_past_has_its_own_last_hour() -> None:
    async with desk(incident()) as console:
        await opened(console)
        await console.press("left_square_bracket")
        assert asked(console)[-1].at == NOW - timedelta(minutes=1)
        await console.press("0")
        assert asked(console)[-1].at is None


async def test_a_last_hour_that_cannot_be_read_is_told_and_the_list_goes_on() -> None:
    async with desk(incident()) as console:

        def broken(query: Any) -> Any:
            raise OperationError("the database is locked")

        await console.press("1")
        console.operations.answers[StatesQuery] = broken
        await console.press("2")
        screen = console.app.screen
        assert isinstance(screen, ServicesScreen)
        assert "not read" in screen.services.plain_lines[1]
        assert "DOWN" in screen.services.plain_lines[1]
        assert "the last hour cannot be read: the database is locked" in screen.info.plain_lines[0]
        assert console.messages == []
        console.operations.answers.update(INCIDENT)
        console.clock.advance(10)
        await console.show(incident())
        assert "█" in screen.services.plain_lines[1]
        assert "cannot be read" not in screen.info.plain_lines[0]


async def test_the_preview_of_a_group_is_its_worst_service_and_zoom_hides_it() -> None:
    async with desk(grouped(incident()), size=(120, 40)) as console:
        table = await opened(console)
        assert console.app.screen.query_one(ServiceCard).service == "backend-api"
        width = table.size.width
        await console.press("z")
        assert table.size.width > width
        await console.press("z")
        assert table.size.width == width


async def test_copy_export_and_runbook(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = grouped(incident())
    first = replace(picture.services[0], runbook="https://wiki.example/api")
    async with desk(replace(picture, services=(first, *picture.services[1:]))) as console:
        await opened(console)
        copied: list[str] = []
        monkeypatch.setattr(console.app, "copy_to_clipboard", copied.append)
        await console.press("j", "y", "Y", "j", "y", "Y", "o")
        assert copied[0] == "core: 2 services · 1 down"
        assert copied[1].count('"name"') >= 2
        assert copied[2].startswith("backend-api DOWN")
        assert copied[4] == "https://wiki.example/api"
        await console.press("h")
        exported = console.app.screen.exported()  # type: ignore[attr-defined]
        assert len(exported.document) == 8, "a folded group is exported as well"


async def test_the_selection_acts_on_the_service_and_its_alert() -> None:
    async with desk(grouped(incident())) as console:
        await opened(console)
        await console.press("j", "j", "a", "enter")
        assert console.acknowledged()[0][0] == 7
        await console.press("t")
        assert console.app.at == NOW - timedelta(minutes=8), "five minutes before its alert"


async def test_a_short_list_has_the_trouble_of_the_last_day_below() -> None:
    async with desk(grouped(incident())) as console:
        await opened(console)
        events = console.app.screen.query_one("#events", FactLines)
        assert events.display
        assert events.texts[0].split()[:4] == ["11:57", "✖", "DOWN", "backend-api"]
        assert "connection refused" in events.texts[0]
        assert events.region.bottom <= 22
        await console.press("z")
        assert not events.display, "the list has the whole screen"
        await console.press("z")
        assert events.display
        await console.resize(80, 18)
        await console.show(grouped(incident()))
        assert not events.display, "there is no room"
    async with desk(all_fine()) as console:
        await console.press("2")
        assert console.app.screen.query_one("#events", FactLines).texts == ("nothing was down or slow",)
    async with desk(crowd(), size=(120, 40)) as console:
        await opened(console)
        assert not console.app.screen.query_one("#events", FactLines).display


async def test_on_a_tall_screen_the_states_of_the_day_fill_the_room_below_a_short_list() -> None:
    async with desk(grouped(incident()), size=(200, 60)) as console:
        await opened(console)
        day = console.app.screen.query_one("#day", FactLines)
        panes = console.app.screen.query_one("#panes").region
        assert day.display
        assert day.region.bottom <= panes.bottom
        assert panes.bottom - day.region.bottom < 60 // 3, "no third of the screen is empty"
        lines = day.plain_lines
        assert lines[0].startswith(" STATES  last 24 h")
        named = [line.split()[0] for line in lines[1:-1] if line[1] != " "]
        assert named == [each.name for each in grouped(incident()).services]
        assert "down" in next(line for line in lines if line.startswith(" backend-api"))
        assert ":" in lines[-1], "the axis of times"
        await console.press("z")
        assert not day.display
        await console.press("z")
        await console.resize(120, 40)
        await console.show(grouped(incident()))
        assert day.region.bottom <= console.app.screen.query_one("#panes").region.bottom
        await console.resize(80, 24)
        await console.show(grouped(incident()))
        assert not day.display


@pytest.mark.parametrize("left", range(3, 60))
def test_the_lines_below_a_short_list_are_shared_without_a_remainder_below_zero(left: int) -> None:
    for events in (1, 5, 40):
        for services in (0, 1, 8, 30):
            most, strip = day_room(left, min(events, left), services)
            assert 0 < most <= left
            assert strip in range(5)
            assert most >= (min(events, left) if strip > 2 else min(events, left, 8) if strip else 0)
            assert most + strips_room(services, strip) <= left


async def test_probing_and_silencing_go_to_the_selected_service() -> None:
    async with desk(grouped(incident())) as console:
        await opened(console)
        await console.press("j", "j", "r")
        assert ("act", ProbeNow("backend-api")) in console.operations.calls
        await console.press("S")
        assert "backend-api" in console.prompt.question
        await console.press("escape", "enter", "r", "S")
        assert [call for call in console.operations.calls if call == ("act", ProbeNow("backend-api"))][1:]
        assert "backend-api" in console.prompt.question


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_a_thousand_services_build_only_the_lines_that_are_seen(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(crowd(), size=size) as console:
        table = await opened(console)
        drawn: list[str] = []
        plain = ServiceList._row_line
        monkeypatch.setattr(
            ServiceList, "_row_line", lambda self, row, width: (drawn.append(row.name), plain(self, row, width))[1]
        )
        await console.press("G")
        assert table.model.selected == table.model.keys[-1]
        assert len(drawn) <= 2 * size[1]
        drawn.clear()
        await console.press("k", "k", "k")
        assert drawn == [], "moving within the page draws no row anew"
        await console.press("pageup")
        assert len(drawn) <= 2 * size[1]
        await console.press("slash", *"tenant-777", "enter", "j", "enter")
        assert isinstance(console.app.screen, ServiceDetailScreen)
        assert console.app.screen.selection().service == "tenant-777"


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_names_do_not_break_the_table(size: tuple[int, int]) -> None:
    picture = hostile()
    mixed = tuple(
        replace(view, group=f"{view.group}{at % 2}", state=ServiceState.UP if at % 2 else view.state)
        for at, view in enumerate(picture.services)
    )
    async with desk(replace(picture, services=mixed), size=size) as console:
        console.operations.answers.update(HOSTILE_ANSWERS)
        await console.press("2", "j", "h", "l", "j", "s", "s")
        screen = console.app.screen
        assert isinstance(screen, ServicesScreen)
        for line in screen.services.plain_lines:
            assert all(char.isprintable() for char in line)


def test_a_group_of_one_service_says_so() -> None:
    group = ServiceGroup("edge", 1, (), folded=False, worst="proxy")
    assert "".join(text for text, _ in group_line(group, PLAIN_LOOK)).startswith("edge: 1 service ")
