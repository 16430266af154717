"""Pure analysis of rollups, state changes and alert episodes: no I/O, no clock.

A file is loaded on the first access to one of its names: a console needs a few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.analysis.facts import AnalysisLimits
    from amt_console.analysis.findings import Finding, FindingKind
    from amt_console.analysis.handling import Handling
    from amt_console.analysis.latency import LatencySummary
    from amt_console.analysis.performance import PerformanceAnalysis, analyse
    from amt_console.analysis.recommendations.advice import Recommendation
    from amt_console.analysis.resources import ResourcePattern
    from amt_console.analysis.series import Window, window_of
    from amt_console.analysis.service import ServiceHistory, ServicePerformance
    from amt_console.analysis.trend import Trend
    from amt_console.analysis.uptime.availability import Availability
    from amt_console.analysis.uptime.budgets import Burn, ErrorBudget
    from amt_console.analysis.uptime.incidents import Incident
    from amt_console.analysis.uptime.outages import Outage
    from amt_console.analysis.uptime.policies import UptimeByPolicy
else:
    _load = loader(
        __name__,
        {
            "facts": "AnalysisLimits",
            "findings": "Finding FindingKind",
            "handling": "Handling",
            "latency": "LatencySummary",
            "performance": "PerformanceAnalysis analyse",
            "recommendations.advice": "Recommendation",
            "resources": "ResourcePattern",
            "series": "Window window_of",
            "service": "ServiceHistory ServicePerformance",
            "trend": "Trend",
            "uptime.availability": "Availability",
            "uptime.budgets": "Burn ErrorBudget",
            "uptime.incidents": "Incident",
            "uptime.outages": "Outage",
            "uptime.policies": "UptimeByPolicy",
        },
    )

    def __getattr__(name: str) -> Any:
        """``PerformanceAnalyzer`` reads a database, so it lies outside this room."""
        return (
            import_module("amt_console.analyzer").PerformanceAnalyzer if name == "PerformanceAnalyzer" else _load(name)
        )


__all__ = [
    "AnalysisLimits",
    "Availability",
    "Burn",
    "ErrorBudget",
    "Finding",
    "FindingKind",
    "Handling",
    "Incident",
    "LatencySummary",
    "Outage",
    "PerformanceAnalysis",
    "Recommendation",
    "ResourcePattern",
    "ServiceHistory",
    "ServicePerformance",
    "Trend",
    "UptimeByPolicy",
    "Window",
    "analyse",
    "window_of",
]
