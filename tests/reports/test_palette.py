"""Whether text can be read on every ground that pages put it on, light and dark."""

from __future__ import annotations

import pytest

from amt_console.reports.palette import COLOURS

PAIRS = [
    *((text, ground) for text in ("ink", "muted", "accent") for ground in ("page", "surface", "sunken")),
    *((tone, "surface") for tone in ("ok", "warning", "critical", "unknown")),
    *((tone, f"{tone}-soft") for tone in ("ok", "warning", "critical", "unknown")),
    *(("ink", f"{tone}-soft") for tone in ("ok", "warning", "critical", "unknown")),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_a_contrast_of_4_5(text: str, ground: str, mode: int) -> None:
    low, high = sorted((luminance(COLOURS[text][mode]), luminance(COLOURS[ground][mode])))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_light_colours_are_unique_so_that_a_style_sheet_can_replace_them() -> None:
    light = [pair[0] for pair in COLOURS.values()]
    assert len(light) == len(set(light))
