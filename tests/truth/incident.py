"""What the report of an incident must say, from raw rows, by code that shares nothing with the program."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from truth.compare import Explained, Near
from truth.measured import checks, mean, seconds
from truth.moments import HOUR, iso
from truth.raw import SECOND, Raw, RawAlert, us

MINUTE = 60 * SECOND
STEP = 5 * MINUTE
LEAD, AFTER, BEFORE = 15 * MINUTE, 45 * MINUTE, 6 * HOUR
HOST = {"cpu": "cpu_usage", "memory": "memory_usage", "disk": "disk_usage", "connections": "active_connections"}
Points = list[tuple[int, float]]


class IncidentTruth:
    """One alert that nothing follows from, seen from a moment.

    Args:
        raw: The rows.
        services: Names of what is watched.
        number: The alert.
        now: When the report was made.
    """

    def __init__(self, raw: Raw, services: Sequence[str], number: int, now: int) -> None:
        self.raw = raw
        self.services = services
        self.now = now
        self.alert: RawAlert = next(alert for alert in raw.alerts if alert.id == number)
        self.begin = self.alert.events[0][1]
        self.ended = self.alert.at(now, "resolved", "cleared")
        self.end = min(self.ended or now, now)
        around = min(2 * HOUR, max(15 * MINUTE, (self.end - self.begin) / 4))
        self.last = min(now, self.end + round(around))
        self.since = min(self.begin - round(around), self.begin - LEAD - BEFORE)

    def document(self, found: dict[str, Any]) -> dict[str, Any]:
        """The numbers and times of the whole report."""
        alert, impact = self.alert, self.impact()
        counts = self.counts()
        taken = alert.at(self.now, "acknowledged")
        fired = alert.at(self.now, "fired")
        return {
            "window": {"start": iso(self.begin), "end": iso(self.end)},
            "schema_version": Explained("the version of the form"),
            "asked_alert_id": alert.id,
            "alert": {
                "id": alert.id,
                "subject": alert.subject,
                "value": alert.value,
                "threshold": alert.threshold,
                "opened_at": iso(self.begin),
                "fired_at": None if fired is None else iso(fired),
                "duration_seconds": (self.end - self.begin) / SECOND,
            },
            "response": {
                "confirmed_seconds": self.after(fired),
                "told_seconds": None,
                "acknowledged_seconds": self.after(taken),
                "resolved_seconds": self.after(self.ended),
            },
            "impact": {"services": impact, "followers": [], "figures": self.figures()},
            "accounting": {
                "interval_factor": 1.5,
                "intervals": sum(each["checks"] for each in impact),
                "unknown_seconds": sum(each["unknown_seconds"] for each in impact),
            },
            "inputs": {
                "rows": sum(counts.values()),
                "tables": counts,
                "since": iso(self.since),
                "until": iso(self.last),
                "newest_rows": Explained("ids, which tell what came later"),
                "settings": Explained("the configuration, not the history"),
            },
            "timeline": [{"seconds": Near(self.told(each["at"]), 0.0, 0.0021)} for each in found["timeline"]],
            "moved_together": self.moved(),
        }  # fmt: skip

    def told(self, at: str) -> float:
        """Seconds since the beginning, of a time that is told to the millisecond."""
        return (us(datetime.fromisoformat(at)) - self.begin) / SECOND

    def after(self, at: int | None) -> float | None:
        return None if at is None else (at - self.begin) / SECOND

    def impact(self) -> list[dict[str, Any]]:
        if self.alert.subject not in self.services or self.begin >= self.end:
            return []
        results = self.raw.results[self.alert.subject]
        spent, made = seconds(results, self.begin, self.end), checks(results, self.begin, self.end)
        if spent.measured + spent.maintenance == 0 and not made.samples:
            return []
        return [
            {
                "service": self.alert.subject,
                "down_seconds": spent.down,
                "degraded_seconds": spent.degraded,
                "unknown_seconds": spent.unknown,
                "checks": made.samples,
                "failed_checks": made.errors,
            }
        ]

    def counts(self) -> dict[str, int]:
        moments = {
            "monitoring_logs": [result.at for results in self.raw.results.values() for result in results],
            "system_metrics": [at for at, _ in self.raw.hosts],
            "business_figures": [at for rows in self.raw.figures.values() for at, _ in rows],
        }
        return {name: sum(self.since <= at < self.last for at in each) for name, each in moments.items()}

    def moments(self) -> set[int]:
        """Everything that a timeline may tell of, to the millisecond."""
        every = [at for _, at, *_ in self.alert.events]
        every += [result.at for result in self.raw.results.get(self.alert.subject, [])]
        every += [at for gap in self.raw.gaps for at in gap]
        return {at // 1000 for at in every}

    def moved(self) -> list[dict[str, Any]]:
        """By strength, of what left its usual range; the ten strongest."""
        own = ("host", HOST.get(self.alert.subject, ""))
        told = []
        for subject, signal, points in self.series():
            if subject != self.alert.subject and (subject, signal) != own and (row := self._moved(points)) is not None:
                told.append((-row[0], row[1], subject, signal, row[2], row[3]))
        return [
            {
                "subject": subject,
                "signal": signal,
                "strength": Near(-strength, 0.0, 0.0101),
                "onset": iso(onset),
                "value": Near(value, 0.0, 0.0011),
                "usual": Near(usual, 0.0, 0.0011),
            }
            for strength, onset, subject, signal, value, usual in sorted(told)
        ]

    def figures(self) -> list[dict[str, Any]]:
        """The business figures among what moved."""
        kinds = ("overview", "chatbot", "revenue")
        return [
            {"kind": each["subject"], "name": each["signal"], "usual": each["usual"], "value": each["value"]}
            for each in self.moved()
            if each["subject"] in kinds
        ]

    def series(self) -> Iterator[tuple[str, str, Points]]:
        first = -(-(self.begin - LEAD - BEFORE) // STEP) * STEP
        steps = [at for at in range(first, self.begin + AFTER, STEP) if at <= self.now]
        for name in self.services:
            results = self.raw.results.get(name, [])
            times = [(at, mean(checks(results, at, at + STEP).times)) for at in steps]
            yield name, "response_time", [(at, value) for at, value in times if value is not None]
            spent = [(at, seconds(results, at, at + STEP)) for at in steps]
            yield name, "down_time", [(at, 100 * each.down / each.measured) for at, each in spent if each.measured]
        for key, signal in HOST.items():
            means = [
                (at, mean([values[key] for when, values in self.raw.hosts if at <= when < at + STEP])) for at in steps
            ]
            yield "host", signal, [(at, value) for at, value in means if value is not None]
        for kind, rows in self.raw.figures.items():
            for name in sorted({name for _, values in rows for name in values}):
                last: dict[int, tuple[int, float]] = {}
                for at, values in rows:
                    value = values.get(name, {}).get("value")
                    if isinstance(value, int | float) and first <= at < self.begin + AFTER and at <= self.now:
                        last[at // STEP] = (at, float(value))
                yield kind, name, list(last.values())

    def _moved(self, points: Points) -> tuple[float, int, float, float] | None:
        """Strength, onset, value and usual value."""
        before = [value for at, value in points if self.begin - LEAD - BEFORE <= at < self.begin - LEAD]
        seen = [(at, value) for at, value in points if self.begin - LEAD <= at < self.begin + AFTER]
        if len(before) < 8 or not seen:
            return None
        low, usual, high = statistics.quantiles(before, n=4, method="inclusive")
        spread = max(high - low, abs(usual) / 100, 1e-9)
        away = [max(-1000.0, min(1000.0, (value - usual) / spread)) for _, value in seen]
        together = [abs(away[0])] if len(away) == 1 else [0.0] * len(away)
        for n, (one, other) in enumerate(itertools.pairwise(away)):
            if one * other > 0:
                common = min(abs(one), abs(other))
                together[n], together[n + 1] = max(together[n], common), max(together[n + 1], common)
        best = together.index(max(together))
        if round(together[best], 2) < 3:
            return None
        onset = next(at for (at, _), each in zip(seen, together, strict=True) if each >= 2.99)
        return round(together[best], 2), onset, seen[best][1], usual
