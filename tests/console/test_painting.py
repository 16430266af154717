"""When a screen is painted, and when it is styled."""

from __future__ import annotations

from typing import Any

import pytest
from support.desk import desk
from support.pictures import incident
from textual.app import App
from textual.screen import Screen

from amt_console.console.screens.painting import MOST_HELD, PaintedOnce

pytestmark = pytest.mark.slow


async def test_a_layout_is_painted_in_the_next_frame_and_never_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(incident()) as console:
        painted: list[Screen[Any]] = []
        monkeypatch.setattr(Screen, "_compositor_refresh", lambda screen: painted.append(screen))
        screen = console.screen
        screen._refresh_layout()
        assert not painted, "the widgets have not heard of their sizes yet"
        screen._on_timer_update()
        assert painted == [screen]
        for _ in range(MOST_HELD):
            screen._refresh_layout()
        assert painted == [screen]
        screen._refresh_layout()
        assert painted == [screen, screen]


async def test_a_screen_that_comes_back_is_styled_anew_only_under_another_theme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk(incident()) as console:
        await console.press("2")
        services = console.app.screen
        before = services.styles.background
        styled: list[object] = []
        update = App.update_styles

        def counted(app: App[Any], node: Any, **options: Any) -> None:
            styled.append(node)
            update(app, node, **options)

        monkeypatch.setattr(App, "update_styles", counted)
        await console.press("1", "2")
        assert isinstance(services, PaintedOnce)
        assert services not in styled
        await console.press("1")
        console.app.action_next_theme()
        await console.press("2")
        assert services in styled
        assert services.styles.background != before
