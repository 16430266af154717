"""What the reports must say of services: availability, response times, incidents and outages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

from truth import told_why
from truth.compare import Between, Near
from truth.measured import (
    Failure,
    Seconds,
    Span,
    checks,
    failures,
    mean,
    middle,
    rank,
    seconds,
    share,
    spans,
)
from truth.moments import DAY, HOUR, TopHour, iso
from truth.raw import SECOND, Raw, RawAlert, Result

ABOUT_SERVICES = ("service_down", "database")


@dataclass(frozen=True)
class Service:
    """A service as it is configured."""

    name: str
    limit: float | None
    timeout: float


class ServicesTruth:
    """What is expected of the services in the reports on ``[start, end)`` in UTC with steps of so many seconds."""

    def __init__(
        self, raw: Raw, services: Sequence[Service], start: int, end: int, step: int, limits: dict[str, float]
    ) -> None:
        self.raw = raw
        self.services = services
        self.start, self.end, self.step = start, end, step * SECOND
        # The window before ends where this one starts, and has as many whole steps.
        self.before = start - math.ceil((end - start) / self.step) * self.step
        self.limits = limits

    def results(self, name: str) -> list[Result]:
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, list[Result]]:
        every = self.raw.results
        return {each.name: [r for r in every.get(each.name, []) if r.at < self.end] for each in self.services}

    @cached_property
    def steps(self) -> list[tuple[int, int]]:
        return [(at, min(at + self.step, self.end)) for at in range(self.start, self.end, self.step)]

    def spans(self, name: str) -> list[Span]:
        results = self.results(name)
        empty = []
        for a, b in self.steps:
            part = seconds(results, a, b)
            if part.measured + part.maintenance == 0 and b - a >= self.step / 2:
                empty.append((a, b))
        gaps = [(a, b) for a, b in self.raw.gaps if b <= self.end]
        return spans(results, self.start, self.end, [*gaps, *empty])

    @cached_property
    def told_apart(self) -> dict[str, tuple[list[Failure], list[Failure]]]:
        """By service: incidents with the alert that was told of them, and failures that no re-check confirmed."""
        found: dict[str, tuple[list[Failure], list[Failure]]] = {}
        for service in self.services:
            earlier = [result for result in self.results(service.name) if result.at <= self.start]
            down = bool(earlier) and earlier[-1].state == "down"
            confirmed, blips = found[service.name] = ([], [])
            for failure in failures(service.name, self.spans(service.name), was_down=down):
                about = [alert for alert in self.alerts if _is_about(alert, failure, self.end)]
                fired = [alert for alert in about if alert.at(self.end, "fired") is not None]
                still = [alert for alert in about if alert.at(self.end, "resolved", "cleared") is None]
                if about and not fired and not still:
                    blips.append(failure)
                else:
                    confirmed.append(replace(failure, alert=fired[0].id if fired else None))
        return found

    @cached_property
    def incidents(self) -> list[Failure]:
        every = [failure for confirmed, _ in self.told_apart.values() for failure in confirmed]
        return sorted(every, key=lambda each: (each.start, each.service))

    def quiet(self, name: str) -> list[int]:
        """The steps beside failures."""
        bad = [failure for part in self.told_apart[name] for failure in part]
        return [
            index
            for index, (a, b) in enumerate(self.steps)
            if not any(a < failure.end and b > failure.start for failure in bad)
        ]

    def availability(self, parts: Seconds) -> dict[str, Any]:
        good, whole = parts.good, parts.measured + parts.unknown
        return {
            "availability_percent": share(good, parts.measured) if parts.enough else None,
            "coverage_percent": parts.coverage,
            "worst_case_percent": share(good, whole),
            "sufficient": parts.enough,
            "up_seconds": good,
            "degraded_seconds": parts.degraded,
            "down_seconds": parts.down,
            "maintenance_seconds": parts.maintenance,
            "unknown_seconds": parts.unknown,
        }

    def parts(self, name: str, start: int, end: int) -> Seconds:
        return seconds(self.results(name), start, end)

    def together(self, start: int, end: int) -> Seconds:
        measured = [part for each in self.services if (part := self.parts(each.name, start, end)).measured > 0]
        whole = Seconds()
        for part in [part for part in measured if part.enough] or measured:
            whole = whole.plus(part)
        return whole

    def latency(self, service: Service, start: int, end: int, quiet: Sequence[tuple[int, int]]) -> dict[str, Any]:
        results = self.results(service.name)
        found = checks(results, start, end)
        times, limit = found.times, service.limit
        within: Any = None
        if times and limit is not None:
            low, high = (100 * sum(t <= limit * factor for t in times) / len(times) for factor in (0.979, 1.021))
            within = Between(low, high)
        return {
            "samples": found.samples,
            "errors": found.errors,
            "error_rate_percent": share(found.errors, found.samples),
            "mean_ms": mean(times),
            "min_ms": min(times, default=None),
            "p50_ms": Near(rank(times, 0.5)),
            "p95_ms": Near(rank(times, 0.95)),
            "p99_ms": Near(rank(times, 0.99)),
            "max_ms": max(times, default=None),
            "limit_ms": limit,
            "within_limit_percent": within,
            "slowest_hour": self._slowest_hour(results, quiet),
        }

    def _slowest_hour(self, results: Sequence[Result], quiet: Sequence[tuple[int, int]]) -> Any:
        by_day: dict[tuple[int, int], list[float]] = {}
        for a, b in quiet:
            by_day.setdefault((a // DAY, a % DAY // HOUR), []).extend(checks(results, a, b).times)
        hours: dict[int, list[float]] = {}
        for (_, hour), times in by_day.items():
            if (value := rank(times, 0.95)) is not None:
                hours.setdefault(hour, []).append(value)
        if len(hours) < 6:
            return None
        return TopHour({hour: middle(values) or 0.0 for hour, values in hours.items()}, "p95_ms")

    def service(self, service: Service, found: dict[str, Any]) -> dict[str, Any]:
        name = service.name
        confirmed, blips = self.told_apart[name]
        quiet = self.quiet(name)
        quiet_steps = [self.steps[index] for index in quiet]
        before = [(at, at + self.step) for at in range(self.before, self.start, self.step)]
        return {
            "name": name,
            "availability": self.availability(self.parts(name, self.start, self.end)),
            "previous_availability": self.availability(self.parts(name, self.before, self.start)),
            "latency": self.latency(service, self.start, self.end, quiet_steps),
            "previous_latency": self.latency(service, self.before, self.start, ()),
            "trend": _trend([(self.steps[i][0], found["series"][i]["p50_ms"]) for i in quiet]),
            "same_hours_change_percent": self._same_hours(name, quiet_steps, before),
            "policies": told_why.policies(self.parts(name, self.start, self.end), told_why.unconfirmed(self, (name,))),
            "reliability": told_why.reliability(self.parts(name, self.start, self.end), confirmed),
            "change_points": told_why.DETECTED,
            "anomalies": told_why.DETECTED,
            "phases": told_why.phases(self, name),
            "hours": told_why.hours_of_day(self, name),
            "incidents": len(confirmed),
            "unconfirmed": len(blips),
            "series": [self._step(name, a, b) for a, b in self.steps],
            "states": [
                {"start": iso(span.start), "end": iso(span.end), "state": span.state, "error": span.error}
                for span in self.spans(name)
            ],
        }

    def _step(self, name: str, a: int, b: int) -> dict[str, Any]:
        found = checks(self.results(name), a, b)
        return {
            "start": iso(a),
            "count": found.samples,
            "up": found.samples - found.errors,
            "down": found.errors,
            **{f"p{q}_ms": Near(rank(found.times, q / 100)) for q in (50, 95, 99)},
        }

    def _same_hours(self, name: str, now: Sequence[tuple[int, int]], before: Sequence[tuple[int, int]]) -> Any:
        if not self.parts(name, self.before, self.start).enough:
            return None
        medians = []
        for steps in (now, before):
            hours: dict[int, list[float]] = {}
            for a, b in steps:
                hours.setdefault(a % DAY // HOUR, []).extend(checks(self.results(name), a, b).times)
            medians.append({hour: value for hour, times in hours.items() if (value := rank(times, 0.5)) is not None})
        common = medians[0].keys() & medians[1].keys()
        if len(common) < 6:
            return None
        changes = [100 * (medians[0][hour] / medians[1][hour] - 1) for hour in common]
        # Each median is within 1 %, so each change is within about 2 points of its ratio.
        return Near(middle(changes), least=0.021 * (100 + max(map(abs, changes))))

    def incident(self, failure: Failure) -> dict[str, Any]:
        alert = next((each for each in self.alerts if each.id == failure.alert), None)
        taken = alert.at(self.end, "acknowledged") if alert is not None else None
        return {
            "service": failure.service,
            "started_at": iso(failure.start),
            "ended_at": None if failure.ongoing else iso(failure.end),
            "ongoing": failure.ongoing,
            "began_before_window": failure.earlier,
            "seconds": (failure.end - failure.start) / SECOND,
            "measured_down_seconds": failure.down,
            "cause": failure.cause,
            "alert_id": failure.alert,
            "acknowledged_at": None if taken is None else iso(taken),
        }

    @property
    def outages(self) -> list[dict[str, Any]]:
        groups: list[list[Failure]] = []
        for incident in self.incidents:
            if groups and incident.start <= max(each.end for each in groups[-1]):
                groups[-1].append(incident)
            else:
                groups.append([incident])
        down = [
            (span.start, span.end)
            for each in self.services
            for span in self.spans(each.name)
            if span.state == "down"
            and any(i.start <= span.start and span.end <= i.end for i in self.told_apart[each.name][0])
        ]
        return [self._outage(group, down) for group in groups]

    def _outage(self, group: Sequence[Failure], down: Sequence[tuple[int, int]]) -> dict[str, Any]:
        start, end = min(each.start for each in group), max(each.end for each in group)
        edges = sorted({edge for span in down for edge in span})
        covered = sum(b - a for a, b in pairwise(edges) if start <= a < end and any(x <= a and b <= y for x, y in down))
        ongoing = any(each.ongoing for each in group)
        return {
            "started_at": iso(start),
            "ended_at": None if ongoing else iso(end),
            "ongoing": ongoing,
            "services": list(dict.fromkeys(each.service for each in group)),
            "measured_down_seconds": covered / SECOND,
            "service_seconds": sum(each.down for each in group),
        }


def _is_about(alert: RawAlert, failure: Failure, end: int) -> bool:
    ended = alert.at(end, "resolved", "cleared")
    return (
        alert.subject == failure.service
        and alert.kind in ABOUT_SERVICES
        and alert.events[0][1] <= failure.end
        and (ended is None or ended > failure.start)
    )


def _trend(points: Sequence[tuple[int, float | None]]) -> dict[str, Any] | None:
    """Theil-Sen and Mann-Kendall over the medians of the steps, which are checked by themselves."""
    measured = [(at / HOUR, value) for at, value in points if value is not None]
    if not measured or measured[-1][0] - measured[0][0] >= 72:
        return None
    known = measured[:: math.ceil(len(measured) / 150)]
    if len(known) < 8:
        return None
    pairs = list(combinations(known, 2))
    slope = middle([(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]) or 0.0
    score = sum((b[1] > a[1]) - (b[1] < a[1]) for a, b in pairs)
    count = len(known)
    values = [value for _, value in known]
    ties = [values.count(value) for value in set(values)]
    variance = (count * (count - 1) * (2 * count + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    z = (abs(score) - 1) / math.sqrt(variance) if variance > 0 and score else None
    change = slope * (known[-1][0] - known[0][0])
    return {
        "slope_ms_per_hour": Near(slope, least=0.01),
        "change_ms": Near(change, least=0.05),
        "change_percent": Near(100 * change / (middle(values) or 1.0), least=0.1),
        "p_value": Near(1.0 if z is None else math.erfc(z / math.sqrt(2)), share=1e-4, least=1e-6),
        "points": count,
        "seasonal": False,
    }
