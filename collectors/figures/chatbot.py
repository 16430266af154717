"""The figures of ``GET /api/chat/analytics``."""

from __future__ import annotations

from collectors.figures.spec import LABEL_KEYS, VALUE_KEYS, FigureSpec, FigureUnit

_COUNT, _PERCENT = FigureUnit.COUNT, FigureUnit.PERCENT
_COUNTED = ("conversations", "messages", *VALUE_KEYS)

FIGURES: tuple[FigureSpec, ...] = (
    FigureSpec(
        "conversations",
        "Conversations",
        _COUNT,
        ("conversations.total", "total_conversations", "totalConversations", "conversations"),
    ),
    FigureSpec("messages", "Messages", _COUNT, ("messages.total", "total_messages", "totalMessages", "messages")),
    FigureSpec(
        "satisfaction",
        "Satisfaction",
        FigureUnit.SCORE,
        ("satisfaction.average", "satisfaction_score", "satisfactionScore", "avg_satisfaction", "satisfaction"),
    ),
    FigureSpec(
        "resolution_rate", "Resolution rate", _PERCENT, ("rates.resolution", "resolution_rate", "resolutionRate")
    ),
    FigureSpec(
        "automation_rate", "Automation rate", _PERCENT, ("rates.automation", "automation_rate", "automationRate")
    ),
    FigureSpec(
        "escalation_rate", "Escalation rate", _PERCENT, ("rates.escalation", "escalation_rate", "escalationRate")
    ),
    FigureSpec(
        "response_time",
        "Chatbot response time",
        FigureUnit.SECONDS,
        ("response_time.average", "avg_response_time", "avgResponseTime", "response_time", "responseTime"),
        limit=3600.0,
    ),
    FigureSpec(
        "topics",
        "Topics",
        _COUNT,
        ("topics", "popular_topics", "popularTopics"),
        shape="breakdown",
        label_keys=("topic", *LABEL_KEYS),
        value_keys=_COUNTED,
    ),
    FigureSpec(
        "languages",
        "Languages",
        _COUNT,
        ("languages", "language_distribution", "languageDistribution"),
        shape="breakdown",
        label_keys=("language", "code", *LABEL_KEYS),
        value_keys=_COUNTED,
    ),
    FigureSpec(
        "hourly_distribution",
        "Conversations by hour",
        _COUNT,
        ("hourly_distribution", "hourlyDistribution", "hourly"),
        shape="breakdown",
        label_keys=("hour", *LABEL_KEYS),
        value_keys=_COUNTED,
    ),
    FigureSpec(
        "ratings",
        "Ratings",
        _COUNT,
        ("satisfaction.ratings", "ratings", "rating_distribution", "ratingDistribution"),
        shape="breakdown",
        label_keys=("rating", "stars", *LABEL_KEYS),
        value_keys=VALUE_KEYS,
        first_label=1,
    ),
)
