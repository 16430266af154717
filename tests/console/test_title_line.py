"""What the title line keeps where not all of it has room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.desk import desk
from support.pictures import NOW, incident

from amt_console.model import PresentPerson
from amt_console.model.oncall import OnCall
from widgets.title_bar import TitleBar


@pytest.mark.parametrize("place", ["1 OVERVIEW", "6 INCIDENTS"])
async def test_the_name_of_the_screen_stays_before_the_number_of_those_who_look(place: str) -> None:
    people = tuple(PresentPerson(name, NOW, "pid 1") for name in ("ann", "ben", "dan"))
    picture = replace(incident(), presence=people, on_call=(OnCall("oncall", "root", None),))
    async with desk(picture) as console:
        await console.press(place[0])
        line = console.app.screen.query_one(TitleBar).plain_lines[0]
        assert f" {place}  2 unacknowledged" in line
        assert "on call: root" in line


async def test_without_room_for_who_is_on_call_the_name_stays_too() -> None:
    people = tuple(PresentPerson(name, NOW, "pid 1") for name in ("ann", "ben", "dan"))
    picture = replace(incident(), presence=people, on_call=(OnCall("oncall", "root", None),))
    async with desk(picture, size=(60, 20)) as console:
        assert " 1 OVERVIEW  2 unacknowledged" in console.app.screen.query_one(TitleBar).plain_lines[0]
