"""Two themes of our own, on colours that exist in the terminal's 256, so that they look the same over any SSH."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="amt-dark",
    primary="#5fafff",
    secondary="#5f87af",
    accent="#5fd7ff",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    success="#5fd75f",
    warning="#ffd75f",
    error="#ff5f5f",
    dark=True,
    variables={
        "muted": "#949494",
        "faint": "#585858",
        "heading": "#afafaf",
        "heading-background": "#303030",
        "heading-focus": "#ffffff",
        "heading-focus-background": "#005f87",
        "cursor-background": "#005f87",
        "cursor-blur-background": "#303030",
        "bar-background": "#262626",
        "badge-foreground": "#080808",
        "badge-ok": "#5fd75f",
        "badge-warning": "#ffd75f",
        "badge-critical": "#d70000",
        "badge-critical-foreground": "#ffffff",
        "badge-unknown": "#bcbcbc",
        "input-cursor-background": "#d0d0d0",
        "input-cursor-foreground": "#121212",
    },
)
LIGHT = Theme(
    name="amt-light",
    primary="#005faf",
    secondary="#5f5f87",
    accent="#005f87",
    foreground="#262626",
    background="#ffffff",
    surface="#eeeeee",
    panel="#e4e4e4",
    success="#008700",
    warning="#875f00",
    error="#d70000",
    dark=False,
    variables={
        "muted": "#626262",
        "faint": "#b2b2b2",
        "heading": "#444444",
        "heading-background": "#dadada",
        "heading-focus": "#ffffff",
        "heading-focus-background": "#005f87",
        "cursor-background": "#afd7ff",
        "cursor-blur-background": "#dadada",
        "bar-background": "#dadada",
        "badge-foreground": "#ffffff",
        "badge-ok": "#008700",
        "badge-warning": "#875f00",
        "badge-critical": "#d70000",
        "badge-critical-foreground": "#ffffff",
        "badge-unknown": "#626262",
        "input-cursor-background": "#262626",
        "input-cursor-foreground": "#ffffff",
    },
)
CYCLE: tuple[str, ...] = (DARK.name, LIGHT.name, "ansi-dark")
"""What the theme key goes through; the last one uses the terminal's own 16 colours."""
_FEW_COLOURS = ("linux", "xterm", "vt100", "vt220", "ansi", "screen")


def first_theme(env: Mapping[str, str] = os.environ) -> str:
    """The theme to begin with: the terminal's own colours where the person or the terminal wants few."""
    if env.get("NO_COLOR") or (env.get("TERM", "") in _FEW_COLOURS and not env.get("COLORTERM")):
        return "ansi-dark"
    return DARK.name


def next_theme(current: str) -> str:
    """The theme after this one."""
    at = CYCLE.index(current) if current in CYCLE else -1
    return CYCLE[(at + 1) % len(CYCLE)]


def fallback_variables(*, dark: bool) -> dict[str, str]:
    """Our variables, for themes that are not ours."""
    return dict((DARK if dark else LIGHT).variables)
