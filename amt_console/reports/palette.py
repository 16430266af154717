"""The one palette of pages and charts, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from amt_console.model import ServiceState, Severity

COLOURS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "page": ("#f4f6f8", "#0f1419"),
        "surface": ("#fefefe", "#171d25"),
        "sunken": ("#eef1f4", "#1f2731"),
        "rule": ("#dde2e8", "#2c3643"),
        "axis": ("#b9c1cb", "#465364"),
        "ink": ("#18212c", "#e7ebf0"),
        "muted": ("#576373", "#9eabba"),
        "accent": ("#1d5fa6", "#6fb0f2"),
        "accent-soft": ("#8db6e0", "#3f74ab"),
        "accent-faint": ("#d7e6f5", "#1e3852"),
        "second": ("#0f7c80", "#45bdbf"),
        "third": ("#7a5195", "#b893d3"),
        "ok": ("#1c7350", "#45b886"),
        "ok-soft": ("#e2f2ea", "#16322a"),
        "warning": ("#8a5200", "#eaa640"),
        "warning-mark": ("#e5a41f", "#d7972a"),
        "warning-soft": ("#fdf1da", "#392c14"),
        "critical": ("#bb271f", "#f2766d"),
        "critical-mark": ("#cf3b32", "#dd544b"),
        "critical-soft": ("#fbe6e4", "#3f1d1d"),
        "unknown": ("#5f6b7a", "#a3afbd"),
        "unknown-soft": ("#e9edf1", "#242d38"),
        "maintenance": ("#7483ad", "#7f8fbd"),
        "previous": ("#8f9aa8", "#7a8798"),
        "hatch": ("#c4ccd5", "#3c4857"),
    }
)
"""Colours by name for a light and a dark page; light values are unique, so that a chart's can be replaced."""

HATCH = COLOURS["hatch"][0]
"""Marks "no data" in a specification; drawn as a hatch."""


def light(name: str) -> str:
    """The colour on a light page, as charts are rendered."""
    return COLOURS[name][0]


def hatch_pattern(name: str) -> str:
    """The SVG pattern of this id for "no data": diagonal lines."""
    return (
        f'<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="{light("unknown-soft")}"/><rect width="1.6" height="6" fill="{HATCH}"/>'
        "</pattern></defs>"
    )


def state_colour(state: ServiceState) -> str:
    """Fill of a state in a timeline."""
    names = {
        ServiceState.UP: "ok",
        ServiceState.DEGRADED: "warning-mark",
        ServiceState.DOWN: "critical-mark",
        ServiceState.MAINTENANCE: "maintenance",
        ServiceState.UNKNOWN: "hatch",
    }
    return light(names[state])


def severity_colour(severity: Severity) -> str:
    """Fill of a severity."""
    names = {Severity.CRITICAL: "critical-mark", Severity.WARNING: "warning-mark", Severity.INFO: "accent"}
    return light(names[severity])


def custom_properties(dark: bool) -> str:
    """The palette as CSS custom properties."""
    return "".join(f"--{name}:{pair[1] if dark else pair[0]};" for name, pair in COLOURS.items())


def chart_rules() -> str:
    """CSS that replaces the colours in rendered charts by their dark counterparts."""
    rules = []
    for name, (colour, _) in COLOURS.items():
        rules.append(
            f'.chart [fill="{colour}"]{{fill:var(--{name})}}.chart [stroke="{colour}"]{{stroke:var(--{name})}}'
        )
    return "".join(rules)
