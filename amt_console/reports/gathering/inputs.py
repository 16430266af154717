"""The inputs of a report: a digest by which they can be recognised, and the settings that they were read with.

The digest is over exact whole numbers in one canonical form, so it does not depend on the database engine, on the order
in which rows were stored, or on the zone of the report. ``export verify`` computes the same from raw rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from amt_console.analysis import PerformanceAnalysis
from amt_console.clock import micros
from amt_console.model import AlertEvent, BusinessFigures, Episode, LatencyHistogram, Rollup
from amt_console.model.histogram import encode_counts
from amt_console.reports.gathering.data import ReportData, ServiceRecord

FORM = "amt-inputs 1"
"""Name of the canonical form; it grows when the form changes."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a report was made of."""

    digest: str = ""
    """``sha256:`` and 64 hexadecimal digits."""
    tables: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The number of raw rows in the window by table."""

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(self.tables.values())


def inputs_of(data: ReportData, analysis: PerformanceAnalysis) -> Inputs:
    """The inputs of cleaned data; ``analysis`` has the services' sums by step."""
    tables = dict(sorted(data.rows.items()))
    digest = InputsDigest()
    window = data.window
    digest.add(FORM, micros(window.start), micros(window.end), window.step)
    for name, count in tables.items():
        digest.add("rows", name, count)
    records = {record.name: record for record in data.services}
    for service in sorted(analysis.services, key=lambda each: each.name):
        digest.service(records[service.name], service.buckets)
    for when, host in (("now", data.host), ("before", data.previous_host)):
        for name, steps in sorted(host.items()):
            for step in steps:
                if step.samples:
                    digest.add("host", when, name, step.start_us, *_times(step.histogram))
    for step in data.disk_day:
        if step.samples:
            digest.add("disk", step.start_us, *_times(step.histogram)[:-1])
    for kind, figures in sorted(data.figures.items()):
        digest.add("figures", kind.value, _figures(figures))
    for what, by_name in (("now", data.history), ("before", data.previous_history), ("daily", data.daily)):
        for (kind, name), points in sorted(by_name.items()):
            digest.add("figure", what, kind.value, name, *(f"{micros(at)} {value!r}" for at, value in points))
    for record in sorted(data.alerts, key=lambda each: each.episode.id or 0):
        digest.add("alert", *alert_facts(record.episode, record.events))
    for gap in data.gaps:
        digest.add("gap", micros(gap.started_at), micros(gap.ended_at), gap.reason.value)
    for name, by_length in sorted(data.slo_totals.items()):
        for length, total in sorted(by_length.items()):
            digest.add("objective", name, length, *_sums(total))
    return Inputs(digest.text(), tables)


def inputs_json(data: ReportData, inputs: Inputs) -> Document:
    """The block ``inputs`` of a document."""
    return {
        "digest": inputs.digest,
        "rows": inputs.rows,
        "tables": dict(inputs.tables),
        "newest_rows": None if data.newest_rows is None else dict(data.newest_rows),
        "settings": settings_json(data),
    }


def settings_json(data: ReportData) -> Document:
    """The settings that the numbers depend on: with them and the database every number can be computed again."""
    return {
        "compare": "previous" if data.compare else "none",
        "limits": asdict(data.limits),
        "services": [service_settings(record) for record in data.services if record.configured],
        "slos": [asdict(slo) | {"services": list(slo.services)} for slo in data.slos],
    }


def service_settings(record: ServiceRecord) -> Document:
    """The settings of one service or database."""
    return {
        "name": record.name,
        "url": record.url,
        "group": record.group,
        "kind": record.kind,
        "criticality": record.criticality.value,
        "interval_seconds": record.interval,
        "timeout_seconds": record.timeout,
        "warning_ms": record.warning_ms,
        "depends_on": list(record.depends_on),
    }


class InputsDigest:
    """A SHA-256 over records. Each part is preceded by its length, so no two records run into each other."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, *parts: object) -> None:
        """One record."""
        self._hash.update(b"%d\n" % len(parts) + b"".join(map(_coded, parts)))

    def service(self, record: ServiceRecord, buckets: Iterable[Rollup]) -> None:
        """All of one service."""
        self.add("service", record.name, record.initial.value, record.initial_error, record.state.value)
        for at, *entered in record.changes:
            self.add("change", micros(at), *entered)
        for bucket in buckets:
            if not bucket.empty:
                self._step(bucket)
        before = [(*_sums(each), each.histogram.count, each.histogram.total) for each in record.previous]
        self.add("before", *map(sum, zip(*before, strict=True)))

    def _step(self, bucket: Rollup) -> None:
        """``add`` of one step, quicker: a report on a month has tens of thousands."""
        times = bucket.histogram
        alike = b"".join(map(_number, (bucket.start_us, *_sums(bucket), times.count)))
        total, least, most = str(times.total), str(times.least), str(times.most)
        own = f"{len(total)}:{total}{len(least)}:{least}{len(most)}:{most}"
        counts = encode_counts(times.counts)
        self._hash.update(b"13\n4:step%b%b%d:%b" % (alike, own.encode("ascii"), len(counts), counts))

    def text(self) -> str:
        """``sha256:`` and the digest."""
        return f"sha256:{self._hash.hexdigest()}"


def _coded(part: object) -> bytes:
    if type(part) is int:
        return _number(part)
    text = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
    return b"%d:%b" % (len(text), text)


@lru_cache(maxsize=4096)
def _number(value: int) -> bytes:
    """Most are the same few ones: zeros, whole steps, and the starts of the steps of each service."""
    text = b"%d" % value
    return b"%d:%b" % (len(text), text)


def _sums(rollup: Rollup) -> tuple[int, ...]:
    return (
        rollup.samples,
        rollup.errors,
        rollup.up_us,
        rollup.degraded_us,
        rollup.down_us,
        rollup.maintenance_us,
    )


def _times(values: LatencyHistogram) -> tuple[int | bytes, ...]:
    return values.count, values.total, values.least, values.most, encode_counts(values.counts)


def _figures(figures: BusinessFigures) -> str:
    """The newest reading of a kind, with sorted names."""
    read = {name: [figure.value, figure.reason, figure.unit] for name, figure in sorted(figures.figures.items())}
    return json.dumps([micros(figures.timestamp), read], ensure_ascii=True, sort_keys=True)


def alert_facts(episode: Episode, events: Sequence[AlertEvent]) -> tuple[object, ...]:
    """What is stored of an alert and does not change any more."""
    moments = (episode.opened_at, episode.fired_at, episode.acknowledged_at, episode.resolved_at)
    return (
        episode.id,
        episode.alert_type.value,
        episode.subject,
        episode.severity.value,
        episode.state.value,
        episode.acknowledged_by,
        *(_moment(at) for at in moments),
        *(f"{event.seq} {micros(event.at)} {event.kind}" for event in events),
    )


def _moment(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
