"""What a table does when the cursor moves, and when its rows change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from support.desk import Desk, desk
from support.pictures import many, thousand
from textual.scrollbar import ScrollBar

from amt_console.console.app import ConsoleApp
from amt_console.console.terminal.colours import ReadableColours
from widgets.service_table import ServiceTable

pytestmark = pytest.mark.slow


@contextmanager
def work() -> Iterator[Counter[str]]:
    """How often rows and titles are looked at."""
    counts: Counter[str] = Counter()
    aging, title = ServiceTable.aging, ServiceTable.title

    def aged(table: ServiceTable, row: Any) -> object:
        counts["row"] += 1
        return aging(table, row)

    def titled(table: ServiceTable) -> Any:
        counts["title"] += 1
        return title(table)

    with patch.object(ServiceTable, "aging", aged), patch.object(ServiceTable, "title", titled):
        yield counts


async def test_a_moved_cursor_looks_at_new_rows_alone() -> None:
    async with desk(thousand(), size=(120, 40)) as console:
        await console.press("j")
        # A snapshot of the next second would draw all rows.
        with patch.object(ConsoleApp, "redraw"), work() as counts:
            await console.press("j", "j", "k")
            assert not counts
            table = console.screen.services
            await console.press(*"j" * (table.size.height + 1))
            assert table.scroll_offset.y > 0
            assert counts == {"row": table.scroll_offset.y}


async def test_a_scrollbar_is_painted_when_it_looks_different() -> None:
    painted: list[Any] = []
    refresh = ScrollBar.refresh

    def refreshed(bar: ScrollBar, *regions: Any, **options: Any) -> Any:
        painted.append(bar.render())
        return refresh(bar, *regions, **options)

    def looks(console: Desk) -> Any:
        bar = console.screen.services.vertical_scrollbar
        options = console.app.console.options.update(width=1, height=bar.size.height)
        return console.app.console.render_lines(bar.render(), options)

    async with desk(thousand(), size=(80, 24)) as console:
        table = console.screen.services
        await console.press(*"j" * (table.size.height + 1))
        seen = [looks(console)]
        with patch.object(ScrollBar, "refresh", refreshed):
            for steps in (*[1] * 30, 100, 1, -1, 500, -700, 1000):
                painted.clear()
                table.move(steps)
                seen.append(looks(console))
                assert bool(painted) == (seen[-1] != seen[-2])
                assert table.vertical_scrollbar.position == table.scroll_offset.y
        assert any(a == b for a, b in pairwise(seen))


async def test_a_list_that_scrolls_finishes_new_lines_alone() -> None:
    finished: list[object] = []
    apply = ReadableColours.apply

    def applied(colours: ReadableColours, segments: Any, background: Any) -> Any:
        finished.append(segments)
        return apply(colours, segments, background)

    async with desk(thousand(), size=(80, 24)) as console:
        table = console.screen.services
        await console.press(*"j" * (table.size.height + 2))
        with patch.object(ReadableColours, "apply", applied):
            console.screen.key_comes()
            table.move(1)
            console.screen.paint_now()
        assert table.size.height > 10
        assert len(finished) == 2, "the row that appeared under the cursor, and the one before it"


async def test_ages_and_counts_are_right_after_a_move_and_new_rows() -> None:
    async with desk(many(), size=(120, 40)) as console:
        await console.press("j")
        table, picture = console.screen.services, console.operations.picture
        before = table.plain_lines
        console.clock.advance(120)
        await console.show(replace(picture, services=picture.services[:-1]))
        await console.press("j")
        after = table.plain_lines
        assert before[0] != after[0], "the counts"
        assert before[1] != after[1], "the ages"
