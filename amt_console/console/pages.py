"""The pages that keys open over any screen: monitor, why an alert paged, silences, what happened meanwhile, help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.binding import Binding
from textual.screen import Screen

from amt_console.console.actions import ActionHost
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.screens.help import HelpScreen

if TYPE_CHECKING:
    from widgets.look import Look


class PagesHost(ActionHost, Protocol):
    """The part of the app that pages use."""

    own_keys: Sequence[Binding]
    """The keys of the person's own commands."""

    @property
    def screen(self) -> Screen[Any]:
        """The present screen."""
        ...

    @property
    def look(self) -> Look:
        """Colours and alphabet."""
        ...

    async def show_screen(self, screen: Screen[Any]) -> None:
        """Show a screen on top."""
        ...

    async def action_place(self, name: str) -> None:
        """Open one of the screens."""
        ...


class Pages:
    """Opens pages, each at most once."""

    def __init__(self, host: PagesHost) -> None:
        self._host = host

    async def show(self, name: str) -> None:
        """Open a page by its name; the silences are a part of the alerts."""
        if name == "muted":
            await self._show_muted()
            return
        pages = {
            "monitor": self._monitor,
            "away": self._away,
            "why": self._why,
            "help": self._help,
        }
        page = pages[name]()
        if page is not None and type(self._host.screen) is not type(page):
            await self._host.show_screen(page)

    async def _show_muted(self) -> None:
        from amt_console.console.screens.alerts import SILENCES, AlertsScreen

        await self._host.action_place("alerts")
        if isinstance(self._host.screen, AlertsScreen):
            self._host.screen.show_tab(SILENCES)

    async def show_service(self, name: str) -> None:
        """Open a service."""
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        await self._host.show_screen(ServiceDetailScreen(name))

    def _monitor(self) -> Screen[Any]:
        from amt_console.console.screens.monitor import MonitorScreen

        return MonitorScreen()

    def _away(self) -> Screen[Any]:
        from amt_console.console.screens.away import AwayScreen

        return AwayScreen()

    def _why(self) -> Screen[Any] | None:
        """Why the selected alert paged somebody, or nobody; without a selection the first one."""
        from amt_console.console.screens.why import WhyScreen

        selection, shown = self._host.selection(), self._host.view.shown
        first = shown.alerts[0].id if shown is not None and shown.alerts else None
        alert_id = selection.alert_id or (first if selection.service is None else None)
        if alert_id is None:
            self._host.tell(selection.reason or "There is no alert to explain.", "warning")
            return None
        return WhyScreen(alert_id)

    def _help(self) -> Screen[Any]:
        host, screen = self._host, self._host.screen
        refused = screen.refused_keys() if isinstance(screen, ConsoleScreen) else frozenset()
        own = host.own_keys if host.view.can_act else ()
        return HelpScreen(screen.active_bindings, host.look, own, refused=refused)
