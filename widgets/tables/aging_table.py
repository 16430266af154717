"""A table with open rows that last longer and longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import RowT


class AgingTable(LiveTable[RowT]):
    """Rows are loaded now and then; between, ``aging`` tells how long the open ones last."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        """The reference moment; none before rows are shown."""

    def grow_older(self, now: datetime) -> None:
        """Show how long the open ones last by now."""
        if self._now is None:
            return
        before, self._now = self._ages(), now
        if self._ages() != before:
            self.set_rows(self.model.rows())

    def _ages(self) -> Sequence[object]:
        return [self.aging(row) for row in self.model.rows()]
