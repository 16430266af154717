"""The two own themes. They use colours of the 256-colour palette, so they look the same over any SSH connection."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

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
        "outage": "#875f5f",
        "outage-background": "#5f0000",
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
        "outage": "#d7afaf",
        "outage-background": "#ffd7d7",
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
TERMINAL = "ansi-dark"
"""Textual's theme on the terminal's own 16 colours."""
CYCLE: tuple[str, ...] = (DARK.name, LIGHT.name, TERMINAL)
"""The themes that the theme key cycles through."""
_FEW_COLOURS = ("linux", "xterm", "vt100", "vt220", "ansi", "screen")


def first_theme(known: Collection[str], env: Mapping[str, str] = os.environ) -> str:
    """The initial theme: the requested one, or the terminal's own colours on a terminal with few colours.

    Args:
        known: Names of all themes.
        env: The environment.
    """
    asked = theme_of_environment(known, env)
    if asked is not None:
        return asked
    return TERMINAL if env.get("TERM", "") in _FEW_COLOURS and not env.get("COLORTERM") else DARK.name


def theme_of_environment(known: Collection[str], env: Mapping[str, str] = os.environ) -> str | None:
    """The theme that the environment requests."""
    if env.get("NO_COLOR"):
        return TERMINAL
    return env["TEXTUAL_THEME"] if env.get("TEXTUAL_THEME") in known else None


def next_theme(current: str) -> str:
    """The next theme in the cycle."""
    at = CYCLE.index(current) if current in CYCLE else -1
    return CYCLE[(at + 1) % len(CYCLE)]


def fallback_variables(theme: Theme) -> dict[str, str]:
    """The variables of the own themes, for other themes."""
    variables = dict((DARK if theme.dark else LIGHT).variables)
    return dict.fromkeys(variables, "ansi_default") if theme.ansi else variables
