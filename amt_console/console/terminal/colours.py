"""Reduces colours to the terminal's depth and keeps text readable.

This is the last step of drawing, for own and for Textual's widgets: contrast is measured on the colours that are sent,
after the reduction to those of the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual import color as textual_color
from textual.filter import LineFilter

LEAST_CONTRAST = 4.5
"""Least contrast between text and background, as WCAG 2 defines it."""
XTERM: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
"""The 16 colours as xterm has them; other terminals differ, but light stays light."""
_BLACK, _WHITE = Color.from_ansi(0), Color.from_ansi(15)
_DRAWN = frozenset("·─━═│┃▁▂▃▄▅▆▇█▏▎▍▌▋▊▉▐░▒▓▔▕╭╮╰╯┌┐└┘├┤┬┴┼ ")
_MIXTURES = tuple(step / 20 for step in range(1, 21))


class Depth(Enum):
    """How many colours a terminal has."""

    NONE = "none"
    SIXTEEN = "16"
    MANY = "256"
    TRUE = "truecolor"


def depth_of(color_system: str | None, no_color: str | None) -> Depth:
    """The depth to draw with.

    Args:
        color_system: What Textual detected about the terminal.
        no_color: The variable ``NO_COLOR``: anything but nothing asks for no colour.
    """
    if no_color or color_system is None:
        return Depth.NONE
    return {"256": Depth.MANY, "truecolor": Depth.TRUE}.get(color_system, Depth.SIXTEEN)


def contrast(first: Iterable[float], second: Iterable[float]) -> float:
    """Contrast of two colours with parts from 0 to 255, from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class ReadableColours(LineFilter):
    """Reduces every segment to the terminal's depth and adjusts text colours that are not readable."""

    def __init__(self, depth: Depth) -> None:
        super().__init__()
        self.depth = depth
        self._least = LEAST_CONTRAST
        self._fitted = lru_cache(4096)(self._fit)

    def ask_for(self, contrast: float) -> None:
        """Ask for a least contrast of text where colours can be mixed."""
        if contrast != self._least:
            self._least = contrast
            self._fitted.cache_clear()

    def apply(self, segments: list[Segment], background: textual_color.Color) -> list[Segment]:
        """Filter one line, and join what has the same style then."""
        ground = background.rich_color
        return list(
            Segment.simplify(
                segment
                if segment.control or segment.style is None
                else Segment(segment.text, self._fitted(segment.style, ground, _DRAWN.issuperset(segment.text)))
                for segment in segments
            )
        )

    def _fit(self, style: Style, ground: Color, drawn: bool) -> Style:
        text, under = style.color or Color.default(), style.bgcolor or ground
        if self.depth is Depth.NONE:
            colourless = Color.default()
            turned = bool(style.reverse) is (under.is_default or under == ground)
            return style + Style(color=colourless, bgcolor=colourless, reverse=turned, dim=False)
        if _is_own(text) or _is_own(under):
            return style if drawn else style + _own(text, under, style)
        if style.reverse:
            text, under = under, text
        text, under = self._in_depth(text), self._in_depth(under)
        if not drawn:
            text = self._readable(text, under)
        bold = _stays_bold(style, text, under)
        return style + Style(color=text, bgcolor=under, bold=bold, reverse=False, dim=False)

    def _in_depth(self, color: Color) -> Color:
        if self.depth is Depth.SIXTEEN:
            return _nearest(color.get_truecolor())
        return color.downgrade(ColorSystem.EIGHT_BIT) if self.depth is Depth.MANY else color

    def _readable(self, text: Color, under: Color) -> Color:
        """The text colour, or the nearest readable one towards white or black."""
        ground = _rgb(under)
        if contrast(_rgb(text), ground) >= self._least:
            return text
        best = _more_contrast(under)
        if self.depth is Depth.SIXTEEN:
            return best
        end = ColorTriplet(*_rgb(best))
        for part in _MIXTURES:
            mixed = self._in_depth(Color.from_triplet(_mixed(_rgb(text), end, part)))
            if contrast(_rgb(mixed), ground) >= self._least:
                return mixed
        return Color.from_triplet(end)


def _own(text: Color, under: Color, style: Style) -> Style:
    """Styles for the terminal's own colours. Its default colours are unknown, so a colour on them may be unreadable."""
    if style.reverse and not (text.is_default and under.is_default):
        if text.is_default or under.is_default:
            return Style(color=Color.default(), bgcolor=Color.default(), dim=False)
        text, under = under, text
    if under.is_default:
        return Style(color=Color.default(), dim=False)
    if text.is_default or contrast(_rgb(text), _rgb(under)) < LEAST_CONTRAST:
        text = _more_contrast(under)
    return Style(color=text, bgcolor=under, bold=_stays_bold(style, text, under), reverse=False, dim=False)


def _is_own(color: Color) -> bool:
    return color.is_default or color.type is ColorType.STANDARD


def _stays_bold(style: Style, text: Color, under: Color) -> bool:
    """Whether bold keeps the colour: terminals draw bold text in one of the first eight colours lighter."""
    if not style.bold or text.type is not ColorType.STANDARD or text.number is None or text.number > 7:
        return bool(style.bold)
    return contrast(XTERM[text.number + 8], _rgb(under)) >= LEAST_CONTRAST


def _more_contrast(under: Color) -> Color:
    ground = _rgb(under)
    return max((_BLACK, _WHITE), key=lambda color: contrast(_rgb(color), ground))


def _rgb(color: Color) -> tuple[int, int, int]:
    if color.type is ColorType.STANDARD and color.number is not None:
        return XTERM[color.number]
    return color.get_truecolor()


def _nearest(wanted: tuple[int, int, int]) -> Color:
    def distance(number: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(XTERM[number], wanted, strict=True))

    return Color.from_ansi(min(range(len(XTERM)), key=distance))


def _mixed(start: tuple[int, int, int], end: tuple[int, int, int], part: float) -> ColorTriplet:
    red, green, blue = (round(one + (other - one) * part) for one, other in zip(start, end, strict=True))
    return ColorTriplet(red, green, blue)


def _luminance(parts: Iterable[float]) -> float:
    red, green, blue = (_linear(part / 255) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)
