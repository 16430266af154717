"""The monitor: which process it is, who looks and since when, and every notice in full."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.screens import monitor_facts as facts
from amt_console.console.screens.detail import DetailScreen
from amt_console.model import Snapshot
from widgets.fact_lines import FactLines


class MonitorScreen(DetailScreen):
    """Reached with its key from every screen."""

    def body(self) -> Iterable[Widget]:
        """Three lists."""
        look = self.look
        with VerticalScroll(id="detail", can_focus=True):
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield FactLines("WHO IS LOOKING", look=look, id="viewers", wrap_at=2)
                with Vertical(id="right"):
                    yield FactLines("THE MONITOR", look=look, id="monitor", wrap_at=facts.MONITOR_INDENT)
            yield FactLines("WHAT MUST BE KNOWN", look=look, id="notices", wrap_at=2)

    def target(self) -> Selection:
        """Nothing."""
        return Selection()

    def load(self) -> None:
        """All of it is in the picture."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        now, look, session = self.picture_now, self.look, self.console_app.picture.facts
        count = len(snapshot.viewers)
        self.query_one("#viewers", FactLines).show(facts.viewers(snapshot, now, look), note=str(count) if count else "")
        self.query_one("#monitor", FactLines).show(facts.monitor(snapshot, session, now, look))
        self.query_one("#notices", FactLines).show(facts.notices(snapshot, session, look))

    def relook(self) -> None:
        """Draw with other colours: the facts hold styles of their own."""
        super().relook()
        self.show_picture()
