"""Every text can be read: in each theme, with each number of colours, on a dark and a light terminal."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations
from math import dist

import pyte
import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from support.desk import Desk, desk
from support.pictures import incident
from support.raw_terminal import TESTS
from support.terminal import TerminalProgram
from textual.color import Color as Colour
from textual.theme import BUILTIN_THEMES

from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.terminal.colours import LEAST_CONTRAST, XTERM, Depth, ReadableColours, contrast
from amt_console.console.themes.own import COLOUR_BLIND, CYCLE, HIGH_CONTRAST, HIGH_LEAST_CONTRAST
from amt_console.model import Snapshot

pytestmark = pytest.mark.slow

DEPTHS = {
    "none": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "16": {"TERM": "screen"},
    "256": {"TERM": "xterm-256color"},
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
}
GROUNDS = {"dark": (XTERM[7], XTERM[0]), "light": (XTERM[0], XTERM[15])}
"""Text and ground of a terminal that was asked for no colours."""
OWN = CYCLE
SCREENS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("i",): (),
    ("M",): ("escape",),
    ("5", "j"): ("escape", "escape"),
    ("down", "S"): ("escape", "escape"),
    ("down", "a"): ("n", "escape"),
    ("slash", "b"): ("escape",),
    ("q",): ("n",),
    ("p",): ("p",),
    ("enter",): ("escape",),
    ("m",): ("escape",),
    ("question_mark",): ("escape",),
    ("ctrl+p",): ("escape",),
    ("tab", "down", "enter"): ("escape", "tab"),
}
"""Keys that lead from the overview to something else to see, and those that lead back from it."""
NAMES = dict(zip([*list(pyte.graphics.FG_ANSI.values())[:8], *pyte.graphics.FG_AIXTERM.values()], XTERM, strict=True))
DRAWN = re.compile(r"[\s·─━═│┃▁-▟⠀-⣿╭╮╰╯┌┐└┘├┤┬┴┼]+")


def sample() -> Snapshot:
    fault = "The database cannot be written: the disk is full."
    return replace(incident(), notices=(fault, "no channel is configured"), faults=(fault,))


def rgb(color: Color | None, default: tuple[int, int, int], *, bold: bool = False) -> tuple[int, int, int]:
    if color is None or color.is_default:
        return default
    if color.number is not None and color.number < 16:
        return XTERM[color.number + 8 if bold and color.number < 8 else color.number]
    return color.get_truecolor()


@cache
def unreadable(style: Style, ground: str, least: float) -> float | None:
    """The contrast, if it is too small; bold may be drawn as the lighter colour."""
    text, under = GROUNDS[ground]
    worst = 21.0
    for bold in {False, bool(style.bold)}:
        fore, back = rgb(style.color, text, bold=bold), rgb(style.bgcolor, under)
        if style.dim:
            fore = tuple((one + other) // 2 for one, other in zip(fore, back, strict=True))  # type: ignore[assignment]
        worst = min(worst, contrast(fore, back))
    return worst if worst < least else None


class Drawn:
    """What was drawn, before it was fitted to a terminal: one text for each style on each ground."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._parts: dict[tuple[Style, Colour, bool], str] = {}
        self._fit = fit = ReadableColours.apply

        def keep(colours: ReadableColours, segments: list[Segment], ground: Colour) -> list[Segment]:
            for text, style, control in segments:
                if not control and style is not None:
                    self._parts.setdefault((style, ground, is_text(text)), text)
            return fit(colours, segments, ground)

        monkeypatch.setattr(ReadableColours, "apply", keep)

    def on(self, depth: Depth, least: float) -> list[Segment]:
        """The same on a terminal with so many colours."""
        colours = ReadableColours(depth)
        colours.ask_for(least)
        parts = self._parts.items()
        fit = self._fit
        return [part for (style, ground, _), text in parts for part in fit(colours, [Segment(text, style)], ground)]

    def forget(self) -> None:
        self._parts.clear()


@cache
def is_text(drawn: str) -> bool:
    return bool(DRAWN.sub("", drawn))


def unreadable_texts(parts: Iterable[Segment], least: float = LEAST_CONTRAST) -> list[str]:
    found = []
    for segment in parts:
        for ground in GROUNDS if is_text(segment.text) and segment.style is not None else ():
            assert segment.style is not None
            poor = unreadable(segment.style, ground, least)
            if poor is not None:
                found.append(f"on {ground}: {segment.text!r} {segment.style} has {poor:.2f}")
    return found


def shown(console: Desk) -> list[Segment]:
    return [segment for strip in console.app.screen._compositor.render_strips() for segment in strip]


def colours_of(parts: Iterable[Segment]) -> set[Color]:
    styles = [part.style for part in parts if part.style is not None]
    return {color for style in styles for color in (style.color, style.bgcolor) if color is not None}


def assert_readable(drawn: Drawn, theme: str, depths: Iterable[Depth] = Depth) -> None:
    for depth in depths:
        mixed = theme == HIGH_CONTRAST.name and depth in {Depth.MANY, Depth.TRUE}
        least = HIGH_LEAST_CONTRAST if mixed else LEAST_CONTRAST
        parts = drawn.on(depth, least)
        assert unreadable_texts(parts, least) == [], (theme, depth)
        if depth is Depth.NONE:
            assert all(color.is_default for color in colours_of(parts))


@pytest.mark.parametrize("theme", OWN)
async def test_every_text_can_be_read(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console draws the same for each terminal; the last step fits it to the number of colours."""
    async with desk(sample(), size=(120, 40)) as console:
        console.app.theme = theme
        drawn = Drawn(monkeypatch)
        for keys, back in SCREENS.items():
            await console.pilot.press(*keys)
            await console.pilot.press(*back)
        assert isinstance(console.app.screen, OverviewScreen)
        assert_readable(drawn, theme)


@pytest.mark.parametrize("depth", DEPTHS)
async def test_the_colours_are_those_of_the_terminal(depth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEPTHS[depth].items():
        monkeypatch.setenv(name, value)
    drawn = Drawn(monkeypatch)
    async with desk(sample(), size=(120, 40)) as console:
        for name, least in (("amt-light", LEAST_CONTRAST), (HIGH_CONTRAST.name, HIGH_LEAST_CONTRAST)):
            drawn.forget()
            console.app.theme = name
            await console.press("down", "i")
            parts = shown(console)
            assert unreadable_texts(parts) == []
            assert {each.style for each in parts} <= {each.style for each in drawn.on(Depth(depth), least)}


DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""How linear light looks without one kind of cones, after Machado, Oliveira and Fernandes (2009)."""


def seen(colour: str, deficiency: str) -> tuple[float, float, float]:
    """A colour as it looks, as L, a and b of CIELAB."""
    linear = []
    for part in bytes.fromhex(colour.removeprefix("#")):
        share = part / 255
        linear.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    rows = DEFICIENCIES[deficiency]
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in rows)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("meanings", [("success", "warning", "error"), ("badge-ok", "badge-warning", "badge-critical")])
def test_the_states_differ_for_the_colour_blind(deficiency: str, meanings: tuple[str, ...]) -> None:
    theme = COLOUR_BLIND
    colours = [theme.variables.get(name) or getattr(theme, name) for name in meanings]
    for one, other in combinations(colours, 2):
        assert dist(seen(one, deficiency), seen(other, deficiency)) >= 30, (one, other)


async def test_the_themes_of_the_toolkit_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    async with desk(sample(), size=(120, 40)) as console:
        await console.press("down", "i")
        for name in BUILTIN_THEMES:
            drawn.forget()
            console.app.theme = name
            await console.pilot.pause()
            assert_readable(drawn, name, (Depth.MANY, Depth.TRUE))


@pytest.mark.pty
@pytest.mark.parametrize(
    "env", [{"NO_COLOR": "1"}, {"TERM": "screen"}, {"TERM": "xterm"}, {"TERM": "xterm", "TEXTUAL_THEME": "amt-light"}]
)
def test_a_terminal_with_few_colours_shows_what_can_be_read(env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "support.console_script", "incident"]
    with TerminalProgram(command, env={"PYTHONPATH": str(TESTS), **env}) as program:
        program.wait_for("monitoring")
        program.press("jan")
        program.wait_for("note: n")
        for text, under in GROUNDS.values():
            for cell in (each for each in program.cells() if DRAWN.sub("", each.data)):
                pair = [NAMES.get(cell.fg, text), NAMES.get(cell.bg, under)]
                assert {cell.fg, cell.bg} <= {"default", *NAMES}
                assert contrast(*(reversed(pair) if cell.reverse else pair)) >= LEAST_CONTRAST, cell


@pytest.mark.pty
@pytest.mark.parametrize(("theme", "ground"), [("amt-light", "ffffff"), ("amt-high-contrast", "000000")])
def test_the_theme_of_the_environment_has_its_own_ground(theme: str, ground: str) -> None:
    command = [sys.executable, "-m", "support.console_script", "incident"]
    env = {"PYTHONPATH": str(TESTS), "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_THEME": theme}
    with TerminalProgram(command, env=env) as program:
        program.wait_for("monitoring")
        grounds = Counter(cell.bg for cell in program.cells())
        assert grounds.most_common(1)[0][0] == ground, grounds


async def test_the_theme_of_the_environment_is_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "amt-light")
    async with desk(sample()) as console:
        assert console.app.theme == "amt-light"
