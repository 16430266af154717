"""What the command palette finds: screens and keys, services, alerts, moments, themes."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Protocol, cast

from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.theme import Theme

from amt_console.console.bindings import ACTION_KEYS, APP_KEYS, SCREEN_KEYS, TIME_KEYS, key_names
from amt_console.console.host import ScreenHost
from amt_console.console.themes.appearance import Appearance, ThemeChoice
from amt_console.console.themes.own import CYCLE, DESCRIPTIONS
from amt_console.moments import MomentError, past_moment
from amt_console.text import SEVERITY_WORDS, STATE_WORDS, reason_of, safe_text

_SHOWN = 120
_TIMES = ("-15m", "-1h", "-6h", "yesterday 09:00", "-7d")
"""Moments that are offered without being typed."""


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of the palette."""

    words: str
    """What is searched and shown."""
    help: str
    run: Any
    usual: bool = False
    """Whether it is offered before anything is typed."""


class PaletteHost(ScreenHost, Protocol):
    """The part of the app that the palette uses."""

    appearance: Appearance
    own_keys: Sequence[Binding]

    @property
    def available_themes(self) -> Mapping[str, Theme]:
        """All themes by name."""
        ...

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of displayed moments."""
        ...

    def local(self, moment: datetime) -> datetime:
        """A moment in the displayed time zone."""
        ...

    def show_moment(self, at: datetime | None) -> None:
        """Show a past moment everywhere."""
        ...

    def run_action(self, action: str) -> Awaitable[bool]:
        """Do what a key does."""
        ...

    async def show_screen(self, screen: Screen[Any]) -> None:
        """Show a screen on top."""
        ...


class ConsolePalette(CommandPalette):
    """The toolkit's palette, also before its list is laid out and on a terminal without room for it."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).virtual_size.height > 0:
            super()._action_command_list(action)


class ConsoleProvider(Provider):
    """Base: entries that fuzzy search filters. An entry is safe text."""

    @property
    def console(self) -> PaletteHost:
        """The app."""
        return cast(PaletteHost, self.app)

    def entries(self, typed: str) -> Iterator[Found]:
        """All entries."""
        raise NotImplementedError

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for each in self.entries(query):
            score, matched = matcher.fuzzy_search.match(query, each.words)
            if score > 0:
                yield _hit(each, score, matched, matcher.match_style)

    async def discover(self) -> Hits:
        """The usual ones."""
        for each in self.entries(""):
            if each.usual:
                yield DiscoveryHit(Content(each.words), each.run, text=each.words, help=_text(each.help))


def _hit(found: Found, score: float, matched: Sequence[int] = (), style: Style | None = None) -> Hit:
    """An entry that matches, with the matched characters in a style."""
    words = Content(found.words)
    if style is not None:
        for at in matched:
            words = words.stylize(style, at, at + 1)
    return Hit(score, words, found.run, text=found.words, help=_text(found.help))


def _text(words: str) -> str:
    """Words that the palette shows as they are: it takes text for markup, but leaves content alone."""
    return cast(str, Content(words))


class KeysProvider(ConsoleProvider):
    """What keys do, with the same confirmations."""

    def entries(self, typed: str) -> Iterator[Found]:
        """All that can be done now."""
        app = self.console
        for binding in (*SCREEN_KEYS, *APP_KEYS, *TIME_KEYS):
            if binding.id == "palette" or (binding.id in ACTION_KEYS and not app.view.can_act):
                continue
            words = f"{binding.description.capitalize()}  ({key_names(binding.key.split(',')[0])})"
            usual = binding in SCREEN_KEYS or binding.show
            yield Found(words, binding.tooltip, partial(app.run_action, binding.action), usual)


class OwnCommandsProvider(ConsoleProvider):
    """The person's own commands, with the same questions."""

    def entries(self, typed: str) -> Iterator[Found]:
        """All of them, unless nothing can be done now."""
        app = self.console
        for binding in app.own_keys if app.view.can_act else ():
            words = f"Run {safe_text(binding.description, _SHOWN)}  ({key_names(binding.key)})"
            yield Found(words, binding.tooltip, partial(app.run_action, binding.action), usual=True)


class ServicesProvider(ConsoleProvider):
    """Services and databases by name, group and error."""

    def entries(self, typed: str) -> Iterator[Found]:
        """All of them."""
        shown = self.console.view.shown
        for each in shown.services if shown is not None else ():
            words = safe_text(f"{each.name}  {STATE_WORDS[each.state]}", _SHOWN)
            yield Found(words, safe_text(each.error or each.group, _SHOWN), partial(self._open, each.name))

    async def _open(self, name: str) -> None:
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        await self.console.show_screen(ServiceDetailScreen(name))


class AlertsProvider(ConsoleProvider):
    """Open alerts, and those that ended within the hour."""

    def entries(self, typed: str) -> Iterator[Found]:
        """All of them."""
        shown = self.console.view.shown
        for each in (*shown.alerts, *shown.recently_resolved) if shown is not None else ():
            words = safe_text(f"#{each.id} {SEVERITY_WORDS[each.severity]} {each.subject}", _SHOWN)
            yield Found(words, safe_text(reason_of(each.message, each.subject), _SHOWN), partial(self._open, each.id))

    async def _open(self, alert_id: int) -> None:
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        await self.console.show_screen(AlertDetailScreen(alert_id))


class TimesProvider(ConsoleProvider):
    """Moments: what is typed, and some usual ones."""

    def entries(self, typed: str) -> Iterator[Found]:
        """The typed moment, if it is one, else the usual ones."""
        app = self.console
        for text in dict.fromkeys((typed.strip(), *_TIMES)):
            now = app.clock.now()
            try:
                moment = past_moment(text, now, zone=app.zone)
            except MomentError:
                continue
            words = f"Go to {safe_text(text, 40)}"
            yield Found(words, f"{app.local(moment or now):%Y-%m-%d %H:%M %Z}", partial(app.show_moment, moment))

    async def search(self, query: str) -> Hits:
        """A typed moment comes first, whatever its words."""
        for each in self.entries(query):
            score = 1.0 if each.words == f"Go to {query.strip()}" else self.matcher(query).match(each.words)
            if score > 0:
                yield _hit(each, score)


class ThemesProvider(ConsoleProvider):
    """Themes, the own ones first. A theme is tried out while it is marked."""

    def entries(self, typed: str) -> Iterator[Found]:
        """All of them."""
        app = self.console
        others = sorted(name for name in app.available_themes if name not in CYCLE)
        for name in (*CYCLE, *others):
            words = DESCRIPTIONS.get(name, "Colours of the terminal toolkit.")
            yield Found(f"Theme {name}", words, ThemeChoice(app.appearance, name))


PROVIDERS: frozenset[type[Provider]] = frozenset(
    {KeysProvider, OwnCommandsProvider, ServicesProvider, AlertsProvider, TimesProvider, ThemesProvider}
)
