"""Between host samples and business figures and their rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

from amt_console.model import BusinessFigures, DiskUsage, Figure, FigureKind, FigureValue, HostSample, NetworkRates
from amt_console.store.values import Row, finite, instance_of, json_object, member, number, to_json

_KEPT_ANSWERS = 16
"""Answers that are remembered decoded: the newest of each kind, and those of some moments in the past."""
HOST_COLUMNS = (
    "timestamp",
    "cpu_usage",
    "memory_usage",
    "disk_usage",
    "network_io",
    "active_connections",
    "details",
    "simulated",
)
"""The order of ``host_values``."""


def host_values(sample: HostSample, at: object, simulated: bool) -> tuple[Any, ...]:
    """A row of ``system_metrics`` in the order of ``HOST_COLUMNS``; ``at`` is its time as the driver stores it."""
    details = {
        "disks": [asdict(disk) for disk in sample.disks],
        "load": None if sample.load is None else list(sample.load),
        "memory_total_bytes": sample.memory_total_bytes,
        "swap_usage": sample.swap_usage,
    }
    return (
        at,
        finite(sample.cpu_usage),
        finite(sample.memory_usage),
        finite(sample.disk_usage),
        None if sample.network is None else to_json(asdict(sample.network)),
        sample.active_connections,
        to_json(details),
        simulated,
    )


def host_sample_of(row: Row) -> HostSample:
    """The sample in a row of ``system_metrics``."""
    details = json_object(row["details"])
    network = json_object(row["network_io"])
    load = details.get("load")
    connections = number(row["active_connections"])
    return HostSample(
        timestamp=row["timestamp"],
        cpu_usage=number(row["cpu_usage"]),
        memory_usage=number(row["memory_usage"]),
        disk_usage=number(row["disk_usage"]),
        disks=tuple(instance_of(DiskUsage, disk) for disk in details.get("disks") or ()),
        network=NetworkRates(**network) if set(network) == {field.name for field in fields(NetworkRates)} else None,
        active_connections=None if connections is None else round(connections),
        load=(load[0], load[1], load[2]) if isinstance(load, list) and len(load) == 3 else None,
        memory_total_bytes=details.get("memory_total_bytes"),
        swap_usage=details.get("swap_usage"),
    )


def disk_percents(details: str | None) -> Iterator[tuple[str, float]]:
    """Mount and percent used of each disk in the column ``details`` of ``system_metrics``."""
    for disk in json_object(details).get("disks") or ():
        percent = number(disk.get("percent")) if isinstance(disk, dict) else None
        if percent is not None and 0 <= percent <= 100:
            yield str(disk.get("mount")), percent


def figures_json(figures: BusinessFigures) -> str:
    """The ``figures`` column; a value that is not finite becomes a reason."""
    return to_json({name: _figure_json(figure) for name, figure in figures.figures.items()})


def _figure_json(figure: Figure) -> dict[str, Any]:
    value, reason = figure.value, figure.reason
    numbers = [number for _, number in value] if isinstance(value, tuple) else [value]
    if not all(number is None or math.isfinite(number) for number in numbers):
        value, reason = None, "not a finite number"
    found = {"value": value, "reason": reason, "unit": figure.unit, "suspect": figure.suspect}
    return {key: item for key, item in found.items() if item is not None}


def figure_of(stored: object) -> Figure:
    """One figure of the ``figures`` column."""
    if not isinstance(stored, dict):
        return Figure(None, "unreadable")
    value = stored.get("value")
    known: FigureValue | None = None
    if isinstance(value, (int, float)):
        known = value
    elif isinstance(value, list):
        known = tuple((str(label), number) for label, number in value)
    return Figure(known, stored.get("reason"), stored.get("unit"), stored.get("suspect"))


@lru_cache(_KEPT_ANSWERS)
def _figures_in(stored: str | None) -> dict[str, Figure]:
    """An answer is shown with many snapshots before the next one comes."""
    return {name: figure_of(figure) for name, figure in json_object(stored).items()}


def figures_of(row: Row) -> BusinessFigures | None:
    """The figures in a row of ``business_figures``; ``None`` for a kind that is none of ours."""
    kind = member(FigureKind, row["kind"])
    if kind is None:
        return None
    return BusinessFigures(
        kind=kind,
        timestamp=row["timestamp"],
        figures=_figures_in(row["figures"]),
        simulated=bool(row["simulated"]),
    )
