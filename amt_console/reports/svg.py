"""Charts with their axes for pictures: Vega-Lite to SVG, and SVG to PNG."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from amt_console.reports.palette import HATCH, hatch_pattern

_OPEN = re.compile(r"<svg\b[^>]*?\bviewBox=\"(?P<box>[^\"]+)\"[^>]*>")
_ROLES = re.compile(r' (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"')
_IDS = re.compile(r'\bid="(?P<id>[^"]+)"')
_EMPTY = re.compile(r"<path d=\"M0,0h0v0h0Z\"/>|<path d=\"\" display=\"none\"/>|<g></g>|<g/>")
_ALIKE = re.compile(r'<path d="[^"]*"(?P<look>[^>]*)/>(?:<path d="[^"]*"(?P=look)/>)+')
_OUTLINE = re.compile(r'd="([^"]*)"')
_APART = ("opacity", "transform", "marker", "stroke-dasharray")
"""Marks with one of these look different as one mark: where they overlap, or by their own place."""
VL_VERSION = "6.4"
_COLOURS = 256
_LONG = re.compile(r"(\d\.\d\d)\d+")


class ChartError(Exception):
    """A chart could not be drawn."""


def drawing(spec: Mapping[str, Any], name: str) -> tuple[str, str]:
    """The content of a chart's ``<svg>`` element, with ids that begin with ``name``, and its view box.

    Raises:
        ChartError: The renderer refused the specification.
    """
    inner, box = _rendered(spec)
    inner = _ROLES.sub("", inner)
    inner = _ALIKE.sub(_as_one, _LONG.sub(r"\1", _EMPTY.sub("", _EMPTY.sub("", inner))))
    for number, found in enumerate(dict.fromkeys(_IDS.findall(inner))):
        # The renderer numbers ids across charts; ours must not depend on earlier charts.
        own = f"{name}-{number}"
        inner = inner.replace(f'id="{found}"', f'id="{own}"').replace(f"url(#{found})", f"url(#{own})")
    if f'fill="{HATCH}"' in inner:
        inner = hatch_pattern(f"{name}-hatch") + inner.replace(f'fill="{HATCH}"', f'fill="url(#{name}-hatch)"')
    return inner, box


def _as_one(marks: re.Match[str]) -> str:
    """Neighbours that look the same as one path: a month of outages has thousands."""
    look = marks["look"]
    if any(word in look for word in _APART):
        return marks[0]
    return f'<path d="{"".join(_OUTLINE.findall(marks[0]))}"{look}/>'


def warm_up() -> None:
    """Load the renderer, which takes as long as ten charts."""
    with contextlib.suppress(ChartError):
        _rendered({"mark": "point", "data": {"values": []}})


def svg_png(svg: str, *, scale: float) -> bytes:
    """An SVG document as a PNG, ``scale`` pixels for each of its own. Raises ChartError."""
    import vl_convert

    try:
        return _compressed(vl_convert.svg_to_png(svg, scale=scale))
    except ValueError as error:
        raise ChartError(f"the picture could not be drawn: {_first_line(error)}") from None


def _rendered(spec: Mapping[str, Any]) -> tuple[str, str]:
    """The content of the ``<svg>`` element, and its view box."""
    import vl_convert

    try:
        text: str = vl_convert.vegalite_to_svg(
            json.dumps(spec, allow_nan=False), vl_version=VL_VERSION, allowed_base_urls=[]
        )
    except ValueError as error:
        raise ChartError(f"a chart could not be drawn: {_first_line(error)}") from None
    found = _OPEN.match(text)
    if found is None or not text.endswith("</svg>"):
        raise ChartError("a chart could not be drawn: the renderer returned no SVG")
    return text[found.end() : -len("</svg>")], found["box"]


def _compressed(png: bytes) -> bytes:
    """The same picture in a palette of 256 colours, enough for charts: half the size or less."""
    from PIL import Image

    packed = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
