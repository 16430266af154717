"""The charts of a service: response times with outages and failures, and the phases. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.model import ServiceState, StateSpan
from amt_console.operations.protocol import ServiceDetail
from widgets.chart import ChartLine, ChartMark, Period, Plot

_PHASES = (
    ("dns", "dns_ms"),
    ("connect", "connect_ms"),
    ("tls", "tls_ms"),
    ("first byte", "first_byte_ms"),
    ("transfer", "transfer_ms"),
)


def outages(spans: Sequence[StateSpan]) -> tuple[Period, ...]:
    """When the service was down."""
    return tuple((span.start, span.end) for span in spans if span.state is ServiceState.DOWN)


def response_plot(detail: ServiceDetail) -> Plot:
    """The response time as median, p95 and p99, outages, where most checks failed, and when the newest alert began."""
    lines = (("p50", detail.p50_ms), ("p95", detail.p95_ms), ("p99", detail.p99_ms))
    return Plot(
        tuple(ChartLine(name, values) for name, values in lines),
        detail.start,
        detail.end,
        failed=tuple(up is not None and up < 50 for up in detail.uptime),
        outages=outages(detail.states),
        marks=tuple(ChartMark(each.opened_at, "alert") for each in detail.alerts[:1]),
    )


def phases_plot(detail: ServiceDetail) -> Plot | None:
    """The parts of the response time as areas; ``None`` where they are not known."""
    parts = [
        ChartLine(label, tuple(None if each is None else getattr(each, name) for each in detail.phases))
        for label, name in _PHASES
    ]
    known = tuple(part for part in parts if any(value is not None for value in part.values))
    if not known:
        return None
    return Plot(start=detail.start, end=detail.end, phases=known, outages=outages(detail.states))
