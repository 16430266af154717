"""Flapping, by the ring of 21 states of Nagios, computed from the times at which the state changed.

Nagios keeps the outcome of each check. Here only the changes are kept, and their age in checks is their place in the
ring: nothing is stored for a check that changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

CHANGES = 20
"""Changes that fit between the 21 states of the ring."""
OLDEST_WEIGHT, NEWEST_WEIGHT = 0.75, 1.25
START_PERCENT, END_PERCENT = 20.0, 5.0


def flap_percent(flips: Sequence[datetime], now: datetime, interval: float) -> float:
    """How much of the ring changed, 0 to 100; newer changes weigh more.

    Args:
        flips: The times of the confirmed changes between good and bad, in any order.
        now: The moment.
        interval: Seconds between two checks. Changes within one interval count once.
    """
    # The small number keeps a whole count of intervals whole in spite of rounding.
    ages = {max(0, int((now - flip).total_seconds() / interval + 1e-6)) for flip in flips}
    step = (NEWEST_WEIGHT - OLDEST_WEIGHT) / (CHANGES - 1)
    weights = (OLDEST_WEIGHT + (CHANGES - 1 - age) * step for age in sorted(ages) if age < CHANGES)
    return min(100.0, 100.0 * sum(weights) / CHANGES)


def is_flapping(was: bool, percent: float) -> bool:
    """Whether it flaps: from 20 percent on, and then until it falls to 5."""
    return percent > END_PERCENT if was else percent >= START_PERCENT
