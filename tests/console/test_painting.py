"""When a screen is painted, and when it is styled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from support.desk import desk
from support.pictures import incident
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen

from amt_console.console import giving_way
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.painting import MOST_HELD, PaintedOnce
from amt_console.console.terminal.compositor import LineCompositor
from amt_console.console.terminal.output import TightUpdate
from widgets.title_bar import TitleBar

pytestmark = pytest.mark.slow


@contextmanager
def paints() -> Iterator[list[Screen[Any]]]:
    """The screens that are painted meanwhile."""
    painted: list[Screen[Any]] = []
    with patch.object(Screen, "_compositor_refresh", lambda screen: painted.append(screen)):
        yield painted


async def test_a_layout_is_painted_when_its_widgets_have_drawn_and_never_waits_for_long() -> None:
    async with desk(incident()) as console:
        screen = console.screen
        with paints() as painted:
            screen._refresh_layout()
            assert not painted, "the widgets have not heard of their sizes yet"
            screen._on_timer_update()
            assert painted == [screen]
            for _ in range(MOST_HELD):
                screen._refresh_layout()
            assert painted == [screen]
            screen._refresh_layout()
            assert painted == [screen, screen]


async def test_a_layout_is_painted_after_the_pause_of_a_slow_link() -> None:
    async with desk(incident()) as console:
        screen = console.screen
        with paints() as painted:
            screen._refresh_layout()
            with console.app.batch_update():
                screen._on_timer_update()
                assert not painted
                assert screen._update_timer._active.is_set(), "it looks again"
            screen._on_timer_update()
            assert painted == [screen]


async def test_what_follows_a_refresh_follows_its_paint() -> None:
    async with desk(incident()) as console:
        screen, called = console.screen, []
        with paints() as painted:
            screen._refresh_layout()
            screen._callbacks.append((lambda: called.append(len(painted)), screen))
            await screen._invoke_and_clear_callbacks()
            assert not called, "the layout is not painted yet"
            screen._on_timer_update()
            await screen._invoke_and_clear_callbacks()
            assert called == [1]


async def test_the_first_rows_are_painted_before_the_first_card_is_made() -> None:
    painted_before_card: list[bool] = []
    painted: list[str] = []
    paint, make = PaintedOnce._compositor_refresh, OverviewScreen.card_of

    def refreshed(screen: PaintedOnce) -> None:
        paint(screen)
        if not screen._paint_waits:  # the desk draws later, when it waits
            painted.extend(strip.text for strip in screen._compositor.render_strips())

    def made(screen: OverviewScreen, key: str) -> Any:
        painted_before_card.append(any("backend-api" in line for line in painted))
        return make(screen, key)

    with patch.object(PaintedOnce, "_compositor_refresh", refreshed), patch.object(OverviewScreen, "card_of", made):
        async with desk(incident(), size=(120, 40)) as console:
            await console.pilot.pause()
    assert painted_before_card[:1] == [True]


@pytest.mark.parametrize("laid_out", [False, True])
async def test_a_key_is_painted_before_the_next_frame_and_without_what_waits_for_it(laid_out: bool) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        screen = console.screen
        await console.press("j")
        painted: list[Any] = []
        if laid_out:
            screen._compositor._dirty_regions.add(screen.size.region)
        screen.query_one(TitleBar).refresh(Region(0, 0, 5, 1))
        with patch.object(App, "_display", lambda app, of, update: painted.append(update)):
            screen.key_comes()
            screen.action_move(1)
            screen.paint_now()
        (update,) = painted
        assert isinstance(update, TightUpdate)
        lines = {y for y, _, _ in update._update.spans}
        top = screen.pane.region.y
        assert lines == {top + 1, top + 2, *screen.info.region.line_range}
        assert screen._compositor._dirty_regions == ({screen.size.region} if laid_out else set())


async def test_layouts_and_frames_wait_for_keys_but_not_for_ever() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        screen = console.screen
        with (
            patch.object(ConsoleScreen, "keys_wait", True),
            patch.object(Screen, "_on_timer_update") as frame,
            patch.object(giving_way, "MOST_SECONDS", float("inf")),
        ):
            screen._on_timer_update()
            assert not frame.called
            with patch.object(giving_way, "MOST_SECONDS", 0.0):
                screen._on_timer_update()
            assert frame.called


async def test_nothing_is_painted_while_a_slow_link_rests() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        painted: list[Any] = []
        with patch.object(App, "_display", lambda app, of, update: painted.append(update)), console.app.batch_update():
            console.screen.action_move(1)
            console.screen.paint_now()
            assert not painted


async def test_a_prompt_that_opens_and_closes_paints_few_lines() -> None:
    lines: set[int] = set()
    render = LineCompositor.render_partial_update

    def rendered(compositor: LineCompositor) -> Any:
        lines.update(y for region in compositor._dirty_regions for y in region.line_range)
        return render(compositor)

    with patch.object(LineCompositor, "render_partial_update", rendered):
        async with desk(incident(), size=(120, 40)) as console:
            await console.press("slash", "escape")
            lines.clear()
            await console.press("slash")
            heading = console.screen.pane.region.y
            assert lines == {heading, 39}
            lines.clear()
            await console.press("escape")
            assert lines == {heading, 39}


async def test_a_screen_that_comes_back_is_styled_anew_only_under_another_theme() -> None:
    async with desk(incident()) as console:
        await console.press("2")
        services = console.app.screen
        assert isinstance(services, PaintedOnce)
        before = services.styles.background
        styled: list[object] = []
        update = App.update_styles

        def counted(app: App[Any], node: Any, **options: Any) -> None:
            styled.append(node)
            update(app, node, **options)

        with patch.object(App, "update_styles", counted):
            await console.press("1", "2")
            assert services not in styled
            await console.press("1")
            console.app.action_next_theme()
            await console.press("2")
            assert services in styled
            assert services.styles.background != before
