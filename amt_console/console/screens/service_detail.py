"""The detail of a service: its card on the whole screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS, LINK_KEYS
from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.exporting import Export, ReportsExport
from amt_console.console.screens.detail import DetailBody, DetailScreen
from amt_console.model import Snapshot
from amt_console.operations.json_views import service_json
from amt_console.text import safe_text


class ServiceDetailScreen(DetailScreen):
    """Opened with enter on a service."""

    BINDINGS: ClassVar[Sequence[BindingType]] = [*CHART_KEYS, *LINK_KEYS]

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def body(self) -> Iterable[Widget]:
        """The card."""
        with DetailBody(id="detail"):
            yield ServiceCard(self._service, links=True)

    @property
    def card(self) -> ServiceCard:
        """The card."""
        return self.query_one(ServiceCard)

    def selection(self) -> Selection:
        """This service and its worst open alert."""
        view, chosen = self.card.view, self.card.chosen
        alert_id = None if view is None else view.alert_id
        return Selection(
            alert_id=alert_id,
            service=self._service,
            reason=f"{self._service} has no open alert." if alert_id is None else None,
            began=chosen.opened_at if chosen is not None else None,
            runbook=view.runbook if view is not None else None,
        )

    def row_summary(self) -> str | None:
        """The service as text."""
        return self.card.row_summary()

    def row_document(self) -> object | None:
        """The service as in ``status --json``."""
        view = self.card.view
        return None if view is None else service_json(view)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Tell the card."""
        self.card.show_snapshot(snapshot)

    def exported(self) -> Export:
        """The performance of this service over the range."""
        span = self.card.span
        what = f"the last {span.words} of {safe_text(self._service, 40)}"
        return ReportsExport(what, ("performance",), span.hours, self._service)

    def load(self) -> None:
        """Load the card."""
        self.card.load()

    def _reload(self) -> None:
        """Nothing: the card loads again by itself, long ranges less often."""

    def relook(self) -> None:
        """Redraw with other colours."""
        super().relook()
        self.card.relook()

    # Keys

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        self.card.change_range(step)

    def action_next_link(self) -> None:
        """Mark the next alert."""
        self.card.choose_next()

    async def action_open_link(self) -> None:
        """Open the marked alert."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        alert = self.card.chosen
        if alert is None:
            self.app.notify(f"{safe_text(self._service, 60)} had no alert in this range.", markup=False)
        else:
            await self.app.push_screen(AlertDetailScreen(alert.id))
