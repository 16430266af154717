"""Shared wording of the reports: names in a sentence, and outages."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.analysis import Outage
from amt_console.text import duration

_NAMES_SHOWN = 3
_BRIEF_CHARS = 48


def listed(names: Sequence[str], joint: str = "and") -> str:
    """``a, b and c``; further names are counted. ``joint`` stands before the last one."""
    shown = [brief(name) for name in names[:_NAMES_SHOWN]]
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {joint} {shown[-1]}"


def either(names: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def brief(name: str) -> str:
    """A shortened name for a sentence or a title; tables have the full one."""
    return name if len(name) <= _BRIEF_CHARS else name[: _BRIEF_CHARS - 1] + "…"


def outages_text(found: Sequence[Outage]) -> str:
    """``1 outage of 2m 8s, 5 services, 10 service-minutes``; ``3 outages of 2 services, 12m in all``."""
    if len(found) == 1:
        return f"1 outage of {outages_extent(found)}"
    total, separator, services = outages_extent(found).partition(", ")
    if not separator:
        return f"{len(found)} outages, {total} in all"
    hit, _, minutes = services.partition(", ")
    return f"{len(found)} outages of {hit}, {total} in all ({minutes})"


def outages_extent(found: Sequence[Outage]) -> str:
    """``2m 8s, 5 services, 10 service-minutes``: only the time when no two services were down together."""
    text = duration(sum(outage.down_s for outage in found))
    if all(len(outage.services) == 1 for outage in found):
        return text
    services = {name for outage in found for name in outage.services}
    minutes = max(1, round(sum(outage.service_s for outage in found) / 60))
    return f"{text}, {len(services)} services, {minutes:,} service-minute{'s' * (minutes != 1)}"
