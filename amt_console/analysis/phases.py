"""Where the time of an answer goes: the phases of single checks, and the size of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from amt_console.analysis.percentiles import percentile
from amt_console.model import Phases, ServiceState, TimedCheck

NAMES = tuple(field.name for field in fields(Phases))


@dataclass(frozen=True, slots=True)
class PhaseSummary:
    """The phases of a service's newest successful checks; milliseconds."""

    samples: int
    since: datetime | None
    """The oldest of these checks."""
    until: datetime | None
    p50_ms: Mapping[str, float]
    """By phase: ``dns_ms``, ``connect_ms``, ``tls_ms``, ``first_byte_ms``, ``transfer_ms``; those that occurred."""
    p95_ms: Mapping[str, float]
    document_bytes: float | None
    """Median size of the answers' bodies, decoded."""
    document_ms: float | None
    """Median time of the same checks, from the name look-up to the last byte."""

    @property
    def slowest(self) -> str | None:
        """The phase with the highest median."""
        return max(self.p50_ms, key=lambda name: self.p50_ms[name], default=None)


NO_PHASES = PhaseSummary(0, None, None, {}, {}, None, None)


def phase_summary(checks: Iterable[TimedCheck]) -> PhaseSummary:
    """Summarise the single checks of one service."""
    good = [each for each in checks if each.state in (ServiceState.UP, ServiceState.DEGRADED)]
    if not good:
        return NO_PHASES
    values = {name: [value for each in good if (value := each.phases.get(name)) is not None] for name in NAMES}
    known = {name: found for name, found in values.items() if found}
    return PhaseSummary(
        samples=len(good),
        since=min(each.timestamp for each in good),
        until=max(each.timestamp for each in good),
        p50_ms={name: percentile(found, 50) or 0.0 for name, found in known.items()},
        p95_ms={name: percentile(found, 95) or 0.0 for name, found in known.items()},
        document_bytes=percentile([float(each.body_bytes) for each in good if each.body_bytes is not None], 50),
        document_ms=percentile([each.response_time_ms for each in good if each.response_time_ms is not None], 50),
    )
