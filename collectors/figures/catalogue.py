"""Every figure of the platform, by the endpoint that answers it, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from amt_console.model import FigureKind
from collectors.figures.spec import LABEL_KEYS, VALUE_KEYS, FigureSpec, FigureUnit

_COUNT, _PERCENT, _SECONDS, _MONEY = FigureUnit.COUNT, FigureUnit.PERCENT, FigureUnit.SECONDS, FigureUnit.MONEY

_OVERVIEW = (
    FigureSpec(
        "total_users",
        "Total users",
        _COUNT,
        ("users.total", "total_users", "users.count", "user_count", "registered_users", "users"),
    ),
    FigureSpec(
        "daily_active_users",
        "Daily active users",
        _COUNT,
        (
            "users.daily_active",
            "daily_active_users",
            "dau",
            "active_users.daily",
            "users.active.daily",
            "users.active_daily",
            "daily_active",
        ),
    ),
    FigureSpec(
        "monthly_active_users",
        "Monthly active users",
        _COUNT,
        (
            "users.monthly_active",
            "monthly_active_users",
            "mau",
            "active_users.monthly",
            "users.active.monthly",
            "users.active_monthly",
            "monthly_active",
        ),
    ),
    FigureSpec(
        "concurrent_users",
        "Concurrent users",
        _COUNT,
        (
            "users.concurrent",
            "concurrent_users",
            "active_users.concurrent",
            "users.online",
            "online_users",
            "users_online",
        ),
    ),
    FigureSpec(
        "conversion_rate",
        "Free to paid conversion",
        _PERCENT,
        (
            "conversion.free_to_paid",
            "conversion_rate",
            "conversion_rates.free_to_paid",
            "conversions.free_to_paid",
            "free_to_paid_conversion_rate",
            "free_to_paid_rate",
            "free_to_paid",
            "conversion.rate",
        ),
    ),
    FigureSpec(
        "trial_conversion_rate",
        "Trial conversion",
        _PERCENT,
        (
            "conversion.trial",
            "trial_conversion_rate",
            "conversion_rates.trial",
            "conversions.trial",
            "conversion.trial_to_paid",
            "trial_to_paid_rate",
            "trial_to_paid",
            "trial_conversion",
        ),
    ),
    FigureSpec(
        "sessions",
        "Sessions",
        _COUNT,
        ("engagement.sessions", "sessions", "total_sessions", "sessions.total", "session_count"),
    ),
    FigureSpec(
        "session_duration",
        "Average session duration",
        _SECONDS,
        (
            "engagement.session_duration",
            "avg_session_duration",
            "session_duration",
            "average_session_duration",
            "engagement.avg_session_duration",
            "engagement.average_session_duration",
            "session_duration.average",
            "sessions.average_duration",
        ),
    ),
    FigureSpec(
        "bounce_rate", "Bounce rate", _PERCENT, ("engagement.bounce_rate", "bounce_rate", "sessions.bounce_rate")
    ),
    FigureSpec(
        "page_views",
        "Page views",
        _COUNT,
        ("engagement.page_views", "page_views", "total_page_views", "page_views.total"),
    ),
    FigureSpec("bug_reports", "Bug reports", _COUNT, ("quality.bug_reports", "bug_reports", "bugs.reported", "bugs")),
    FigureSpec(
        "traffic_sources",
        "Traffic sources",
        _COUNT,
        ("traffic.sources", "traffic_sources", "sources"),
        shape="breakdown",
        label_keys=("source", "channel", *LABEL_KEYS),
        value_keys=("sessions", "visits", "visitors", "users", *VALUE_KEYS),
    ),
    FigureSpec(
        "languages",
        "Languages",
        _COUNT,
        ("traffic.languages", "languages", "language_distribution", "users.languages"),
        shape="breakdown",
        label_keys=("language", "code", *LABEL_KEYS),
        value_keys=("users", "sessions", "visits", *VALUE_KEYS),
    ),
    FigureSpec(
        "top_pages",
        "Top pages",
        _COUNT,
        ("traffic.top_pages", "top_pages", "pages"),
        shape="breakdown",
        label_keys=("page", "path", "url", *LABEL_KEYS),
        value_keys=("views", "page_views", "visits", *VALUE_KEYS),
    ),
    FigureSpec(
        "feature_adoption",
        "Feature adoption",
        _PERCENT,
        ("features.adoption", "feature_adoption", "feature_usage", "features"),
        shape="breakdown",
        label_keys=("feature", *LABEL_KEYS),
        value_keys=("percent", "percentage", "adoption", "adoption_rate", "rate", "value"),
    ),
)

_CHATBOT = (
    FigureSpec(
        "conversations",
        "Conversations",
        _COUNT,
        ("conversations.total", "total_conversations", "conversations", "conversation_count", "total_chats", "chats"),
    ),
    FigureSpec("messages", "Messages", _COUNT, ("messages.total", "total_messages", "messages", "message_count")),
    FigureSpec(
        "satisfaction",
        "Satisfaction",
        FigureUnit.SCORE,
        (
            "satisfaction.average",
            "satisfaction_score",
            "avg_satisfaction",
            "average_satisfaction",
            "satisfaction.score",
            "user_satisfaction",
            "satisfaction",
        ),
    ),
    FigureSpec(
        "resolution_rate", "Resolution rate", _PERCENT, ("rates.resolution", "resolution_rate", "resolution.rate")
    ),
    FigureSpec(
        "automation_rate", "Automation rate", _PERCENT, ("rates.automation", "automation_rate", "automation.rate")
    ),
    FigureSpec(
        "escalation_rate", "Escalation rate", _PERCENT, ("rates.escalation", "escalation_rate", "escalation.rate")
    ),
    FigureSpec(
        "response_time",
        "Chatbot response time",
        _SECONDS,
        (
            "response_time.average",
            "avg_response_time",
            "response_time",
            "average_response_time",
            "response_times.average",
            "response_time.avg",
            "response_time.mean",
        ),
        limit=3600.0,
    ),
    FigureSpec(
        "topics",
        "Topics",
        _COUNT,
        ("topics", "popular_topics", "top_topics"),
        shape="breakdown",
        label_keys=("topic", *LABEL_KEYS),
        value_keys=("conversations", "messages", *VALUE_KEYS),
    ),
    FigureSpec(
        "languages",
        "Languages",
        _COUNT,
        ("languages", "language_distribution", "language_usage"),
        shape="breakdown",
        label_keys=("language", "code", *LABEL_KEYS),
        value_keys=("conversations", "messages", *VALUE_KEYS),
    ),
    FigureSpec(
        "hourly_distribution",
        "Conversations by hour",
        _COUNT,
        ("hourly_distribution", "hourly", "by_hour", "conversations.by_hour"),
        shape="breakdown",
        label_keys=("hour", *LABEL_KEYS),
        value_keys=("conversations", "messages", *VALUE_KEYS),
    ),
    FigureSpec(
        "ratings",
        "Ratings",
        _COUNT,
        ("satisfaction.ratings", "ratings", "rating_distribution", "satisfaction.distribution"),
        shape="breakdown",
        label_keys=("rating", "stars", "score", *LABEL_KEYS),
        first_label=1,
    ),
)

_REVENUE = (
    FigureSpec(
        "mrr",
        "Monthly recurring revenue",
        _MONEY,
        ("mrr", "monthly_recurring_revenue", "revenue.mrr", "revenue.monthly_recurring", "mrr.current", "mrr.total"),
    ),
    FigureSpec(
        "arr",
        "Annual recurring revenue",
        _MONEY,
        (
            "arr",
            "annual_recurring_revenue",
            "revenue.arr",
            "yearly_recurring_revenue",
            "revenue.annual_recurring",
            "arr.current",
            "arr.total",
        ),
    ),
    FigureSpec(
        "churn_rate",
        "Monthly churn",
        _PERCENT,
        (
            "churn_rate",
            "churn.rate",
            "monthly_churn_rate",
            "churn.monthly",
            "churn_rate.monthly",
            "monthly_churn",
            "customer_churn_rate",
            "churn",
        ),
    ),
    FigureSpec(
        "arpu",
        "Revenue per paying user",
        _MONEY,
        ("arpu", "average_revenue_per_user", "revenue.arpu", "avg_revenue_per_user", "revenue_per_user"),
    ),
    FigureSpec(
        "paying_users",
        "Paying users",
        _COUNT,
        (
            "subscriptions.total",
            "paying_users",
            "active_subscriptions",
            "subscriptions.active",
            "paying_customers",
            "subscribers.total",
            "subscribers",
            "paid_users",
        ),
    ),
    FigureSpec(
        "plan_distribution",
        "Subscriptions by plan",
        _COUNT,
        (
            "subscriptions.by_plan",
            "plan_distribution",
            "subscriptions_by_plan",
            "subscription_tiers",
            "subscriptions.plans",
            "plans",
        ),
        shape="breakdown",
        label_keys=("plan", "tier", *LABEL_KEYS),
        value_keys=("subscribers", "users", "subscriptions", "customers", *VALUE_KEYS),
    ),
    FigureSpec(
        "monthly_billing",
        "Billed monthly",
        _COUNT,
        (
            "subscriptions.billing.monthly",
            "billing.monthly",
            "monthly_billing",
            "billing_preferences.monthly",
            "subscriptions.monthly",
            "monthly_subscriptions",
        ),
    ),
    FigureSpec(
        "yearly_billing",
        "Billed yearly",
        _COUNT,
        (
            "subscriptions.billing.yearly",
            "billing.yearly",
            "yearly_billing",
            "billing_preferences.yearly",
            "subscriptions.yearly",
            "yearly_subscriptions",
            "billing.annual",
            "annual_subscriptions",
        ),
    ),
    FigureSpec(
        "history",
        "Revenue by month",
        _MONEY,
        ("history", "revenue_history", "monthly_revenue", "revenue_by_month", "revenue.history", "mrr_history"),
        shape="breakdown",
        label_keys=("month", "date", "period", *LABEL_KEYS),
        value_keys=("mrr", "revenue", "amount", "value", "total"),
    ),
)

_PLAN_LISTS = ("plans", "pricing", "pricing_plans", "[*]")
_PLAN_LABELS = ("plan", "tier", *LABEL_KEYS)
_PLANS = (
    FigureSpec(
        "prices",
        "Price a month",
        _MONEY,
        _PLAN_LISTS,
        shape="breakdown",
        label_keys=_PLAN_LABELS,
        value_keys=(
            "price",
            "monthly_price",
            "price_monthly",
            "price_per_month",
            "monthly",
            "price.monthly",
            "prices.monthly",
            "pricing.monthly",
            "amount",
        ),
        limit=1e7,
    ),
    FigureSpec(
        "yearly_prices",
        "Price a year",
        _MONEY,
        _PLAN_LISTS,
        shape="breakdown",
        label_keys=_PLAN_LABELS,
        value_keys=(
            "yearly_price",
            "price_yearly",
            "annual_price",
            "price_annual",
            "price_per_year",
            "yearly",
            "annual",
            "price.yearly",
            "prices.yearly",
            "pricing.yearly",
            "price.annual",
        ),
        limit=1e8,
    ),
)

FIGURE_SPECS: Mapping[FigureKind, tuple[FigureSpec, ...]] = MappingProxyType(
    {
        FigureKind.OVERVIEW: _OVERVIEW,
        FigureKind.CHATBOT: _CHATBOT,
        FigureKind.REVENUE: _REVENUE,
        FigureKind.PLANS: _PLANS,
    }
)
