"""The figures of ``GET /api/dashboard/overview``."""

from __future__ import annotations

from collectors.figures.spec import LABEL_KEYS, VALUE_KEYS, FigureSpec, FigureUnit

_COUNT, _PERCENT = FigureUnit.COUNT, FigureUnit.PERCENT

FIGURES: tuple[FigureSpec, ...] = (
    FigureSpec("total_users", "Total users", _COUNT, ("users.total", "total_users", "totalUsers")),
    FigureSpec(
        "daily_active_users",
        "Daily active users",
        _COUNT,
        ("users.daily_active", "daily_active_users", "dailyActiveUsers", "dau"),
    ),
    FigureSpec(
        "monthly_active_users",
        "Monthly active users",
        _COUNT,
        ("users.monthly_active", "monthly_active_users", "monthlyActiveUsers", "mau"),
    ),
    FigureSpec(
        "concurrent_users", "Concurrent users", _COUNT, ("users.concurrent", "concurrent_users", "concurrentUsers")
    ),
    FigureSpec(
        "conversion_rate",
        "Free to paid conversion",
        _PERCENT,
        ("conversion.free_to_paid", "conversion_rate", "conversionRate"),
    ),
    FigureSpec(
        "trial_conversion_rate",
        "Trial conversion",
        _PERCENT,
        ("conversion.trial", "trial_conversion_rate", "trialConversionRate"),
    ),
    FigureSpec("sessions", "Sessions", _COUNT, ("engagement.sessions", "sessions", "total_sessions", "totalSessions")),
    FigureSpec(
        "session_duration",
        "Average session duration",
        FigureUnit.SECONDS,
        ("engagement.session_duration", "avg_session_duration", "session_duration", "sessionDuration"),
    ),
    FigureSpec("bounce_rate", "Bounce rate", _PERCENT, ("engagement.bounce_rate", "bounce_rate", "bounceRate")),
    FigureSpec("page_views", "Page views", _COUNT, ("engagement.page_views", "page_views", "pageViews")),
    FigureSpec("bug_reports", "Bug reports", _COUNT, ("quality.bug_reports", "bug_reports", "bugReports")),
    FigureSpec(
        "traffic_sources",
        "Traffic sources",
        _COUNT,
        ("traffic.sources", "traffic_sources", "trafficSources"),
        shape="breakdown",
        label_keys=("source", *LABEL_KEYS),
        value_keys=("sessions", "visits", "visitors", "users", *VALUE_KEYS),
    ),
    FigureSpec(
        "languages",
        "Languages",
        _COUNT,
        ("traffic.languages", "languages", "language_distribution", "languageDistribution"),
        shape="breakdown",
        label_keys=("language", "code", *LABEL_KEYS),
        value_keys=("users", "sessions", "visits", *VALUE_KEYS),
    ),
    FigureSpec(
        "top_pages",
        "Top pages",
        _COUNT,
        ("traffic.top_pages", "top_pages", "topPages"),
        shape="breakdown",
        label_keys=("page", "path", "url", *LABEL_KEYS),
        value_keys=("views", "page_views", "visits", *VALUE_KEYS),
    ),
    FigureSpec(
        "feature_adoption",
        "Feature adoption",
        _PERCENT,
        ("features.adoption", "feature_adoption", "featureAdoption"),
        shape="breakdown",
        label_keys=("feature", *LABEL_KEYS),
        value_keys=("percent", "percentage", "adoption", "rate", "value"),
    ),
)
