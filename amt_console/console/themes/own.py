"""The own themes. They use colours of the 256-colour palette, so they look the same over any SSH connection."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from textual.theme import Theme

from amt_console.console.terminal.colours import LEAST_CONTRAST

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
HIGH_CONTRAST = Theme(
    name="amt-high-contrast",
    primary="#87d7ff",
    secondary="#87afff",
    accent="#00ffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#5fff5f",
    warning="#ffff00",
    error="#ff8787",
    dark=True,
    variables={
        "muted": "#dadada",
        "faint": "#949494",
        "outage": "#ffafaf",
        "outage-background": "#5f0000",
        "heading": "#000000",
        "heading-background": "#d0d0d0",
        "heading-focus": "#000000",
        "heading-focus-background": "#ffff00",
        "cursor-background": "#0000d7",
        "cursor-blur-background": "#444444",
        "bar-background": "#1c1c1c",
        "badge-foreground": "#000000",
        "badge-ok": "#5fff5f",
        "badge-warning": "#ffff00",
        "badge-critical": "#af0000",
        "badge-critical-foreground": "#ffffff",
        "badge-unknown": "#ffffff",
        "block-cursor-blurred-background": "#0000d7",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-cursor-background": "#000000",
        "input-cursor-foreground": "#ffff00",
    },
)
COLOUR_BLIND = Theme(
    name="amt-colour-blind",
    primary="#87afaf",
    secondary="#5f87af",
    accent="#ffafd7",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    success="#5fafff",
    warning="#ffff87",
    error="#ff8700",
    dark=True,
    variables={
        **DARK.variables,
        "muted": "#9e9e9e",
        "outage": "#af875f",
        "outage-background": "#5f3700",
        "badge-ok": "#5fafff",
        "badge-warning": "#ffff87",
        "badge-critical": "#ff8700",
        "badge-critical-foreground": "#080808",
    },
)
"""After Okabe and Ito: blue is well, pale yellow a warning, orange critical. They differ in lightness as well."""
OWN: tuple[Theme, ...] = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND)
TERMINAL = "ansi-dark"
"""Textual's theme on the terminal's own 16 colours."""
CYCLE: tuple[str, ...] = (*(theme.name for theme in OWN), TERMINAL)
"""The themes that the theme key cycles through."""
DESCRIPTIONS: Mapping[str, str] = {
    DARK.name: "For dark rooms and dark terminals.",
    LIGHT.name: "For bright rooms and light terminals.",
    HIGH_CONTRAST.name: "Text with a contrast of at least 7.",
    COLOUR_BLIND.name: "No pair of red and green: blue, yellow and orange.",
    TERMINAL: "The 16 colours of the terminal itself.",
}
HIGH_LEAST_CONTRAST = 7.0
"""Least contrast of text in the theme with high contrast, as WCAG 2 asks at its level AAA."""
_FEW_COLOURS = ("linux", "xterm", "vt100", "vt220", "ansi", "screen")


def first_theme(known: Collection[str], remembered: str | None = None, env: Mapping[str, str] = os.environ) -> str:
    """The initial theme: what the environment asks for, else the remembered one, else what fits the terminal.

    Args:
        known: Names of all themes.
        remembered: What the person chose last.
        env: The environment.
    """
    asked = theme_of_environment(known, env)
    if asked is not None:
        return asked
    if remembered is not None and remembered in known:
        return remembered
    return TERMINAL if env.get("TERM", "") in _FEW_COLOURS and not env.get("COLORTERM") else DARK.name


def least_contrast(theme: str) -> float:
    """Least contrast between text and ground in a theme."""
    return HIGH_LEAST_CONTRAST if theme == HIGH_CONTRAST.name else LEAST_CONTRAST


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
