"""The numbers that each JSON report must have, from raw rows alone: the documents as a whole."""

from __future__ import annotations

from typing import Any

from truth import told_why
from truth.compare import ByKey, Explained
from truth.moments import HOUR, iso
from truth.platform import PlatformTruth
from truth.raw import SECOND
from truth.services import Service

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


class Truth(PlatformTruth):
    """All that is expected of the reports on ``[start, end)`` in UTC with steps of so many seconds."""

    def head(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "window": {
                "start": iso(self.start),
                "end": iso(self.end),
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
                {"started_at": iso(a), "ended_at": iso(b)}
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
            "last_checked": None if last is None else iso(last.at),
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
                    name: [[iso(at), value] for at, value in self.points(kind, name, self.start, self.end)]
                    for name in names
                }
                for kind, names in found["history"].items()
            },
            "forecasts": FORECAST,
        }
