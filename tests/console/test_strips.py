"""The toolkit's lines: what was made of one is kept as before, and caches are created only when they are used."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.cache import FIFOCache
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

from amt_console.console.terminal.strips import AllFilters, create_caches_when_used

BLUE, BLACK = Style(bgcolor="blue"), Color.parse("black")


class Marking(LineFilter):
    """Writes a mark behind each line, and counts how often."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark, self.times = mark, 0

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        self.times += 1
        return [*segments, Segment(self.mark)]


@pytest.fixture(autouse=True)
def caches_when_used() -> None:
    assert create_caches_when_used(), "strips of this Textual have other slots: look at them"
    assert create_caches_when_used()


def caches_of(strip: Strip) -> int:
    return sum(isinstance(each, FIFOCache) for each in gc.get_referents(strip))


MARK = Marking("!")


@pytest.mark.parametrize(
    "make",
    [
        lambda strip: strip.divide([2, 5])[0],
        lambda strip: strip.crop(1, 4),
        lambda strip: strip.apply_style(BLUE),
        lambda strip: strip.apply_filter(MARK, BLACK),
        lambda strip: strip.adjust_cell_length(9, BLUE),
        lambda strip: strip.crop_extend(1, 9, BLUE),
        lambda strip: strip.apply_offsets(3, 4),
    ],
)
def test_what_was_made_of_a_line_is_kept(make: Callable[[Strip], Strip]) -> None:
    strip = Strip([Segment("hello")], 5)
    assert caches_of(strip) == 0
    made = make(strip)
    assert make(strip) is made
    assert 1 <= caches_of(strip) < 7
    assert make(Strip([Segment("hello")], 5)) == made


def test_a_name_that_a_line_does_not_have_is_an_error() -> None:
    strip = Strip([], 0)
    assert not hasattr(strip, "colour")
    with pytest.raises(AttributeError, match=r"'Strip' object has no attribute 'colour'"):
        strip.colour  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("slot", ["_new_cache", "_new"])
def test_another_toolkit_is_left_alone(slot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def its_own(strip: Strip) -> None:
        """Sets all of its slots, among them one that is not known here."""

    monkeypatch.setattr(Strip, "__slots__", [*Strip.__slots__, slot])
    monkeypatch.setattr(Strip, "__init__", its_own)
    assert not create_caches_when_used()
    assert Strip.__init__ is its_own


def test_all_filters_are_applied_in_their_order_and_once() -> None:
    first, second = Marking("1"), Marking("2")
    both = AllFilters([first, second])
    strip = Strip([Segment("line")], 4)
    for _ in range(3):
        assert strip.apply_filter(both, BLACK).text == "line12"
    assert (first.times, second.times) == (1, 1)
