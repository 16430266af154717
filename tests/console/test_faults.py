"""A part of the console that fails says so in its place; everything else goes on."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from support.answers import INCIDENT
from support.desk import desk
from support.pictures import all_fine, incident

from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.services import ServicesScreen
from amt_console.model.queries import IncidentsQuery
from widgets.host_panel import HostPanel
from widgets.service_table import ServiceTable

pytestmark = pytest.mark.slow


def _fails(*arguments: Any, **options: Any) -> NoReturn:
    raise ZeroDivisionError("a fault")


async def test_a_panel_that_fails_says_so_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostPanel, "build", _fails)
    async with desk(incident(), answers=INCIDENT, faults=True) as console:
        assert "cannot be drawn (ZeroDivisionError)" in console.screen.query_one(HostPanel).plain_lines[0]
        assert "backend-api" in console.text()
        await console.press("j", "a", "enter")
        assert console.acknowledged()


async def test_a_widget_that_fails_outside_of_drawing_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostPanel, "on_resize", _fails)
    async with desk(incident(), faults=True) as console:
        assert any("A part of the screen failed" in message for message in console.messages)
        assert not console.screen.query(HostPanel)
        assert "backend-api" in console.text()
        await console.press("a", "enter")
        assert console.acknowledged()


async def test_cards_that_are_left_before_they_are_drawn_do_no_harm() -> None:
    async with desk(incident(), answers=INCIDENT, size=(120, 40)) as console:
        for _ in range(3):
            await console.pilot.press("1", "j", "2", "j", "3", "j", "6", "j", "enter", "escape", "1", "tab")
        await console.settle()
        assert console.app.is_running


async def test_a_row_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = ServiceTable.cell

    def cell(self: ServiceTable, row: Any, column: str, width: int) -> Any:
        return _fails() if row.name == "web-app" else usual(self, row, column, width)

    monkeypatch.setattr(ServiceTable, "cell", cell)
    async with desk(all_fine(), faults=True) as console:
        lines = console.screen.services.plain_lines
        assert sum("cannot be drawn" in line for line in lines) == 1
        assert any("monitoring-db" in line for line in lines)


async def test_a_screen_that_fails_tells_it_once_and_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServicesScreen, "show_snapshot", _fails)
    async with desk(all_fine(), faults=True) as console:
        await console.press("2")
        await console.show(incident())
        assert sum("cannot be drawn" in message for message in console.messages) == 1
        await console.press("1")
        assert "backend-api" in console.text()


async def test_a_key_that_fails_tells_it_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OverviewScreen, "action_sort", _fails)
    async with desk(incident(), faults=True) as console:
        await console.press("s")
        assert any("That failed" in message for message in console.messages)
        await console.press("a", "enter")
        assert console.acknowledged()


async def test_an_answer_in_a_prompt_that_fails_tells_it_and_the_keys_work(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(incident(), faults=True) as console:
        await console.press("j", "a")
        monkeypatch.setattr(console.prompt, "_on_answer", _fails)
        await console.press("enter")
        assert any("That failed" in message for message in console.messages)
        assert not console.prompt.is_open
        await console.press("a", "enter")
        assert console.acknowledged()


async def test_an_answer_that_cannot_be_drawn_is_told_where_it_belongs() -> None:
    async with desk(all_fine(), answers={IncidentsQuery: lambda query: "no history"}, faults=True) as console:
        await console.press("6")
        assert "a fault of amt-console (AttributeError)" in console.text()
