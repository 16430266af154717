"""What the reports must say of the host and of the platform's figures."""

from __future__ import annotations

from typing import Any

from truth import told_why
from truth.alerts import AlertsTruth
from truth.compare import Near
from truth.measured import mean, rank
from truth.moments import DAY, HOUR, TopHour, iso


class PlatformTruth(AlertsTruth):
    """Services, alerts, host and figures."""

    def resource(self, name: str) -> dict[str, Any]:
        values = [
            (at, row[name]) for at, row in self.raw.hosts if self.start <= at < self.end and row[name] is not None
        ]
        numbers = [value for _, value in values]
        hours: dict[int, list[float]] = {}
        for at, value in values:
            # A step is of the hour that it begins in.
            step = at - (at - self.start) % self.step
            hours.setdefault(step % DAY // HOUR, []).append(value)
        means = {hour: sum(each) / len(each) for hour, each in hours.items()}
        return {
            "name": name,
            "mean": mean(numbers),
            "p95": Near(rank(numbers, 0.95)),
            "max": max(numbers, default=None),
            "limit": self.limits.get(f"{name}_usage_percent"),
            "busiest_hour": TopHour(means, "mean") if len(means) >= 6 else None,
            **told_why.saturation(self, name, values),
        }

    @property
    def host_now(self) -> dict[str, Any] | None:
        rows = [(at, row) for at, row in self.raw.hosts if at <= self.end]
        if not rows:
            return None
        at, row = rows[-1]
        return {
            "timestamp": iso(at),
            "cpu_usage": row["cpu"],
            "memory_usage": row["memory"],
            "disk_usage": row["disk"],
            "active_connections": row["connections"],
        }

    def figure(self, kind: str, name: str) -> dict[str, Any]:
        rows = self.raw.figures.get(kind, [])
        newest = [figures for at, figures in rows if self.start <= at <= self.end]
        value = newest[-1].get(name, {}).get("value") if newest else None
        if isinstance(value, list):
            return {"value": [{"label": label, "value": number} for label, number in value]}
        now, parts = self._mean_of_parts(kind, name, self.start, self.end)
        before, parts_before = self._mean_of_parts(kind, name, self.before, self.start)
        if now is None or 2 * parts_before < parts:
            before = None
        change = None if now is None or not before else 100 * (now - before) / abs(before)
        return {"value": value, "mean": now, "previous_mean": before, "change_percent": change}

    def _mean_of_parts(self, kind: str, name: str, start: int, end: int) -> tuple[float | None, int]:
        parts: dict[int, list[float]] = {}
        for at, value in self.points(kind, name, start, end):
            parts.setdefault((at - start) * 24 // (end - start), []).append(value)
        means = [sum(values) / len(values) for values in parts.values()]
        return mean(means), len(means)

    def points(self, kind: str, name: str, start: int, end: int) -> list[tuple[int, float]]:
        rows = [row for row in self.raw.figures.get(kind, []) if start <= row[0] < end]
        if end - start > 2 * DAY:
            # Long windows have the first reading of each hour.
            first = {at // HOUR: at for at, _ in reversed(self.raw.figures.get(kind, []))}
            rows = [row for row in rows if first[row[0] // HOUR] == row[0]]
        return [
            (at, value) for at, figures in rows if isinstance(value := figures.get(name, {}).get("value"), int | float)
        ]
