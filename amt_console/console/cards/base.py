"""Base of the cards."""

from __future__ import annotations

from typing import cast

from textual.containers import Vertical
from textual.message import Message

from amt_console.console.host import ScreenHost
from amt_console.model import Snapshot
from widgets.look import Look


class Card(Vertical):
    """One thing in full. It loads its data on a thread and draws what it has; it never takes the focus."""

    can_focus = False
    DEFAULT_CSS = """
    Card { height: auto; }
    """

    class Mounted(Message):
        """Its parts stand: it can load and draw."""

        def __init__(self, card: Card) -> None:
            super().__init__()
            self.card = card

    def on_mount(self) -> None:
        """Tell it, after the subclass has prepared itself: Textual calls its handler before this one."""
        self.post_message(self.Mounted(self))

    @property
    def host(self) -> ScreenHost:
        """The app, by the protocol that screens know."""
        return cast(ScreenHost, self.app)

    @property
    def look(self) -> Look:
        """Colours and alphabet."""
        return self.host.look

    @property
    def ready(self) -> bool:
        """Whether it can draw: its parts stand, and it is not being removed."""
        return self.is_mounted and self.is_attached and len(self.children) > 0

    def load(self) -> None:
        """Load the data on a thread, for the displayed moment."""
        raise NotImplementedError

    def show_other(self, other: Card) -> bool:
        """Show what another card is made for. What is drawn stays until that is loaded.

        Args:
            other: A card that is not mounted.

        Returns:
            Whether this card can: it is of the same kind.
        """
        return False

    def leave(self) -> None:
        """Draw no answer to what is being loaded: another thing is selected and will be shown soon. Should it be this
        one again, ``show_other`` loads it again.
        """

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw what the snapshot tells; load again what has changed."""
        raise NotImplementedError

    def relook(self) -> None:
        """Draw again with other colours: lines contain styles."""
        raise NotImplementedError

    def row_summary(self) -> str | None:
        """The thing as a line of text."""
        return None
