"""The cells of a service's row: state and its age, response time with trend, uptime, last check, error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.style import Style

from amt_console.model import ServiceState, ServiceView
from amt_console.text import STATE_WORDS, milliseconds, percent_cell
from widgets.cells import Run, Runs
from widgets.look import Look
from widgets.sparkline import resample, spark_runs, trend_height
from widgets.table_model import SortValue

FULL_COVERAGE = 90.0
"""Below this percentage of measured time an uptime is shown in grey."""
LEAST_COVERAGE = 50.0
"""Below this one no uptime is shown at all."""
NOT_ENOUGH = "not enough data"
WORST_FIRST = (
    ServiceState.DOWN,
    ServiceState.DEGRADED,
    ServiceState.UNKNOWN,
    ServiceState.MAINTENANCE,
    ServiceState.UP,
)
_ERROR_COVERS = ("response", "trend", "p95")
"""Neighbouring columns whose figures a service in trouble does not have: its error stands there."""


@dataclass(frozen=True, slots=True)
class ServiceCells:
    """Draws the cells of services as of a moment."""

    look: Look
    now: datetime | None
    """``None`` before the first picture."""

    def cell(self, row: ServiceView, column: str, width: int, *, spanned: bool = False) -> Runs:
        """One cell.

        Args:
            row: The service.
            column: Id of the column.
            width: Cells.
            spanned: The cell covers its neighbours as well.
        """
        look, palette = self.look, self.look.palette
        match column:
            case "state":
                return [look.state(row.state)]
            case "service":
                return [(row.name, palette.strong if row.state is ServiceState.DOWN else palette.text)]
            case "since":
                since = self.look.age(row.since, self.now) if self.now else ""
                return [(look.value(since), self._quiet(row))]
            case "response":
                return self._response(row, spanned=spanned)
            case "trend":
                high = trend_height(row.sparkline)
                return spark_runs(resample(row.sparkline, width), width, look, palette.trend, low=0.0, high=high)
            case "p95":
                if spanned:
                    return [("no data" if row.last_checked is None else NOT_ENOUGH, palette.muted)]
                return [(look.value(milliseconds(row.p95_ms)), palette.muted)]
            case "uptime":
                return [self._uptime(row)]
            case "checked":
                checked = self.look.coarse_age(row.last_checked, self.now) if self.now else ""
                ago = "" if checked in ("", "now") or row.last_checked is None else " ago"
                return [(look.value(checked) + ago, palette.warning if self._late(row) else palette.muted)]
            case "group":
                return [(row.group, palette.muted)]
        return [(row.error or "", self._quiet(row))]

    def aging(self, row: ServiceView) -> object:
        """The two ages, and whether the next result is late."""
        if self.now is None:
            return None
        return self.look.age(row.since, self.now), self.look.coarse_age(row.last_checked, self.now), self._late(row)

    def _response(self, row: ServiceView, *, spanned: bool) -> Runs:
        if spanned:
            return [(row.error or "", self.look.state_style(row.state))]
        style = self.look.state_style(row.state) if row.state is ServiceState.DEGRADED else self.look.palette.text
        return [(self.look.value(milliseconds(row.response_time_ms)), style)]

    def _uptime(self, row: ServiceView) -> Run:
        palette = self.look.palette
        if too_little(row):
            return "no data" if row.last_checked is None else self.look.missing, palette.muted
        shown = percent_cell(row.uptime_percent_24h, 2).replace(" %", "%")
        if row.coverage_percent_24h < FULL_COVERAGE:
            return shown, palette.muted
        uptime = row.uptime_percent_24h or 0.0
        return shown, palette.ok if uptime >= 99.9 else palette.text if uptime >= 99 else palette.warning

    def _quiet(self, row: ServiceView) -> Style:
        return self.look.palette.muted if row.state is ServiceState.UP else self.look.state_style(row.state)

    def _late(self, row: ServiceView) -> bool:
        if row.last_checked is None or self.now is None:
            return False
        return (self.now - row.last_checked).total_seconds() > 2 * row.interval + 5


def service_spans(row: ServiceView, shown: Sequence[str]) -> Mapping[str, int]:
    """Without an error column the error spans the figures that it replaces; ``not enough data`` spans the figures of
    the last 24 hours.
    """
    if row.error is not None and "error" not in shown and row.state is not ServiceState.UP:
        covered = [name for name in shown[shown.index("response") :] if name in _ERROR_COVERS]
        return {"response": len(covered)}
    return {"p95": 2} if "p95" in shown and "uptime" in shown and too_little(row) else {}


def service_sort_value(row: ServiceView, column: str) -> SortValue:
    """States worst first; times and figures by value."""
    match column:
        case "state":
            return WORST_FIRST.index(row.state)
        case "service":
            return row.name
        case "since":
            return -row.since.timestamp() if row.since else None
        case "response":
            return row.response_time_ms
        case "p95":
            return row.p95_ms
        case "uptime":
            return row.uptime_percent_24h
        case "checked":
            return row.last_checked.timestamp() if row.last_checked else None
        case "group":
            return row.group
    return row.error


def service_search_text(row: ServiceView) -> str:
    """Name, group, state and error."""
    return f"{row.name} {row.group} {STATE_WORDS[row.state]} {row.error or ''}"


def state_counts(services: Iterable[ServiceView]) -> list[tuple[ServiceState, int]]:
    """How many are in each state other than up, worst first."""
    counts = Counter(service.state for service in services)
    return [(state, counts[state]) for state in WORST_FIRST[:-1] if counts[state]]


def too_little(row: ServiceView) -> bool:
    """Whether too little of the last 24 hours was measured for a figure of them."""
    return row.coverage_percent_24h < LEAST_COVERAGE or row.uptime_percent_24h is None
