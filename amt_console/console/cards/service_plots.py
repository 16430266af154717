"""The charts of a service: response times with outages and failures, and the phases. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.model import Series, ServiceState, StateSpan
from amt_console.operations.protocol import ServiceDetail
from widgets.chart import ChartLine, ChartMark, Period, Plot


def outages(spans: Sequence[StateSpan]) -> tuple[Period, ...]:
    """When the service was down."""
    return tuple((span.start, span.end) for span in spans if span.state is ServiceState.DOWN)


def response_plot(detail: ServiceDetail, shaded: Sequence[Period], began: Sequence[datetime]) -> Plot:
    """The response time as median, p95 and p99, where most checks failed, and when alerts began."""
    lines = (("p50", _series(detail, "p50_ms")), ("p95", detail.p95_ms), ("p99", _series(detail, "p99_ms")))
    measured = tuple(ChartLine(name, values) for name, values in lines if values)
    if not _series(detail, "p50_ms"):
        measured = (ChartLine("mean", detail.mean_ms), *measured)
    return Plot(
        measured,
        detail.start,
        detail.end,
        failed=tuple(up is not None and up < 50 for up in detail.uptime),
        outages=tuple(shaded),
        marks=tuple(ChartMark(at, "alert") for at in began),
    )


def phases_plot(detail: ServiceDetail, shaded: Sequence[Period]) -> Plot | None:
    """The parts of the response time; ``None`` where they are not known."""
    return None


def _series(detail: ServiceDetail, name: str) -> Series:
    found: Series = getattr(detail, name, ())
    return found
