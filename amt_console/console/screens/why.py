"""Why an alert paged somebody, or nobody: what was seen, each decision, each delivery."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards.alert_known import why_at
from amt_console.console.cards.loading import Answer
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens import why_lines
from amt_console.console.screens.detail import DetailBody, DetailScreen
from amt_console.console.screens.seen import sections_of
from amt_console.model import Snapshot
from amt_console.model.why import AlertWhy
from amt_console.operations.notification_json import why_json
from widgets.fact_lines import FactLines


class WhyScreen(DetailScreen):
    """Reached with its key from an alert."""

    def __init__(self, alert_id: int) -> None:
        super().__init__()
        self._alert_id = alert_id
        self._version: int | None = None

    def body(self) -> Iterable[Widget]:
        """Head and the three lists."""
        look = self.look
        self._why = Answer[AlertWhy](self.host, self, self._draw)
        with DetailBody(id="detail"):
            yield FactLines("WHY", look=look, id="why-head", wrap_at=0)
            yield FactLines("SEEN", look=look, id="seen", wrap_at=why_lines.INDENT)
            yield FactLines("DECIDED", look=look, id="decided", wrap_at=why_lines.INDENT)
            yield FactLines("SENT", look=look, id="sent", wrap_at=why_lines.INDENT)

    def selection(self) -> Selection:
        """This alert."""
        return Selection(alert_id=self._alert_id)

    def row_summary(self) -> str | None:
        """The last decision as text."""
        why = self._why.value
        return None if why is None or not why.decisions else why.decisions[-1].reason

    def exported(self) -> Export:
        """The lines, or the document of ``alerts why --json``."""
        document = {} if self._why.value is None else why_json(self._why.value)
        return ListExport(
            f"why alert {self._alert_id} was told", f"why-{self._alert_id}", document, sections=sections_of(self)
        )

    def load(self) -> None:
        """Read what is stored."""
        operations = self.host.operations
        if operations is not None:
            self._why.ask(partial(why_at, operations, self._alert_id, self.host.at))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Read again when the alert has changed."""
        version = next((alert.version for alert in snapshot.alerts if alert.id == self._alert_id), None)
        if version != self._version:
            self._version = version
            self.load()

    def relook(self) -> None:
        """Draw with other colours."""
        super().relook()
        self._draw()

    def _draw(self) -> None:
        found, failure, look = self._why.value, self._why.failure, self.look
        head = self.query_one("#why-head", FactLines)
        if failure:
            head.show([[(f"cannot be read: {failure}", look.palette.critical)]])
        if found is None:
            return
        if not failure:
            head.show(why_lines.head(found, look, self.now))
        self.query_one("#seen", FactLines).show(why_lines.seen(found, look))
        self.query_one("#decided", FactLines).show(why_lines.decided(found, look))
        self.query_one("#sent", FactLines).show(why_lines.sent(found, look))
