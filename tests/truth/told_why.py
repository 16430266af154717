"""The parts of the analysis that tell why: accounting, policies, reliability, comparison, noise, behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from truth.compare import Between, ByKey, Explained, Near, OneOf
from truth.measured import Failure, Seconds, checks, mean, middle, rank, share
from truth.raw import SECOND, RawAlert

if TYPE_CHECKING:
    from truth.expected import Truth

HOUR = 3600 * SECOND
DAY = 24 * HOUR
SHORT = 300 * SECOND
SOON = 900 * SECOND
DETECTED = Explained("what a detector found: planted and quiet series test the detectors")
NEWEST_CHECKS = 2000
"""Phases come from so many checks of each of three services, and of the last day; no day here has more."""


def accounting(truth: Truth) -> dict[str, Any]:
    parts = truth.together(truth.start, truth.end)
    every = [checks(truth.results(service.name), truth.start, truth.end) for service in truth.services]
    return {
        "interval_factor": 1.5,
        "intervals": sum(each.samples for each in every),
        "service_seconds": parts.measured + parts.maintenance + parts.unknown,
        "measured_seconds": parts.measured,
        "coverage_percent": parts.coverage,
        "worst_case_percent": share(parts.good, parts.measured + parts.unknown),
    }


def policies(parts: Seconds, unconfirmed: float) -> dict[str, Any]:
    whole = parts.measured + parts.maintenance + parts.unknown
    return {
        "raw": share(parts.good, whole),
        "rechecked": share(parts.good + min(unconfirmed, parts.down), whole),
        "without_maintenance": share(parts.good, parts.measured + parts.unknown),
        "without_unknown": share(parts.good, parts.measured),
    }


def all_parts(truth: Truth) -> Seconds:
    whole = Seconds()
    for service in truth.services:
        whole = whole.plus(truth.parts(service.name, truth.start, truth.end))
    return whole


def unconfirmed(truth: Truth, names: Sequence[str]) -> float:
    return sum(blip.down for name in names for blip in truth.told_apart[name][1])


def reliability(parts: Seconds, incidents: Sequence[Failure]) -> dict[str, Any]:
    begun = [each for each in incidents if not each.earlier]
    ended = [(each.end - each.start) / SECOND for each in begun if not each.ongoing]
    return {
        "incidents": len(begun),
        "mtbf_seconds": parts.good / len(begun) if begun else None,
        "mttr_seconds": mean(ended),
        # The results of these histories have no class of error.
        "causes": {"unknown": len(incidents)} if incidents else {},
    }


def outage_frequency(truth: Truth) -> dict[str, Any]:
    starts = [each["started_at"].at for each in truth.outages if each["started_at"].at > truth.start]
    days = range(truth.start - truth.start % DAY, truth.end, DAY)
    return {
        "per_day": len(starts) / ((truth.end - truth.start) / DAY),
        "days": [{"count": sum(day <= at < day + DAY for at in starts)} for day in days],
        "trend": None if len(days) < 9 else Explained("needs eight whole days"),
    }


def comparison(truth: Truth) -> ByKey:
    found: dict[Any, Any] = {}
    levels = {}
    for service in truth.services:
        levels[service.name] = rank(checks(truth.results(service.name), truth.start, truth.end).times, 0.95)
    usual = middle([level for level in levels.values() if level is not None])
    for service in truth.services:
        got = checks(truth.results(service.name), truth.start, truth.end)
        level = levels[service.name]
        parts = truth.parts(service.name, truth.start, truth.end)
        surely, perhaps = (
            sum(_level(other) > _level(level) * factor for name, other in levels.items() if name != service.name)
            for factor in (1.021, 0.979)
        )
        last = len(levels) if level is None else 1 + perhaps
        found[service.name] = {
            "rank": OneOf(range(1 + surely, 1 + max(last, surely + 1))),
            "p50_ms": Near(rank(got.times, 0.5)),
            "p95_ms": Near(level),
            "times_median": Near(None if level is None or not usual else level / usual, share=0.021),
            "error_rate_percent": share(got.errors, got.samples),
            "availability_percent": share(parts.good, parts.measured) if parts.enough else None,
            "checks_per_hour": got.samples / ((truth.end - truth.start) / HOUR),
        }
    return ByKey("name", found)


def _level(value: float | None) -> float:
    return -1.0 if value is None else value


def throughput(truth: Truth) -> dict[str, Any]:
    count = accounting(truth)["intervals"]
    return {
        "checks": count,
        "checks_per_hour": count / ((truth.end - truth.start) / HOUR),
        "requests_per_minute": None,
        "requests_per_minute_before": None,
    }


def hours_of_day(truth: Truth, name: str) -> list[dict[str, Any]]:
    hours: dict[int, list[float]] = {}
    for a, b in truth.steps:
        hours.setdefault(a % DAY // HOUR, []).extend(checks(truth.results(name), a, b).times)
    return [
        {"hour": hour, "count": len(times), "p50_ms": Near(rank(times, 0.5)), "p95_ms": Near(rank(times, 0.95))}
        for hour, times in sorted(hours.items())
        if times
    ]


def phases(truth: Truth, name: str) -> dict[str, Any] | None:
    since = max(truth.start, truth.end - DAY)
    recent = [result for result in truth.results(name) if since <= result.at < truth.end]
    assert len(recent) < NEWEST_CHECKS
    good = [result for result in recent if result.state in ("up", "degraded")]
    times = [result.response / 1000 for result in good if result.response is not None]
    return {"samples": len(good), "p50_ms": {}, "p95_ms": {}, "document_ms": middle(times)} if good else None


def saturation(truth: Truth, name: str, values: Sequence[tuple[int, float]]) -> dict[str, Any]:
    limit = truth.limits.get(f"{name}_usage_percent")
    numbers = [value for _, value in values]
    hours: dict[int, list[float]] = {}
    for at, value in values:
        step = at - (at - truth.start) % truth.step
        hours.setdefault(step % DAY // HOUR, []).append(value)
    found: dict[str, Any] = {
        "hours": [{"hour": hour, "mean": mean(each)} for hour, each in sorted(hours.items())],
        "weekdays": [],
        "saturated_percent": None,
        "saturated_seconds": 0,
        "headroom": None,
        "forecast": DETECTED if name == "disk" else None,
    }
    if limit is None or not numbers:
        return found
    low = high = measured = 0.0
    for a, b in truth.steps:
        inside = [value for at, value in values if a <= at < b]
        if inside:
            seconds = (b - a) / SECOND
            measured += seconds
            low += seconds * sum(value > limit * 1.021 for value in inside) / len(inside)
            high += seconds * sum(value > limit * 0.979 for value in inside) / len(inside)
    used = max(numbers) if name == "disk" else rank(numbers, 0.95) or 0.0
    return found | {
        "saturated_percent": Between(100 * low / measured, 100 * high / measured),
        "saturated_seconds": Between(low, high),
        "headroom": Near(limit - used, least=0.011 * used),
    }


def disk(truth: Truth) -> dict[str, Any]:
    values = [(at, row["disk"]) for at, row in truth.raw.hosts if truth.start <= at < truth.end]
    # The mean of the newest step of five minutes.
    last = [value for at, value in values if at > values[-1][0] - 300 * SECOND] if values else []
    return {
        "used_percent": Between(min(last), max(last)) if last else None,
        "points_per_day": DETECTED,
        "p_value": DETECTED,
    }


def alert_rules(truth: Truth) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[RawAlert]] = {}
    for alert in truth.fired(truth.start, truth.end):
        groups.setdefault((alert.rule, alert.subject), []).append(alert)
    found = []
    for (rule, subject), group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        group.sort(key=lambda alert: (truth.fired_at(alert), alert.id))
        ends = [alert.at(truth.end, "resolved") for alert in group]
        lengths = [end - a.events[0][1] for a, end in zip(group, ends, strict=True) if end is not None]
        taken = [alert.at(truth.end, "acknowledged") is not None for alert in group]
        again = [
            end is not None and 0 <= truth.fired_at(b) - end <= SOON for end, b in zip(ends, group[1:], strict=False)
        ]
        found.append(
            {
                "rule": rule,
                "subject": subject,
                "fired": len(group),
                "acknowledged": sum(taken),
                "short": sum(length < SHORT for length in lengths),
                "refired": sum(again),
                "refire_percent": share(sum(again), len(lengths)),
                "rated_noise": 0,
                "rated_actionable": 0,
                "noise": sum(
                    end is not None and not had and end - alert.events[0][1] < SHORT
                    for alert, end, had in zip(group, ends, taken, strict=True)
                ),
                "median_seconds": None if not lengths else (middle(lengths) or 0.0) / SECOND,
            }
        )
    return found


def responders(truth: Truth) -> ByKey:
    waits: dict[str, list[float]] = {}
    for alert in truth.fired(truth.start, truth.end):
        for _, at, kind, _, person, _ in alert.events:
            if kind == "acknowledged" and at <= truth.end and person is not None:
                waits.setdefault(person, []).append((at - truth.fired_at(alert)) / SECOND)
    return ByKey(
        "person",
        {
            person: {"acknowledged": len(times), "median_seconds": middle(times), "slowest_seconds": max(times)}
            for person, times in waits.items()
        },
    )


def behaviour(truth: Truth, found: dict[str, Any]) -> dict[str, Any]:
    figures = []
    for each in found["figures"]:
        kind, name = each["kind"], each["name"]
        values = [value for _, value in truth.points(kind, name, truth.start, truth.end)]
        told = truth.figure(kind, name)
        figures.append(
            {
                "readings": len(values),
                "mean": told["mean"],
                "previous_mean": told["previous_mean"],
                "median": middle(values),
                "low": min(values, default=None),
                "high": max(values, default=None),
                "unusual": DETECTED,
            }
        )
    return {"figures": figures, "topics": truth.figure("chatbot", "topics")["value"] or [], "feedback": []}


def measures(truth: Truth, kind_of: dict[str, str]) -> ByKey:
    """The measures of the executive summary; figures by their kind."""
    now, before = (truth.together(*window) for window in ((truth.start, truth.end), (truth.before, truth.start)))
    handled, was = truth.handling(truth.start, truth.end), truth.handling(truth.before, truth.start)
    slow, was_slow = (
        max(
            (p for s in truth.services if (p := rank(checks(truth.results(s.name), a, b).times, 0.95)) is not None),
            default=None,
        )
        for a, b in ((truth.start, truth.end), (truth.before, truth.start))
    )
    known = now.measured > 0
    taken = "mean_seconds_to_acknowledge"
    found: dict[Any, Any] = {
        "availability": (
            share(now.good, now.measured) if now.enough else None,
            share(before.good, before.measured) if before.enough else None,
        ),
        "down": (now.down if known else None, before.down if before.enough else None),
        "p95": (Near(slow), Near(was_slow if before.enough else None)),
        "alerts": (handled["fired"] if known or handled["fired"] else None, was["fired"] if before.enough else None),
        "mtta": (handled[taken], was[taken]),
    }
    for name, kind in kind_of.items():
        told = truth.figure(kind, name)
        found[name] = (told["mean"], told["previous_mean"])
    return ByKey("name", {name: {"value": a, "previous": b} for name, (a, b) in found.items()})
