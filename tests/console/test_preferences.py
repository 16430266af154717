"""The preferences of ``[console]``, and their effect on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from support.desk import Desk, desk
from support.pictures import alert, incident

from amt_console.config.sections.program import Theme
from amt_console.console.announcer import BELL_PAUSE_SECONDS
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.session import Preferences
from widgets.key_footer import KeyFooter
from widgets.title_bar import TitleBar

pytestmark = pytest.mark.slow


async def prefer(console: Desk, **wishes: object) -> None:
    console.app.prefer(Preferences(**wishes))  # type: ignore[arg-type]
    await console.settle()


def footer(console: Desk) -> str:
    return console.app.screen.query_one(KeyFooter).plain_lines[0]


async def test_other_keys_work_and_are_named_wherever_keys_are_named() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await prefer(console, keymap={"acknowledge": "f2,x", "pause": "ctrl+p", "help": "h", "previous_pane": "left"})
        assert "F2 ack" in footer(console)
        assert "h help" in footer(console)
        await console.press("a")
        assert not console.prompt.is_open, "the usual key does it no longer"
        await console.press("f2")
        assert console.prompt.is_open
        await console.press("escape", "ctrl+p")
        assert "ctrl+p resumes" in console.screen.query_one(TitleBar).plain_lines[1]
        await console.press("ctrl+p", "h")
        assert "F2 x  " in console.text()
        await console.press("escape", "enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        assert "F2 acknowledges it" in console.text()


async def test_moments_are_in_the_time_zone_that_was_asked_for() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await prefer(console, zone=ZoneInfo("Asia/Kolkata"))
        await console.press("enter")
        assert "2026-01-05 17:27:00 IST" in console.text()
        assert "17:27:05  ● first bad observation" in console.text()


async def test_theme_alphabet_and_bell() -> None:
    async with desk(incident()) as console:
        rings: list[None] = []
        console.app.bell = lambda: rings.append(None)  # type: ignore[method-assign]
        await prefer(console, theme="nord", ascii_only=True, bell=False)
        assert console.app.theme == "nord"
        assert console.text().isascii()
        fresh = replace(incident(), alerts=(*incident().alerts, alert(90, "x")))
        await console.show(fresh)
        assert rings == []
        await prefer(console, bell=True)
        console.clock.advance(BELL_PAUSE_SECONDS)
        await console.show(replace(fresh, alerts=(*fresh.alerts, alert(91, "y"))))
        assert len(rings) == 1


async def test_what_the_session_says_of_colours_goes_before_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk(incident()) as console:
        await prefer(console, theme="nord")
        assert console.app.theme == "ansi-dark"


async def test_every_theme_of_the_configuration_is_there() -> None:
    async with desk(incident()) as console:
        assert set(get_args(Theme)) == set(console.app.available_themes)
