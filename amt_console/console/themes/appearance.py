"""Which theme is shown: the chosen one, or one that is tried out in the palette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from textual.theme import Theme

from amt_console.console.cards.loading import Loader, LoadingHost
from amt_console.console.themes import own as themes
from amt_console.console.themes.remembered import ThemeMemory


class AppearanceHost(LoadingHost, Protocol):
    """The part of the app that themes need."""

    theme: str

    @property
    def available_themes(self) -> Mapping[str, Theme]:
        """All themes by name."""
        ...

    def register_theme(self, theme: Theme) -> None:
        """Add a theme."""
        ...

    def tell(self, message: str) -> None:
        """Show a message for a few seconds."""
        ...


class Appearance:
    """The theme of the screen. The environment has the first word, then the configuration, then the last choice.

    Args:
        host: The app.
        memory: Where the choice is kept from start to start; ``None`` keeps nothing.
    """

    def __init__(self, host: AppearanceHost, memory: ThemeMemory | None) -> None:
        self._host = host
        self._memory = memory
        self._writing = Loader(host)
        self._before: str | None = None
        """The theme to return to after one that is tried out."""
        self._given: tuple[str, str] | None = None
        """Who names the theme of each start, whatever is chosen, and its name."""
        for theme in themes.OWN:
            host.register_theme(theme)
        remembered = memory.read() if memory is not None else None
        host.theme = themes.first_theme(host.available_themes, remembered)
        if themes.theme_of_environment(host.available_themes) is not None:
            self._given = "environment", host.theme

    def prefer(self, theme: str | None) -> None:
        """Apply the theme of the configuration; one of the environment takes precedence."""
        if self._given is None and theme is not None and theme in self._host.available_themes:
            self._given = "configuration", theme
            self._host.theme = theme

    def next(self) -> None:
        """The next theme."""
        self.choose(themes.next_theme(self._host.theme))

    def choose(self, theme: str) -> None:
        """Show a theme from now on, and remember it."""
        self._before = None
        self._host.theme = theme
        given = self._given
        until = f" until the end; the {given[0]} asks for {given[1]}" if given is not None and given[1] != theme else ""
        self._host.tell(f"Colours: {theme}{until}")
        memory = self._memory
        if memory is not None:
            self._writing.ask(lambda: memory.write(theme), lambda _: None, self._not_kept)

    def marked(self, option: object) -> bool:
        """An entry of the palette is marked: try its theme out, if it has one. Says whether one is tried out."""
        command = getattr(getattr(option, "hit", None), "command", None)
        return self.try_out(command.theme if isinstance(command, ThemeChoice) else None)

    def try_out(self, theme: str | None) -> bool:
        """Show a theme for a moment; ``None`` returns to the chosen one. Says whether one is tried out."""
        if theme is None:
            if self._before is not None:
                self._host.theme, self._before = self._before, None
        elif theme in self._host.available_themes:
            self._before = self._before or self._host.theme
            self._host.theme = theme
        return self._before is not None

    def _not_kept(self, why: str) -> None:
        self._host.tell(f"The colours are not remembered: {why}")


class ThemeChoice:
    """Chooses a theme: what the palette runs, and tries out while it is marked."""

    def __init__(self, appearance: Appearance, theme: str) -> None:
        self._appearance = appearance
        self.theme = theme

    def __call__(self) -> None:
        """Choose it."""
        self._appearance.choose(self.theme)
