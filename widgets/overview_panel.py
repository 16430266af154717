"""The platform's people: users, conversion, sessions, where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from amt_console.model import FigureKind
from widgets.figures_panel import FiguresPanel, Shown, Unit


class OverviewPanel(FiguresPanel):
    """Who uses the platform."""

    TITLE: ClassVar[str] = "USERS"
    KIND: ClassVar[FigureKind] = FigureKind.OVERVIEW
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("total_users", "Total users", "total", Unit.COUNT),
        Shown("daily_active_users", "Active today", "active", Unit.COUNT),
        Shown("concurrent_users", "Online now", "online", Unit.COUNT),
        Shown("conversion_rate", "Free to paid", "free to paid", Unit.PERCENT),
        Shown("monthly_active_users", "Active this month", "", Unit.COUNT),
        Shown("trial_conversion_rate", "Trial to paid", "", Unit.PERCENT),
        Shown("sessions", "Sessions", "sessions", Unit.COUNT),
        Shown("session_duration", "Session length", "", Unit.SECONDS),
        Shown("bounce_rate", "Bounce rate", "", Unit.PERCENT),
        Shown("page_views", "Page views", "", Unit.COUNT),
        Shown("bug_reports", "Bug reports", "", Unit.COUNT),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (
        ("traffic_sources", "Traffic"),
        ("languages", "Languages"),
        ("top_pages", "Top pages"),
        ("feature_adoption", "Features"),
    )
