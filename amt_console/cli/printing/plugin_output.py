"""``status --nagios``: the output of a monitoring plugin, one line of text and performance data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from amt_console.model import Snapshot

Limits = tuple[float | None, float | None]
"""Above the first is a warning, above the second critical."""
NO_LIMITS: Limits = (None, None)
CPU, MEMORY, DISK = "host_cpu", "host_memory", "host_disk"
MAX_TEXT_CHARS = 1000


def plugin_line(word: str, text: str, data: Iterator[str]) -> str:
    """``AMT CRITICAL - text | 'label'=value;warn;crit;min;max ...``; the text may not hold the sign before the data."""
    told = text.replace("|", "/")[:MAX_TEXT_CHARS]
    return " | ".join(part for part in (f"AMT {word.upper()} - {told}", " ".join(data)) if part)


def performance_data(snapshot: Snapshot, limits: Mapping[str, Limits]) -> Iterator[str]:
    """The newest response time of each service, and the host's figures; ``U`` for what is not known.

    Args:
        snapshot: What is known now.
        limits: By the name of a service, and of the host's figures.
    """
    for service in snapshot.services:
        yield _datum(service.name, service.response_time_ms, "ms", limits.get(service.name, NO_LIMITS), most="")
    sample = snapshot.resources.sample
    if sample is None:
        return
    for label, value in ((CPU, sample.cpu_usage), (MEMORY, sample.memory_usage), (DISK, sample.disk_usage)):
        yield _datum(label, value, "%", limits.get(label, NO_LIMITS), most="100")


def _datum(label: str, value: float | None, unit: str, limits: Limits, *, most: str) -> str:
    known = "U" if value is None or not math.isfinite(value) else f"{_number(value)}{unit}"
    warning, critical = ("" if limit is None else _number(limit) for limit in limits)
    quoted = re.sub("[=|]", "_", label).replace("'", "''")
    return f"'{quoted}'={known};{warning};{critical};0;{most}"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
