"""The detail of an alert: its card on the whole screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS, LINK_KEYS, OPEN_ALERT_KEYS
from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.exporting import Export, ListExport, ReportsExport
from amt_console.console.screens.detail import DetailBody, DetailScreen
from amt_console.model import Snapshot


class AlertDetailScreen(DetailScreen):
    """Opened with enter on an alert. It fits the screen; what is cut is shown by scrolling, or with the zoom key."""

    BINDINGS: ClassVar[Sequence[BindingType]] = [*CHART_KEYS, *LINK_KEYS]
    ALSO_OFFERED = frozenset({"unacknowledge", "claim", "snooze", "note", "silence"})

    def __init__(self, alert_id: int, *, subject: str = "") -> None:
        """Args:
        alert_id: The alert.
        subject: What it is about, where the live screen does not know it.
        """
        super().__init__()
        self._alert_id = alert_id
        self._subject = subject

    def body(self) -> Iterable[Widget]:
        """The card."""
        with DetailBody(id="detail"):
            yield AlertCard(self._alert_id, subject=self._subject, links=True)

    @property
    def card(self) -> AlertCard:
        """The card."""
        return self.query_one(AlertCard)

    def selection(self) -> Selection:
        """This alert, and its subject if that is a service."""
        card = self.card
        runbook = card.alert.runbook if card.alert is not None else None
        return Selection(alert_id=self._alert_id, service=card.service, began=card.began, runbook=runbook)

    def without_use(self) -> frozenset[str]:
        """What acts on an open alert, once it has ended; to take what is taken, and to give up what is free."""
        view = self.host.view
        alert = view.live_alert(self._alert_id)
        if alert is None:
            return OPEN_ALERT_KEYS if view.live is not None else frozenset()
        if alert.acknowledged_by is not None:
            return frozenset({"acknowledge"})
        return frozenset() if alert.snoozed_by is not None else frozenset({"unacknowledge"})

    def row_summary(self) -> str | None:
        """The alert as text."""
        return self.card.row_summary()

    def row_document(self) -> object | None:
        """The alert as in ``alerts show --json``."""
        return self.card.row_document()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Tell the card."""
        self.card.show_snapshot(snapshot)

    def exported(self) -> Export:
        """The draft of a post-mortem; far from the database the lines, or the document of ``alerts show --json``."""
        if self.host.view.facts.reports is not None and self.host.at is None and not self.host.view.paused:
            return ReportsExport(f"the incident of alert {self._alert_id}", incident=self._alert_id)
        name = f"alert {self._alert_id}"
        document = self.card.row_document() or {}
        return ListExport(name, f"alert-{self._alert_id}", document, sections=self.card.sections)

    def load(self) -> None:
        """Load the card."""
        self.card.load()

    def relook(self) -> None:
        """Draw with other colours."""
        super().relook()
        self.card.relook()

    def zoom(self) -> None:
        """Show everything, or what fits."""
        self._show_all(not self.card.has_class("-full"))

    # Keys

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines; what is cut is shown first."""
        self._show_cut(lines)
        super().action_scroll(lines)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls; what is cut is shown first."""
        self._show_cut(pages)
        super().action_scroll_page(pages)

    def action_jump(self, last: bool) -> None:
        """Jump to the first or the last line; what is cut is shown first."""
        self._show_cut(1 if last else -1)
        super().action_jump(last)

    def action_range(self, steps: int) -> None:
        """A longer or shorter time for strip and chart."""
        name = self.card.change_range(steps)
        if name is None:
            self.app.notify("There is no longer time." if steps > 0 else "There is no shorter time.", markup=False)

    def action_next_link(self) -> None:
        """Mark the next thing that can be opened."""
        self.card.next_link()

    async def action_open_link(self) -> None:
        """Open the service of the alert, its cause or a follower."""
        chosen = self.card.chosen
        if isinstance(chosen, int):
            await self.app.push_screen(AlertDetailScreen(chosen))
        elif chosen is not None:
            await self.host.show_service(chosen)
        else:
            self.app.notify("There is nothing to open here.", markup=False)

    def _show_cut(self, down: float) -> None:
        if down > 0 and self.card.is_cut:
            self._show_all(True)

    def _show_all(self, everything: bool) -> None:
        self.card.show_all(everything)
        self.scroller().scroll_home(animate=False)
