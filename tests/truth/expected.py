"""The numbers that each JSON report must have, from raw rows alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

from truth import told_why
from truth.compare import Between, ByKey, Explained, Near, OneOf
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
from truth.raw import SECOND, Raw, RawAlert, Result, moment

HOUR = 3600 * SECOND
DAY = 24 * HOUR
ABOUT_SERVICES = ("service_down", "database")
FORECAST = Explained("a forecast is no measurement: it is checked against the algorithms' own tests")
SETTINGS = Explained("the configuration as it is, which no row tells")
ROW_NUMBERS = Explained("numbers of rows, which say how far the report has read")
QUALITY = {
    "daily_active_users": "overview",
    "conversion_rate": "overview",
    "page_load_time": "overview",
    "conversations": "chatbot",
    "resolution_rate": "chatbot",
    "satisfaction": "chatbot",
}
MONEY = dict.fromkeys(("mrr", "arr", "arpu", "paying_users", "churn_rate"), "revenue")
ADVICE = Explained("advice has its evidence as text, and its numbers are checked where they stand")


@dataclass(frozen=True)
class Service:
    """A service as it is configured."""

    name: str
    limit: float | None
    timeout: float


class Truth:
    """All that is expected of the reports on ``[start, end)`` in UTC with steps of so many seconds."""

    def __init__(
        self, raw: Raw, services: Sequence[Service], start: int, end: int, step: int, limits: dict[str, float]
    ) -> None:
        self.raw = raw
        self.services = services
        self.start, self.end, self.step = start, end, step * SECOND
        # The window before ends where this one starts, and has as many whole steps.
        self.before = start - math.ceil((end - start) / self.step) * self.step
        self.limits = limits

    # Services

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
        return _Hour({hour: middle(values) or 0.0 for hour, values in hours.items()}, "p95_ms")

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
                {"start": _iso(span.start), "end": _iso(span.end), "state": span.state, "error": span.error}
                for span in self.spans(name)
            ],
        }

    def _step(self, name: str, a: int, b: int) -> dict[str, Any]:
        found = checks(self.results(name), a, b)
        return {
            "start": _iso(a),
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
            "started_at": _iso(failure.start),
            "ended_at": None if failure.ongoing else _iso(failure.end),
            "ongoing": failure.ongoing,
            "began_before_window": failure.earlier,
            "seconds": (failure.end - failure.start) / SECOND,
            "measured_down_seconds": failure.down,
            "cause": failure.cause,
            "alert_id": failure.alert,
            "acknowledged_at": None if taken is None else _iso(taken),
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
            "started_at": _iso(start),
            "ended_at": None if ongoing else _iso(end),
            "ongoing": ongoing,
            "services": list(dict.fromkeys(each.service for each in group)),
            "measured_down_seconds": covered / SECOND,
            "service_seconds": sum(each.down for each in group),
        }

    # Alerts

    @cached_property
    def alerts(self) -> list[RawAlert]:
        """Those that had begun by the window's end, by their begin."""
        return sorted((a for a in self.raw.alerts if a.events[0][1] <= self.end), key=lambda a: (a.events[0][1], a.id))

    def fired_at(self, alert: RawAlert) -> int:
        return alert.at(self.end, "fired") or 0

    def fired(self, start: int, end: int) -> list[RawAlert]:
        return [alert for alert in self.alerts if start <= self.fired_at(alert) < end]

    def handling(self, start: int, end: int) -> dict[str, Any]:
        fired = self.fired(start, end)
        taken, ended = [], []
        for alert in fired:
            began, fired_at = alert.events[0][1], alert.at(self.end, "fired") or 0
            if (at := alert.at(self.end, "acknowledged")) is not None:
                taken.append((at - fired_at) / SECOND)
            if (at := alert.at(self.end, "resolved")) is not None:
                ended.append((at - began) / SECOND)
        return {
            "fired": len(fired),
            **{level: sum(a.severity == level for a in fired) for level in ("critical", "warning", "info")},
            "acknowledged": len(taken),
            "resolved": len(ended),
            "still_open": len(fired) - len(ended),
            "mean_seconds_to_acknowledge": mean(taken),
            "median_seconds_to_acknowledge": middle(taken),
            "mean_seconds_to_resolve": mean(ended),
            "median_seconds_to_resolve": middle(ended),
        }

    def alert(self, alert: RawAlert, *, events: bool) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": alert.id,
            "severity": alert.severity,
            "subject": alert.subject,
            "escalation_level": 0,
            "value": alert.value,
            "threshold": alert.threshold,
        }
        for key, kinds in (("fired_at", ("fired",)), ("resolved_at", ("resolved", "cleared"))):
            at = alert.at(self.end, *kinds)
            told[key] = None if at is None else _iso(at)
        if events:
            told["events"] = [
                {"seq": seq, "at": _iso(at), "kind": kind, "state": state, "actor": actor, "value": value}
                for seq, at, kind, state, actor, value in alert.events
                if at <= self.end
            ]
        return told

    def _fired_in_window(self, alert: RawAlert) -> bool:
        ended = alert.at(self.end, "resolved", "cleared")
        fired = alert.at(self.end, "fired") is not None
        return fired and alert.events[0][1] < self.end and (ended is None or ended >= self.start)

    # The host, the figures

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
            "busiest_hour": _Hour(means, "mean") if len(means) >= 6 else None,
            **told_why.saturation(self, name, values),
        }

    @property
    def host_now(self) -> dict[str, Any] | None:
        rows = [(at, row) for at, row in self.raw.hosts if at <= self.end]
        if not rows:
            return None
        at, row = rows[-1]
        return {
            "timestamp": _iso(at),
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

    # Documents

    def head(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "window": {
                "start": _iso(self.start),
                "end": _iso(self.end),
                "hours": (self.end - self.start) / HOUR,
                "step_seconds": self.step / SECOND,
            },
            "coverage_percent": self.together(self.start, self.end).coverage,
            "inputs": self._inputs(),
            "accounting": told_why.accounting(self),
        }

    def _inputs(self) -> dict[str, Any]:
        moments = {
            "monitoring_logs": [result.at for results in self.raw.results.values() for result in results],
            "system_metrics": [at for at, _ in self.raw.hosts],
            "business_figures": [at for rows in self.raw.figures.values() for at, _ in rows],
        }
        tables = {name: sum(self.start <= at < self.end for at in every) for name, every in moments.items()}
        return {"rows": sum(tables.values()), "tables": tables, "newest_rows": ROW_NUMBERS, "settings": SETTINGS}

    def performance(self, found: dict[str, Any]) -> dict[str, Any]:
        told = zip(self.services, found["services"], strict=True)
        return {
            **self.head(),
            "availability": self.availability(self.together(self.start, self.end)),
            "previous_availability": self.availability(self.together(self.before, self.start)),
            "services": [self.service(service, each) for service, each in told],
            "incidents": [self.incident(each) for each in self.incidents],
            "unconfirmed_failures": [self.incident(blip) for s in self.services for blip in self.told_apart[s.name][1]],
            "outages": self.outages,
            "resources": [self.resource(name) for name in ("cpu", "memory", "disk", "connections")],
            "alert_handling": self.handling(self.start, self.end),
            "previous_alert_handling": self.handling(self.before, self.start),
            "recommendations": ADVICE,
            "limits": self.limits,
            "findings": told_why.DETECTED,
            "policies": told_why.policies(
                told_why.all_parts(self), told_why.unconfirmed(self, [each.name for each in self.services])
            ),
            "budgets": [],
            "reliability": told_why.reliability(told_why.all_parts(self), self.incidents),
            "outage_frequency": told_why.outage_frequency(self),
            "comparison": told_why.comparison(self),
            "throughput": told_why.throughput(self),
            "disk": told_why.disk(self),
            "slow_with": told_why.DETECTED,
            "alert_rules": told_why.alert_rules(self),
            "responders": told_why.responders(self),
            "behaviour": told_why.behaviour(self, found["behaviour"]),
        }

    def monitoring(self) -> dict[str, Any]:
        return {
            **self.head(),
            "services": [self._service_now(service) for service in self.services],
            "alerts": [self.alert(alert, events=True) for alert in self.alerts if self._fired_in_window(alert)],
            "alert_handling": self.handling(self.start, self.end),
            "incidents": [self.incident(each) for each in self.incidents],
            "resources": [self.resource(name) for name in ("cpu", "memory", "disk", "connections")],
            "resources_now": self.host_now,
            "gaps": [
                {"started_at": _iso(a), "ended_at": _iso(b)}
                for a, b in self.raw.gaps
                if b > self.start and a < self.end and b <= self.end
            ],
            "limits": self.limits,
        }

    def _service_now(self, service: Service) -> dict[str, Any]:
        results = self.results(service.name)
        quiet = [self.steps[index] for index in self.quiet(service.name)]
        last = results[-1] if results else None
        return {
            "name": service.name,
            "last_checked": None if last is None else _iso(last.at),
            "response_time_ms": None if last is None or last.response is None else last.response / 1000,
            "availability": self.availability(self.parts(service.name, self.start, self.end)),
            "latency": self.latency(service, self.start, self.end, quiet),
            "incidents": len(self.told_apart[service.name][0]),
        }

    def executive(self, found: dict[str, Any]) -> dict[str, Any]:
        return {
            **self.head(),
            "key_figures": {
                kind: {name: self.figure(kind, name) for name in names} for kind, names in found["key_figures"].items()
            },
            "availability": self.availability(self.together(self.start, self.end)),
            "previous_availability": self.availability(self.together(self.before, self.start)),
            "services": self._states(),
            "attention": ByKey("id", {alert.id: self.alert(alert, events=False) for alert in self.alerts}),
            "uptime_target_percent": self.limits["uptime_percent"],
            "incidents": [self.incident(each) for each in self.incidents],
            "outages": self.outages,
            "alerts": self.handling(self.start, self.end),
            "recommendations": ADVICE,
            "forecasts": FORECAST,
            "quality": told_why.measures(self, QUALITY),
            "money": told_why.measures(self, MONEY),
        }

    def _states(self) -> dict[str, int]:
        """The services by their state at the end: a result older than three intervals no longer speaks."""
        states = []
        for service in self.services:
            results = self.results(service.name)
            late = not results or self.end - results[-1].at > 3 * results[-1].interval + service.timeout * SECOND
            states.append("unknown" if late else results[-1].state)
        return {state: states.count(state) for state in ("up", "degraded", "down", "unknown", "maintenance")}

    def figures(self, found: dict[str, Any]) -> dict[str, Any]:
        return {
            **self.head(),
            "figures": {
                kind: {name: self.figure(kind, name) for name in names} for kind, names in found["figures"].items()
            },
            "history": {
                kind: {
                    name: [[_iso(at), value] for at, value in self.points(kind, name, self.start, self.end)]
                    for name in names
                }
                for kind, names in found["history"].items()
            },
            "forecasts": FORECAST,
        }


class _Hour(dict[str, Any]):
    """An hour of the day that has the most: others that are as near as the histogram can tell are as good."""

    def __init__(self, hours: dict[int, float], key: str) -> None:
        super().__init__()
        self.hours, self.key = hours, key

    def __contains__(self, key: object) -> bool:
        return key in ("hour", self.key)

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, key: str) -> Any:
        top = max(self.hours.values())
        if key == "hour":
            return OneOf({hour for hour, value in self.hours.items() if value >= 0.975 * top})
        return Near(top, share=0.025)


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


def _iso(at: int) -> Any:
    return _Same(at)


class _Same:
    """A moment, in whatever form it is written."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __eq__(self, other: object) -> bool:
        from datetime import datetime

        return isinstance(other, str) and abs(datetime.fromisoformat(other).timestamp() * SECOND - self.at) < SECOND

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return moment(self.at).isoformat()
