"""An app with the own themes, readable colours, and the person's alphabet and time zone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

from rich.console import RenderableType
from textual.app import App
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.reactive import Reactive
from textual.screen import Screen

from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.terminal.colours import ReadableColours, depth_of
from amt_console.console.terminal.frames import Frames
from amt_console.console.terminal.output import AsciiFilter, tightened
from amt_console.console.terminal.pace import pace_of
from amt_console.console.terminal.strips import AllFilters, create_caches_when_used
from amt_console.console.themes import own as themes
from widgets.look import Look, Palette

TERMINAL = 0
"""Its descriptor."""


class ThemedApp(App[None], inherit_bindings=False):
    """Draws what a terminal can show and a person can read.

    Args:
        driver_class: Writes to the terminal.
        ascii_only: Draw with ASCII characters only.
    """

    theme: Reactive[str] = Reactive("textual-dark")
    """As in Textual, but not from the environment: a theme that is set before it is registered has no colours, and
    set once more it changes nothing. ``Appearance`` reads the environment.
    """

    def __init__(self, driver_class: type[Driver], *, ascii_only: bool) -> None:
        create_caches_when_used()
        super().__init__(driver_class=driver_class)
        self.ascii_only = ascii_only
        self.own_zone: tzinfo | None = None
        """The person's time zone; ``None`` is the host's."""
        self._utc = False
        self._ascii_filter = AsciiFilter()
        self._pace = pace_of(os.environ, TERMINAL)
        self._frames = Frames(self, self._pace)
        self._colours = ReadableColours(depth_of(self.console.color_system, os.environ.get("NO_COLOR")))
        self._filter = AllFilters(())
        self._palette: tuple[Mapping[str, str], Palette] | None = None
        """The palette of the theme's variables, after them: each redraw asks for it."""
        self.animation_level = "none"

    @property
    def look(self) -> Look:
        """Colours, alphabet and time zone."""
        variables = self.theme_variables or self.get_css_variables()
        if self._palette is None or self._palette[0] is not variables:
            # Textual makes new variables for each theme, and never changes them.
            self._palette = variables, Palette.from_variables(variables, ansi=self.current_theme.ansi)
        return Look(self._palette[1], self.ascii_only, self.zone, self._pace.age_step)

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of displayed moments; ``None`` is the host's."""
        return UTC if self._utc else self.own_zone

    def local(self, moment: datetime) -> datetime:
        """A moment in the displayed time zone."""
        return moment.astimezone(self.zone)

    def toggle_utc(self) -> bool:
        """Times in UTC, or back in the person's zone. Says whether they are in UTC now."""
        self._utc = not self._utc
        self.relook()
        return self._utc

    def relook(self) -> None:
        """Redraw all screens with the current colours, alphabet, time zone and keys."""
        self.get_css_variables()  # sets ``theme_variables``, which else waits for the style sheets
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.relook()
                screen.refresh_keys()

    def _watch_theme(self, theme_name: str) -> None:
        self._colours.ask_for(themes.least_contrast(theme_name))
        super()._watch_theme(theme_name)
        self.call_later(self.relook)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables of the own themes, for other themes."""
        return themes.fallback_variables(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filters for readable colours and for ASCII, as one. Textual's filters for no colour are left out: they
        draw the terminal's own colours black on black.
        """
        usual = (each for each in super().get_line_filters() if not isinstance(each, (Monochrome, NoColor)))
        filters = [*usual, self._colours, *([self._ascii_filter] if self.ascii_only else [])]
        if filters != self._filter.filters:
            self._filter = AllFilters(filters)
        return [self._filter]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if renderable is not None:
            self._frames.draw(partial(super()._display, screen, tightened(renderable)))
