"""The selected thing beside its list, on wide screens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from textual.containers import VerticalScroll
from textual.timer import Timer

from amt_console.console.cards.base import Card
from amt_console.model import Snapshot

_log = logging.getLogger(__name__)
SETTLED_SECONDS = 0.15
"""A card is loaded when the selection has stood still for this long: held keys pass over rows."""


class Preview(VerticalScroll):
    """Shows the card of a key. A mounted card stays for other keys of its kind: to mount one takes many paints.

    The cards of other kinds stay hidden until they are needed again.
    """

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
        return next((each for each in self._cards if each.display), None)

    @property
    def _cards(self) -> Sequence[Card]:
        """One of each kind that was shown."""
        return [each for each in self.children if isinstance(each, Card) and each.is_attached]

    def show(self, key: str | None, make: Callable[[], Card | None]) -> None:
        """Show the card of a key when the selection has settled; the first one as soon as its list is painted.

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
        card = self.card
        if card is not None and card.ready:
            card.leave()
        if first:
            self.call_after_refresh(self._put_first, key, make)
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

    def prepare(self, card: Card) -> None:
        """Mount a card that is shown later, hidden, unless there is one of its kind: it takes many paints."""
        if self.is_mounted and not any(type(each) is type(card) for each in self.children):
            card.display = False
            self.mount(card)

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
        """Draw the cards again with other colours."""
        for card in self._cards:
            if card.ready:
                card.relook()

    def _put_first(self, key: str, make: Callable[[], Card | None]) -> None:
        if key == self._key and self._timer is None and self.card is None:
            self._put(make)

    def _put(self, make: Callable[[], Card | None]) -> None:
        self._timer = None
        if not (self.is_mounted and self.app.is_running):  # while the app ends, the list beside it may have gone
            return
        try:
            card = make()
        except Exception:
            _log.exception("a preview cannot be made")
            card = None
        self.scroll_home(animate=False)
        shown = [each for each in self._cards if type(each) is type(card)]
        kept = next((each for each in shown if each.ready), None)
        was_hidden = kept is not None and not kept.display
        for each in self._cards:
            each.display = each is kept
        if kept is not None and card is not None and kept.show_other(card):
            if was_hidden:
                kept.load()  # what it shows may be of another moment
            return
        for each in shown:
            each.remove()
        if card is not None:
            self.mount(card)

    def on_card_mounted(self, event: Card.Mounted) -> None:
        """Load a new card, unless it has gone meanwhile."""
        event.stop()
        if event.card is self.card:
            self.load()
