"""Every screen of the console on sample data, as text with styles and as a picture.

``python -m support.screens`` (below ``tests``) writes the expected text of the snapshot tests and the pictures of
docs/console.md anew.
"""

from __future__ import annotations

import asyncio
import os
import re
import string
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from rich.segment import Segment
from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import incident

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "console" / "snapshots"
PICTURES = ROOT / "docs" / "pictures"
SIZES = ((60, 20), (80, 24), (120, 40), (200, 60))
THEMES = ("amt-dark", "amt-light")
PICTURE_SIZE = (120, 36)
_LETTERS = string.ascii_letters + string.digits
_TERMINAL = patch.dict(os.environ, {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""})
"""The terminal that is drawn for, whatever the environment says."""
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """One screen, and the keys that lead to it from the overview."""

    name: str
    keys: tuple[str, ...]
    back: int = 0
    """How often escape leads back."""


SCREENS = (
    Shown("overview", ("1",)),
    Shown("services", ("2", "j")),
    Shown("service", ("2", "enter"), 1),
    Shown("alerts", ("3", "j")),
    Shown("alert", ("3", "enter"), 1),
    Shown("resources", ("4",)),
    Shown("business", ("5",)),
    Shown("incidents", ("6", "j")),
    Shown("activity", ("7",)),
    Shown("why", ("3", "w"), 1),
    Shown("away", ("1", "W"), 1),
    Shown("silences", ("1", "M"), 1),
    Shown("monitor", ("1", "m"), 1),
    Shown("help", ("1", "question_mark"), 1),
    Shown("past", ("1", "left_square_bracket")),
)


async def walk(console: Desk) -> AsyncIterator[str]:
    """Open one screen after the other; yields their names while they are shown."""
    for shown in SCREENS:
        for key in shown.keys:
            await console.press(key)  # one by one: each waits for the data that the next one needs
        console.app.clear_notifications()
        await console.settle()
        yield shown.name
        for _ in range(shown.back):
            await console.press("escape")
        if console.app.at is not None:
            await console.press("0")


def snapshot(console: Desk) -> str:
    """The screen as text: each line, then the styles of its parts as letters with lengths; the letters come first."""
    letters: dict[str, str] = {}
    body: list[str] = []
    for strip in console.app.screen._compositor.render_strips():
        body.append("".join(segment.text for segment in strip).rstrip())
        body.append(" ".join(f"{letter}{size}" for letter, size in _styles(list(strip), letters)))
    legend = [f"{letter} {style}" for style, letter in letters.items()]
    return "\n".join([*legend, "", *body, ""])


def _styles(segments: list[Segment], letters: dict[str, str]) -> Iterator[tuple[str, int]]:
    last, size = "", 0
    for segment in segments:
        style = str(segment.style or "")
        letter = letters.setdefault(style, _LETTERS[len(letters) % len(_LETTERS)])
        if letter != last:
            if size:
                yield last, size
            last, size = letter, 0
        size += segment.cell_length
    if size:
        yield last, size


async def written(size: tuple[int, int], theme: str) -> dict[str, str]:
    """The snapshots of all screens at one size in one theme, by name."""
    with _TERMINAL:
        return await _written(size, theme)


async def _written(size: tuple[int, int], theme: str) -> dict[str, str]:
    found: dict[str, str] = {}
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        console.app.theme = theme
        await console.settle()
        console.app.redraw()
        await console.settle()
        async for name in walk(console):
            found[name] = snapshot(console)
    return found


async def _draw() -> None:
    PICTURES.mkdir(exist_ok=True)
    async with desk(incident(), size=PICTURE_SIZE, answers=INCIDENT) as console:
        async for name in walk(console):
            picture = console.app.export_screenshot(title=f"amt-console: {name}")
            (PICTURES / f"{name}.svg").write_text(_WEB_FONTS.sub("", picture), encoding="utf-8")


async def _expect() -> None:
    EXPECTED.mkdir(exist_ok=True)
    for size in SIZES:
        for theme in THEMES:
            for name, text in (await written(size, theme)).items():
                path = EXPECTED / f"{name}-{size[0]}x{size[1]}-{theme}.txt"
                path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "pictures" not in sys.argv:
        asyncio.run(_expect())
    with _TERMINAL:
        asyncio.run(_draw())
