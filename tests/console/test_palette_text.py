"""Names and errors from outside are text in the palette: they neither style it nor add anything to click."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.attacks import PAYLOADS
from support.desk import Desk, desk
from support.pictures import incident
from textual.command import CommandList
from textual.content import Content

from amt_console.console.session import Preferences
from amt_console.own_commands import CommandContext, OwnCommand
from amt_console.text import safe_text

pytestmark = pytest.mark.slow
CLICK = "[@click=app.quit]click[/]"
HOSTILE = (CLICK, "[/x]", "[$x]", "[red]a\\", "a\\[b]", *(PAYLOADS[name] for name in ("markup", "link", "style")))


async def found(console: Desk, typed: str) -> list[Content]:
    """The entries that the palette shows for a text."""
    await console.press("colon", *typed)
    await console.settle()
    shown = [Content.from_markup(option.prompt) for option in console.app.screen.query_one(CommandList).options]
    await console.press("escape")
    return shown


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_text_is_text_in_the_palette(hostile: str) -> None:
    first, *services = incident().services
    first_alert, *alerts = incident().alerts
    picture = replace(
        incident(),
        services=(replace(first, name=f"{hostile} zebra", error=f"{hostile} broken"), *services),
        alerts=(replace(first_alert, subject=f"{hostile} zebra", message=f"{hostile} failed"), *alerts),
    )
    own = OwnCommand(f"{safe_text(hostile)} zebra", "f6", CommandContext.ANYWHERE, ("true", hostile))
    async with desk(picture) as console:
        console.app.prefer(Preferences(commands=(own,)))
        await console.settle()
        usual, searched = await found(console, ""), await found(console, "zebra")
        text = "\n".join(str(each) for each in searched)
        shown = safe_text(hostile)
        assert len(searched) == 3, text
        assert text.count(f"{shown} zebra") >= 3, text
        assert f"{shown} broken" in text
        assert f"{shown} failed" in text
        assert all("@click" not in str(span.style) for each in (*usual, *searched) for span in each.spans)
