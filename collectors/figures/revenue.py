"""The figures of ``GET /api/analytics/revenue``."""

from __future__ import annotations

from collectors.figures.spec import LABEL_KEYS, VALUE_KEYS, FigureSpec, FigureUnit

_COUNT, _MONEY = FigureUnit.COUNT, FigureUnit.MONEY

FIGURES: tuple[FigureSpec, ...] = (
    FigureSpec("mrr", "Monthly recurring revenue", _MONEY, ("mrr", "monthly_recurring_revenue", "revenue.mrr")),
    FigureSpec("arr", "Annual recurring revenue", _MONEY, ("arr", "annual_recurring_revenue", "revenue.arr")),
    FigureSpec("churn_rate", "Monthly churn", FigureUnit.PERCENT, ("churn_rate", "churnRate", "churn.rate", "churn")),
    FigureSpec("arpu", "Revenue per paying user", _MONEY, ("arpu", "average_revenue_per_user", "revenue.arpu")),
    FigureSpec(
        "paying_users",
        "Paying users",
        _COUNT,
        ("subscriptions.total", "paying_users", "payingUsers", "active_subscriptions", "activeSubscriptions"),
    ),
    FigureSpec(
        "plan_distribution",
        "Subscriptions by plan",
        _COUNT,
        ("subscriptions.by_plan", "plan_distribution", "planDistribution"),
        shape="breakdown",
        label_keys=("plan", *LABEL_KEYS),
        value_keys=("subscribers", "users", "subscriptions", *VALUE_KEYS),
    ),
    FigureSpec(
        "monthly_billing",
        "Billed monthly",
        _COUNT,
        ("subscriptions.billing.monthly", "billing.monthly", "monthly_billing", "monthlyBilling"),
    ),
    FigureSpec(
        "yearly_billing",
        "Billed yearly",
        _COUNT,
        ("subscriptions.billing.yearly", "billing.yearly", "yearly_billing", "yearlyBilling"),
    ),
    FigureSpec(
        "history",
        "Revenue by month",
        _MONEY,
        ("history", "revenue_history", "revenueHistory", "monthly_revenue"),
        shape="breakdown",
        label_keys=("month", "date", "period", *LABEL_KEYS),
        value_keys=("mrr", "revenue", "amount", "value", "total"),
    ),
)
