"""What should be different after a piece of advice was followed, and how to see that it is: one row a rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Effect(NamedTuple):
    """Texts with ``{subject}`` in them."""

    effect: str
    verify: str


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "not-measured": Effect(
            "every service has a measured state",
            "amt-console status lists {subject} with a fresh check",
        ),
        "availability-below-target": Effect(
            "availability of {subject} over the next window is at or over the target",
            "amt-console analyze --hours 168: AVAILABLE of {subject}",
        ),
        "many-incidents": Effect(
            "fewer incidents a day, and a longer MTBF of {subject}",
            "amt-console analyze --hours 168 --json: services[].reliability of {subject}",
        ),
        "coarse-checks": Effect(
            "lengths of short incidents are known to within the new interval",
            "amt-console analyze --hours 24: LASTED of the next incidents of {subject}",
        ),
        "error-rate": Effect(
            "failed checks of {subject} beside outages fall under the warning limit",
            "amt-console analyze --hours 24: ERRORS of {subject}",
        ),
        "budget-overspent": Effect(
            "the burn rate of {subject} falls under 1, so that the budget recovers",
            "amt-console analyze --json: budgets[] of {subject}, burn over 6 hours",
        ),
        "slow": Effect(
            "19 of 20 answers of {subject} are within its limit",
            "amt-console analyze --hours 24: P95 of {subject}",
        ),
        "rising-response-time": Effect(
            "the median of {subject} stops rising",
            "amt-console analyze --hours 168: TREND of {subject} is steady",
        ),
        "level-shift": Effect(
            "the median of {subject} returns to its level before",
            "amt-console analyze --hours 24: MEDIAN of {subject}",
        ),
        "slower-than-before": Effect(
            "equal hours of the day are as fast as in the window before",
            "amt-console analyze --json: services[].same_hours_change_percent of {subject}",
        ),
        "slow-hour": Effect(
            "the hour is no slower than the others",
            "amt-console analyze --hours 168 --json: services[].hours of {subject}",
        ),
        "low-coverage": Effect(
            "coverage over 90 %, so that availability and worst case lie close together",
            "amt-console analyze --hours 24: COVERAGE",
        ),
        "certificate": Effect(
            "the certificate of {subject} is valid for longer than the first warning",
            "amt-console status --json: no tls_expiry alert of {subject}",
        ),
        "host-cpu": Effect(
            "the 95th percentile of the CPU stays 10 points under its limit",
            "amt-console analyze --hours 168: HOST cpu, P95",
        ),
        "host-memory": Effect(
            "the 95th percentile of the memory stays 10 points under its limit",
            "amt-console analyze --hours 168: HOST memory, P95",
        ),
        "host-disk": Effect(
            "the fullest disk stays 10 points under its limit",
            "amt-console analyze --hours 24: HOST disk, HIGHEST",
        ),
        "disk-fills": Effect(
            "the disk stops filling, or lasts for longer than 30 days at its pace",
            "amt-console db stats, and amt-console analyze --hours 168: no disk_full finding",
        ),
        "slow-under-load": Effect(
            "{subject} answers as fast at busy times as at calm ones",
            "amt-console analyze --hours 168: no correlation finding of {subject}",
        ),
        "noisy-alert": Effect(
            "fewer alerts that nobody needs, and the same ones that somebody needs",
            "amt-console rules backtest --since 30d with the changed configuration",
        ),
        "slow-acknowledgement": Effect(
            "half of the alerts are taken within 15 minutes",
            "amt-console analyze --hours 168: acknowledged after ... on average",
        ),
        "unacknowledged-alerts": Effect(
            "every fired alert has an owner",
            "amt-console alerts list shows an owner in each row",
        ),
    }
)
"""By rule."""
