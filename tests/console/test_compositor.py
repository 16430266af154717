"""A repaint renders the lines with changes only, and shows what Textual's own compositor would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.desk import desk
from support.pictures import incident
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from amt_console.console.terminal.compositor import LineCompositor
from amt_console.console.terminal.output import TightUpdate
from widgets.live_table import LiveTable

pytestmark = pytest.mark.slow


async def test_a_repaint_sends_what_textual_would_send() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        screen, terminal = console.screen, console.app.console
        own, textuals = screen._compositor, Compositor()
        assert isinstance(own, LineCompositor)
        textuals.reflow(screen, own.size)
        for regions in (
            {Region(0, 0, 12, 1)},
            {Region(5, 3, 40, 1), Region(60, 3, 4, 1), Region(2, 20, 30, 2)},
            {Region(90, 10, 30, 25), Region(119, 39, 1, 1)},
            {Region(0, 38, 120, 2)},
        ):
            own._dirty_regions, textuals._dirty_regions = set(regions), set(regions)
            mine, theirs = own.render_partial_update(), textuals.render_partial_update()
            assert mine is not None
            assert theirs is not None
            assert TightUpdate(mine).render_segments(terminal) == TightUpdate(theirs).render_segments(terminal)
        assert own.render_partial_update() is None


async def test_a_change_in_one_row_asks_for_its_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        asked: list[tuple[Widget, Region]] = []
        table = console.screen.services
        render = LiveTable.render_lines

        def noted(widget: LiveTable[object], crop: Region) -> list[Strip]:
            asked.append((widget, crop))
            return render(widget, crop)

        monkeypatch.setattr(LiveTable, "render_lines", noted)
        first, *others = console.operations.picture.services
        await console.show(
            replace(console.operations.picture, services=(replace(first, response_time_ms=777.0), *others))
        )
        lines = {line for widget, crop in asked if widget is table for line in crop.line_range}
        assert len(lines) == 1, lines
        assert "777 ms" in console.text()


async def test_lines_follow_the_style_of_an_ancestor() -> None:
    async with desk(incident()) as console:
        table, screen = console.screen.services, console.screen
        before = table.below
        assert table.below is before
        screen.styles.color = "#123456"
        await console.settle()
        assert before != table.below == table.rich_style


async def test_a_place_that_a_widget_left_is_painted_although_the_map_was_read_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        compositor, prompt = console.screen._compositor, console.app.prompt()
        prompt.confirm("Quit the monitor?", lambda: None)
        await console.settle()
        assert prompt.region.width == 120
        region, painted = prompt.region, set[int]()
        render = LineCompositor.render_partial_update

        def noted(own: LineCompositor) -> ChopsUpdate | None:
            update = render(own)
            if update is not None:
                painted.update(y for y, first, end in update.spans if (first, end) == (0, 120))
            return update

        monkeypatch.setattr(LineCompositor, "render_partial_update", noted)
        prompt.display = False
        # A repaint of a widget that was hidden makes the next reader of the map lay out anew, before Textual does.
        compositor._full_map_invalidated = True
        assert prompt not in compositor.full_map
        await console.settle()
        assert set(region.line_range) <= painted
