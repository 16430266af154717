"""Outages in words: how many, for how long, how many services, and what that adds up to."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.analysis import Outage
from amt_console.text import duration


def outages_text(found: Sequence[Outage]) -> str:
    """``1 outage of 2m 8s, 5 services, 10 service-minutes``; ``3 outages, 12m in all``."""
    if len(found) == 1:
        return f"1 outage of {outages_extent(found)}"
    total, separator, services = outages_extent(found).partition(", ")
    return f"{len(found)} outages, {total} in all{separator}{services}"


def outages_extent(found: Sequence[Outage]) -> str:
    """``2m 8s, 5 services, 10 service-minutes``: only the time when no two services were down together."""
    text = duration(sum(outage.down_s for outage in found))
    if all(len(outage.services) == 1 for outage in found):
        return text
    services = {name for outage in found for name in outage.services}
    minutes = max(1, round(sum(outage.service_s for outage in found) / 60))
    return f"{text}, {len(services)} services, {minutes:,} service-minute{'s' * (minutes != 1)}"
