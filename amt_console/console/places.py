"""The screens that number keys open. The overview is always at the bottom of the stack."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

OVERVIEW = "overview"
_SCREENS = "amt_console.console.screens"


@dataclass(frozen=True, slots=True)
class Place:
    """One of the screens."""

    number: int
    name: str
    screen: str
    """Its module and class."""

    @property
    def title(self) -> str:
        """As the title line says it."""
        return f"{self.number} {self.name.upper()}"


PLACES = (
    Place(1, OVERVIEW, "overview:OverviewScreen"),
    Place(2, "services", "services:ServicesScreen"),
    Place(3, "alerts", "alerts:AlertsScreen"),
    Place(4, "resources", "resources:ResourcesScreen"),
    Place(5, "business", "business:BusinessScreen"),
    Place(6, "incidents", "incidents:IncidentsScreen"),
    Place(7, "activity", "activity:ActivityScreen"),
)


class Places:
    """Moves between the screens, each of which keeps its selection, order and filter."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._made: dict[str, Screen[Any]] = {}
        self.current = PLACES[0]

    async def go(self, name: str) -> None:
        """Open a screen; details above the present one are closed."""
        place = next(each for each in PLACES if each.name == name)
        app = self._app
        self.current = place  # at first: a screen that comes back draws its title at once
        base = 1 if name == OVERVIEW else 2
        while len(app.screen_stack) > base:
            await app.pop_screen()
        wanted = None if name == OVERVIEW else self._screen(place)
        if wanted is None or wanted is app.screen:
            return
        if len(app.screen_stack) == 1:
            await app.push_screen(place.name)
        else:
            await app.switch_screen(place.name)

    async def back(self) -> None:
        """Back to the overview."""
        await self.go(OVERVIEW)

    def _screen(self, place: Place) -> Screen[Any]:
        """The screen, made when it is first asked for."""
        found = self._made.get(place.name)
        if found is None:
            module, _, kind = place.screen.partition(":")
            found = self._made[place.name] = getattr(import_module(f"{_SCREENS}.{module}"), kind)()
            self._app.install_screen(found, place.name)
        return found
