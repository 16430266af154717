"""The selected thing beside its list, on wide screens."""

from __future__ import annotations

import logging
from collections.abc import Callable

from textual.containers import VerticalScroll
from textual.timer import Timer

from amt_console.console.cards.base import Card
from amt_console.model import Snapshot

_log = logging.getLogger(__name__)
SETTLED_SECONDS = 0.3
"""A card is loaded when the selection has stood still for this long: held keys pass over rows."""


class Preview(VerticalScroll):
    """Shows the card of a key. A mounted card stays for other keys of its kind: to mount one takes many paints."""

    can_focus = False
    DEFAULT_CSS = """
    Preview { display: none; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._key: str | None = None
        self._timer: Timer | None = None

    @property
    def card(self) -> Card | None:
        """The shown card."""
        return next((each for each in self.children if isinstance(each, Card) and each.is_attached), None)

    def show(self, key: str | None, make: Callable[[], Card | None]) -> None:
        """Show the card of a key when the selection has settled; the first one at once.

        Args:
            key: What is selected; ``None`` for nothing.
            make: Makes its card; ``None`` where it has none.
        """
        if key == self._key:
            return
        first, self._key = self._key is None, key
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if first:
            self._put(make)
        else:
            self._timer = self.set_timer(SETTLED_SECONDS, lambda: self._put(make))

    def show_moment(self, key: str | None, make: Callable[[], Card | None]) -> None:
        """Show the card of a key as of another moment, at once: the selection has moved because time has."""
        same, self._key = key == self._key and self._timer is None, key
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if same:
            self.load()
        else:
            self._put(make)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Tell the card."""
        card = self.card
        if card is not None and card.ready:
            card.show_snapshot(snapshot)

    def load(self) -> None:
        """Load the card again."""
        card = self.card
        if card is not None and card.ready:
            card.load()

    def relook(self) -> None:
        """Draw the card again with other colours."""
        card = self.card
        if card is not None and card.ready:
            card.relook()

    def _put(self, make: Callable[[], Card | None]) -> None:
        self._timer = None
        if not self.is_mounted:
            return
        try:
            card = make()
        except Exception:
            _log.exception("a preview cannot be made")
            card = None
        self.scroll_home(animate=False)
        shown = self.card
        if shown is not None and card is not None and shown.ready and shown.show_other(card):
            return
        self.remove_children()
        if card is not None:
            self.mount(card)
            # Through this widget, which stays: a card that has gone meanwhile must not load.
            self.call_after_refresh(self.load)
