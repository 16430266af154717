"""The services that follow from the original's three base URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amt_console.model import Criticality, FigureKind

MONITORING_DB = "monitoring-db"
"""The target for the program's own database."""


@dataclass(frozen=True, slots=True)
class DefaultService:
    """A default service, derived from a base URL."""

    name: str
    base: str
    """Key of the base URL in the configuration."""
    route: str
    criticality: Criticality
    figures: FigureKind | None = None
    depends_on: tuple[str, ...] = ()


_ON_API = ("backend-api",)
DEFAULT_SERVICES = (
    DefaultService("backend-api", "api_base_url", "/api/health", Criticality.CRITICAL),
    DefaultService("web-app", "web_app_url", "/", Criticality.CRITICAL),
    DefaultService("mobile-app", "mobile_app_url", "/", Criticality.CRITICAL),
    DefaultService(
        "api-chat-analytics", "api_base_url", "/api/chat/analytics", Criticality.NORMAL, FigureKind.CHATBOT, _ON_API
    ),
    DefaultService("api-plans", "api_base_url", "/api/plans", Criticality.NORMAL, FigureKind.PLANS, _ON_API),
    DefaultService(
        "api-dashboard-overview",
        "api_base_url",
        "/api/dashboard/overview",
        Criticality.NORMAL,
        FigureKind.OVERVIEW,
        _ON_API,
    ),
    DefaultService(
        "api-analytics-revenue",
        "api_base_url",
        "/api/analytics/revenue",
        Criticality.NORMAL,
        FigureKind.REVENUE,
        _ON_API,
    ),
)


def default_names(bases: Mapping[str, bool]) -> tuple[str, ...]:
    """Names of the default services of the given base URLs."""
    return tuple(service.name for service in DEFAULT_SERVICES if bases.get(service.base))
