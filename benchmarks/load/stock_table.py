"""The rows of the console in the stock table of Textual, updated each second: the baseline of ``console_keys``.

Usage: python -m benchmarks.load.stock_table ROWS
"""

from __future__ import annotations

import sys
import time

from textual.app import App, ComposeResult
from textual.widgets import DataTable

COLUMNS = ("state", "service", "for", "resp", "trend", "p95", "up 24h", "checked")


class Stock(App[None]):
    """A table of services; a fifteenth of them changes each second."""

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it, then change it each second."""
        table = self.query_one(DataTable)
        for column in COLUMNS:
            table.add_column(column, key=column, width=12)
        for at in range(int(sys.argv[1])):
            row = ("UP", f"tenant-{at:04d}", "329d", "20 ms", "▄▅▆▆▅▄▄▆", "44 ms", "99.98%", "now")
            table.add_row(*row, key=str(at))
        table.focus()
        self.set_interval(1.0, self._change)

    def _change(self) -> None:
        table, second = self.query_one(DataTable), int(time.time())
        for at in range(second % 15, table.row_count, 15):
            response = 20 + (second * 7919 + at * 104_729) % 300
            table.update_cell(str(at), "resp", f"{response} ms")


if __name__ == "__main__":
    Stock().run()
