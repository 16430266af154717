"""Each screen looks as it did, in text and styles: ``python -m support.screens`` writes what is expected anew."""

from __future__ import annotations

import pytest
from support.screens import EXPECTED, SIZES, THEMES, written

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_each_screen_looks_as_it_did(size: tuple[int, int], theme: str) -> None:
    found = await written(size, theme)
    changed = []
    for name, text in found.items():
        path = EXPECTED / f"{name}-{size[0]}x{size[1]}-{theme}.txt"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(name)
    assert not changed, f"look at them, and write them anew: {changed}"
