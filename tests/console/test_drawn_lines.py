"""A screen that is left lets go of its drawn lines, and draws the same when it is back."""

from __future__ import annotations

import pytest
from support.desk import Desk, desk
from support.pictures import incident
from textual.screen import Screen
from textual.widget import Widget

from amt_console.console.screens.base import KEEP_LINES_SECONDS

pytestmark = pytest.mark.slow


def kept(screen: Screen[object]) -> int:
    """How many lines its widgets keep with what was made of them."""
    widgets = list(screen.walk_children(Widget))
    own = [strip for widget in widgets for strip in (*getattr(widget, "_lines", ()), *getattr(widget, "_painted", ()))]
    textuals = sum(len(widget._styles_cache._cache) for widget in widgets)
    return textuals + sum(bool(strip._style_cache.keys()) for strip in own)


async def services(console: Desk) -> Screen[object]:
    await console.press("2")
    return console.app.screen


async def test_a_screen_lets_go_of_its_lines_once_a_minute() -> None:
    async with desk(incident()) as console:
        screen = await services(console)
        before = console.text()
        assert kept(screen)
        await console.press("3")
        assert not kept(screen)
        assert await services(console) is screen
        assert console.text() == before
        await console.press("3")
        assert kept(screen), "who goes to and fro gets the lines back as they were"
        await services(console)
        console.clock.advance(KEEP_LINES_SECONDS)
        await console.press("3")
        assert not kept(screen)
