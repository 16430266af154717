"""A service that several locations watch: the text on the overview, and the locations on its own screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.desk import desk
from support.pictures import all_fine, from_several, split

from amt_console.model import ServiceState
from widgets.fact_lines import FactLines

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_screen_of_a_service_lists_what_each_location_sees(size: tuple[int, int]) -> None:
    async with desk(split(), size=size) as console:
        seen = console.screen.services.plain_lines[1] if size[0] < 120 else console.text()
        assert "down from fra (1 of 3)" in seen, "in the row, or beside it"
        await console.press("enter")
        lines = console.app.screen.query_one("#locations", FactLines).plain_lines
        assert lines[0].strip() == "SEEN FROM"
        assert [line.split()[0] for line in lines[1:]] == ["fra", "nyc", "sgp"]
        assert "DOWN" in lines[1]
        assert "connection refused" in lines[1]
        assert "UP" in lines[2]
        assert "41" in lines[2]
        probes = console.app.screen.query_one("#probes", FactLines).plain_lines[1:4]
        assert [line.split()[1] for line in probes] == ["fra", "nyc", "sgp"]


async def test_the_list_follows_the_picture() -> None:
    async with desk(all_fine()) as console:
        await console.press("enter")
        shown = console.app.screen.query_one("#locations", FactLines)
        assert not shown.display, "one location alone is not worth a list"
        await console.show(split())
        assert shown.display
        assert "DOWN" in shown.plain_lines[1]
        picture = split()
        mended = from_several(fra=ServiceState.UP, nyc=ServiceState.UP, sgp=ServiceState.UNKNOWN)
        first = replace(picture.services[0], locations=mended)
        await console.show(replace(picture, services=(first, *picture.services[1:])))
        assert "UP" in shown.plain_lines[1]
        assert "UNKNOWN" in shown.plain_lines[3]
        await console.show(all_fine())
        assert not shown.display
