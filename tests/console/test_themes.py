"""Themes: tried out in the palette, chosen, remembered from start to start."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from support.desk import Desk, desk
from support.pictures import incident
from textual.command import CommandPalette

from amt_console.console.session import Preferences
from amt_console.console.themes.own import CYCLE
from amt_console.console.themes.remembered import ThemeMemory

pytestmark = pytest.mark.slow


async def mark_theme(console: Desk, name: str) -> None:
    """Find a theme in the palette; the first one that is found is marked."""
    await console.press("colon", *f"theme {name}", "down")


async def test_a_theme_is_tried_out_while_it_is_marked_and_escape_restores() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await mark_theme(console, "amt-high")
        assert console.app.theme == "amt-high-contrast"
        assert isinstance(console.app.screen, CommandPalette)
        assert console.app.screen.styles.background.a == 0, "the screen is seen behind the palette"
        await console.press("escape")
        assert console.app.theme == "amt-dark"
        assert not console.messages


async def test_another_entry_restores_the_theme() -> None:
    async with desk(incident()) as console:
        await mark_theme(console, "amt-light")
        assert console.app.theme == "amt-light"
        await console.press(*["backspace"] * 20, *"undo", "down")
        assert console.app.theme == "amt-dark"
        assert console.app.screen.styles.background.a == 1


async def test_an_opened_theme_stays_and_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "state" / "console.json"
    async with desk(incident(), memory=ThemeMemory(file)) as console:
        await mark_theme(console, "nord")
        await console.press("enter")
        assert console.app.theme == "nord"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with desk(incident(), memory=ThemeMemory(file)) as console:
        assert console.app.theme == "nord"
        await console.press("ctrl+t")
        assert console.app.theme == CYCLE[0]
    assert json.loads(file.read_text()) == {"theme": CYCLE[0]}
    assert [each.name for each in file.parent.iterdir()] == ["console.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"theme": 7}', '{"theme": "no such theme"}', "\x00\x1b[31m", "[" * 4000, '{"theme": null}']
)
async def test_a_broken_memory_is_passed_over(text: str, tmp_path: Path) -> None:
    file = tmp_path / "console.json"
    file.write_text(text)
    async with desk(incident(), memory=ThemeMemory(file)) as console:
        assert console.app.theme == "amt-dark"
        await console.press("ctrl+t")
    assert ThemeMemory(file).read() == "amt-light"


async def test_what_cannot_be_remembered_is_told_and_still_shown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with desk(incident(), memory=ThemeMemory(tmp_path / "file" / "console.json")) as console:
        await console.press("ctrl+t")
        assert console.app.theme == "amt-light"
        assert any("not remembered" in message for message in console.messages)


async def test_environment_then_configuration_then_the_last_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = ThemeMemory(tmp_path / "console.json")
    memory.write("amt-light")
    async with desk(incident(), memory=memory) as console:
        assert console.app.theme == "amt-light"
        console.app.prefer(Preferences(theme="nord"))
        await console.settle()
        assert console.app.theme == "nord"
        await console.press("ctrl+t")
        assert any("the configuration asks for nord" in message for message in console.messages)
    monkeypatch.setenv("TEXTUAL_THEME", "dracula")
    async with desk(incident(), memory=memory) as console:
        console.app.prefer(Preferences(theme="nord"))
        await console.settle()
        assert console.app.theme == "dracula"


async def test_every_theme_is_in_the_palette_and_the_key_goes_through_the_own_ones() -> None:
    async with desk(incident()) as console:
        seen = []
        for _ in CYCLE:
            await console.press("ctrl+t")
            seen.append(console.app.theme)
        assert sorted(seen) == sorted(CYCLE)
