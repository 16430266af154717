"""The chatbot: conversations, satisfaction, resolution, response time, topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from amt_console.model import FigureKind
from widgets.figures_panel import FiguresPanel, Shown, Unit


class ChatbotPanel(FiguresPanel):
    """How the chatbot does."""

    TITLE: ClassVar[str] = "CHATBOT"
    KIND: ClassVar[FigureKind] = FigureKind.CHATBOT
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("conversations", "Conversations", "chats", Unit.COUNT),
        Shown("satisfaction", "Satisfaction", "liked", Unit.SCORE),
        Shown("resolution_rate", "Resolved", "resolved", Unit.PERCENT),
        Shown("response_time", "Response time", "reply", Unit.LATENCY),
        Shown("automation_rate", "Automated", "", Unit.PERCENT),
        Shown("escalation_rate", "Escalated", "escalated", Unit.PERCENT),
        Shown("messages", "Messages", "", Unit.COUNT),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (
        ("topics", "Topics"),
        ("languages", "Languages"),
        ("ratings", "Ratings"),
    )
    TIMELINES: ClassVar[Sequence[tuple[str, str]]] = (("hourly_distribution", "By hour"),)
