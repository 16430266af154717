"""The panels of the platform's figures on the overview: revenue, chatbot, users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from amt_console.model import FigureKind, FigureUnit
from widgets.figures_panel import FiguresPanel, Shown

_COUNT, _PERCENT, _SECONDS, _MONEY = FigureUnit.COUNT, FigureUnit.PERCENT, FigureUnit.SECONDS, FigureUnit.MONEY


class RevenuePanel(FiguresPanel):
    """Revenue figures."""

    TITLE: ClassVar[str] = "REVENUE"
    KIND: ClassVar[FigureKind] = FigureKind.REVENUE
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("mrr", "MRR", "MRR", _MONEY),
        Shown("arr", "ARR", "ARR", _MONEY),
        Shown("churn_rate", "Churn", "churn", _PERCENT),
        Shown("arpu", "ARPU", "ARPU", _MONEY),
        Shown("paying_users", "Paying users", "paying", _COUNT),
        Shown("monthly_billing", "Billed monthly", "", _COUNT),
        Shown("yearly_billing", "Billed yearly", "", _COUNT),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (("plan_distribution", "Plans"),)
    TIMELINES: ClassVar[Sequence[tuple[str, str]]] = (("history", "Revenue"),)


class ChatbotPanel(FiguresPanel):
    """Chatbot figures."""

    TITLE: ClassVar[str] = "CHATBOT"
    KIND: ClassVar[FigureKind] = FigureKind.CHATBOT
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("conversations", "Conversations", "chats", _COUNT),
        Shown("satisfaction", "Satisfaction", "liked", FigureUnit.SCORE),
        Shown("resolution_rate", "Resolved", "resolved", _PERCENT),
        Shown("response_time", "Response time", "reply", _SECONDS),
        Shown("automation_rate", "Automated", "", _PERCENT),
        Shown("escalation_rate", "Escalated", "escalated", _PERCENT),
        Shown("messages", "Messages", "", _COUNT),
        Shown("message_frequency", "Messages a minute", "", FigureUnit.PER_MINUTE),
        Shown("topic_coverage", "Topics covered", "", _PERCENT),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (
        ("topics", "Topics"),
        ("languages", "Languages"),
        ("ratings", "Ratings"),
        ("feedback", "Feedback"),
    )
    TIMELINES: ClassVar[Sequence[tuple[str, str]]] = (("hourly_distribution", "By hour"),)


class OverviewPanel(FiguresPanel):
    """User figures."""

    TITLE: ClassVar[str] = "USERS"
    KIND: ClassVar[FigureKind] = FigureKind.OVERVIEW
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("total_users", "Total users", "total", _COUNT),
        Shown("daily_active_users", "Active today", "active", _COUNT),
        Shown("concurrent_users", "Online now", "online", _COUNT),
        Shown("conversion_rate", "Free to paid", "free to paid", _PERCENT),
        Shown("monthly_active_users", "Active this month", "", _COUNT),
        Shown("trial_conversion_rate", "Trial to paid", "", _PERCENT),
        Shown("sessions", "Sessions", "sessions", _COUNT),
        Shown("session_duration", "Session length", "", _SECONDS),
        Shown("bounce_rate", "Bounce rate", "", _PERCENT),
        Shown("page_views", "Page views", "", _COUNT),
        Shown("bug_reports", "Bug reports", "", _COUNT),
        Shown("page_load_time", "Page load time", "", _SECONDS),
        Shown("requests_per_minute", "Requests a minute", "", FigureUnit.PER_MINUTE),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (
        ("traffic_sources", "Traffic"),
        ("languages", "Languages"),
        ("top_pages", "Top pages"),
        ("feature_adoption", "Features"),
    )
