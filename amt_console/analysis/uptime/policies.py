"""The same seconds by four named policies: what counts against a service, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.analysis.uptime.availability import NOTHING, Availability

INTERVAL_FACTOR = 1.5
"""A result speaks for its service for at most this many of its intervals; the store's rollups apply it."""
DECLARED = "without_unknown"
"""The policy of every availability that is printed without a name."""
METHOD = (
    "raw = up / window; rechecked = (up + failures that re-checks did not confirm) / window; "
    "without maintenance = up / (window - maintenance); without unknown = up / (up + down)"
)


@dataclass(frozen=True, slots=True)
class UptimeByPolicy:
    """One availability by each policy, in percent; ``None`` where its denominator is empty.

    With U seconds up (slow ones included), D down, M in maintenance, N not measured, and B those of D in failures that
    no re-check confirmed.
    """

    raw: float | None = None
    """U / (U + D + M + N): only time known to be up counts as up."""
    rechecked: float | None = None
    """(U + B) / (U + D + M + N)."""
    without_maintenance: float | None = None
    """U / (U + D + N): planned work leaves the denominator. This is the worst case of the declared accounting."""
    without_unknown: float | None = None
    """U / (U + D): unmeasured time leaves it, too. This is the declared availability."""


def policies(parts: Availability = NOTHING, unconfirmed_s: float = 0.0) -> UptimeByPolicy:
    """All policies over the seconds of a service, or of several added up.

    Args:
        parts: Seconds by state.
        unconfirmed_s: Seconds down in failures that re-checks did not confirm.
    """
    up = parts.up_s + parts.degraded_s
    return UptimeByPolicy(
        raw=_percent(up, parts.window_s),
        rechecked=_percent(up + min(unconfirmed_s, parts.down_s), parts.window_s),
        without_maintenance=parts.worst_case_percent,
        without_unknown=parts.availability_percent,
    )


def _percent(part: float, whole: float) -> float | None:
    return 100 * min(part / whole, 1.0) if whole > 0 else None
