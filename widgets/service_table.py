"""The table of services: state and its age, response time with trend, p95, uptime, last check, error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import ServiceState, ServiceView
from amt_console.text import STATE_WORDS, age, milliseconds, percent_cell
from widgets.ages import coarse_age
from widgets.cells import Run, Runs, width_of
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import resample, spark_runs, trend_height
from widgets.table_model import Column, SortValue

FULL_COVERAGE = 90.0
"""Below this percentage of measured time an uptime is shown in grey."""
LEAST_COVERAGE = 50.0
"""Below this one no uptime is shown at all."""
NOT_ENOUGH = "not enough data"
_WORST_FIRST = (
    ServiceState.DOWN,
    ServiceState.DEGRADED,
    ServiceState.UNKNOWN,
    ServiceState.MAINTENANCE,
    ServiceState.UP,
)


class ServiceTable(LiveTable[ServiceView]):
    """A row per service, in the order of the configuration."""

    NAME: ClassVar[str] = "SERVICES"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("state", "", 9),
        Column("service", "", 16, grow=6, max_width=30),
        Column("since", "FOR", 4, align="right"),
        Column("response", "RESP", 7, align="right"),
        Column("trend", "TREND", 8, grow=1, max_width=30, priority=3, sortable=False),
        Column("p95", "P95", 7, align="right", priority=4),
        Column("uptime", "UP 24H", 7, align="right", priority=1),
        Column("checked", "CHECKED", 7, align="right", priority=2),
        Column("error", "ERROR", 20, grow=8, priority=6),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None

    def show(self, services: Sequence[ServiceView], now: datetime) -> None:
        """Show these services with ages as of ``now``."""
        self._now = now
        self.set_rows(services)

    def row_key(self, row: ServiceView) -> str:
        """The service's name."""
        return row.name

    def search_text(self, row: ServiceView) -> str:
        """Name, group, state and error."""
        return f"{row.name} {row.group} {STATE_WORDS[row.state]} {row.error or ''}"

    def sort_value(self, row: ServiceView, column: str) -> SortValue:
        """States worst first; times and figures by value."""
        values: dict[str, SortValue] = {
            "state": _WORST_FIRST.index(row.state),
            "service": row.name,
            "since": -row.since.timestamp() if row.since else None,
            "response": row.response_time_ms,
            "p95": row.p95_ms,
            "uptime": row.uptime_percent_24h,
            "checked": row.last_checked.timestamp() if row.last_checked else None,
            "error": row.error,
        }
        return values[column]

    def title(self) -> Runs:
        """Pane name, number of services, number per state other than up."""
        heading = Style()
        services = self.model.rows()
        if not services:
            return [(self.NAME, heading)]
        counts = Counter(service.state for service in services)
        bad = [f"{counts[state]} {STATE_WORDS[state].lower()}" for state in _WORST_FIRST[:-1] if counts[state]]
        return [(self.look.dot.join([f"{self.NAME} {len(services)}", *bad]), heading)]

    def placeholder(self) -> Runs:
        """The text of an empty table."""
        muted = self.look.palette.muted
        if self._now is None:
            return [("starting" + self.look.ellipsis, muted)]
        if self.model.filter_text and self.model.total:
            return [("no service matches the filter; escape clears it", muted)]
        return [("no services yet", muted)]

    def aging(self, row: ServiceView) -> object:
        """The two ages, and whether the next result is late."""
        if self._now is None:
            return None
        return age(row.since, self._now), coarse_age(row.last_checked, self._now), self._late(row)

    def widest(self, column: str) -> int | None:
        """Names take the width they need; trend and error get the rest."""
        return max((width_of(row.name) for row in self.model.rows()), default=None) if column == "service" else None

    def spans(self, row: ServiceView, shown: Sequence[str]) -> Mapping[str, int]:
        """Without an error column the error spans the figures that it replaces; ``not enough data`` spans the figures
        of the last 24 hours.
        """
        if row.error is not None and "error" not in shown and row.state is not ServiceState.UP:
            covered = [name for name in shown[shown.index("response") :] if name in ("response", "trend", "p95")]
            return {"response": len(covered)}
        return {"p95": 2} if "p95" in shown and _too_little(row) else {}

    def cell(self, row: ServiceView, column: str, width: int) -> Runs:
        """One cell."""
        look, palette = self.look, self.look.palette
        match column:
            case "state":
                return [look.state(row.state)]
            case "service":
                return [(row.name, palette.strong if row.state is ServiceState.DOWN else palette.text)]
            case "since":
                since = age(row.since, self._now) if self._now else ""
                return [(look.value(since), self._quiet(row))]
            case "response":
                return self._response(row, width)
            case "trend":
                high = trend_height(row.sparkline)
                return spark_runs(resample(row.sparkline, width), width, look, palette.trend, low=0.0, high=high)
            case "p95":
                if width >= len(NOT_ENOUGH) and _too_little(row):
                    return [("no data" if row.last_checked is None else NOT_ENOUGH, palette.muted)]
                return [(look.value(milliseconds(row.p95_ms)), palette.muted)]
            case "uptime":
                return [self._uptime(row)]
            case "checked":
                checked = coarse_age(row.last_checked, self._now) if self._now else ""
                ago = "" if checked in ("", "now") or row.last_checked is None else " ago"
                return [(look.value(checked) + ago, palette.warning if self._late(row) else palette.muted)]
        return [(row.error or "", self._quiet(row))]

    def _response(self, row: ServiceView, width: int) -> Runs:
        columns = [column.id for column, _ in self._columns]
        if width > 7 and self.spans(row, columns):
            return [(row.error or "", self.look.state_style(row.state))]
        style = self.look.state_style(row.state) if row.state is ServiceState.DEGRADED else self.look.palette.text
        return [(self.look.value(milliseconds(row.response_time_ms)), style)]

    def _uptime(self, row: ServiceView) -> Run:
        palette = self.look.palette
        if _too_little(row):
            return "no data" if row.last_checked is None else self.look.missing, palette.muted
        if row.coverage_percent_24h < FULL_COVERAGE:
            return f"{self._percent(row)}", palette.muted
        uptime = row.uptime_percent_24h or 0.0
        return self._percent(row), palette.ok if uptime >= 99.9 else palette.text if uptime >= 99 else palette.warning

    def _percent(self, row: ServiceView) -> str:
        return percent_cell(row.uptime_percent_24h, 2).replace(" %", "%")

    def _quiet(self, row: ServiceView) -> Style:
        return self.look.palette.muted if row.state is ServiceState.UP else self.look.state_style(row.state)

    def _late(self, row: ServiceView) -> bool:
        if row.last_checked is None or self._now is None:
            return False
        return (self._now - row.last_checked).total_seconds() > 2 * row.interval + 5


def _too_little(row: ServiceView) -> bool:
    """Whether too little of the last 24 hours was measured for a figure of them."""
    return row.coverage_percent_24h < LEAST_COVERAGE or row.uptime_percent_24h is None
