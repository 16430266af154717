"""The figures of ``GET /api/plans``."""

from __future__ import annotations

from collectors.figures.spec import LABEL_KEYS, FigureSpec, FigureUnit

_PLAN_LISTS = ("plans", "pricing", "[*]")
_PLAN_LABELS = ("plan", *LABEL_KEYS)

FIGURES: tuple[FigureSpec, ...] = (
    FigureSpec(
        "prices",
        "Price a month",
        FigureUnit.MONEY,
        _PLAN_LISTS,
        shape="breakdown",
        label_keys=_PLAN_LABELS,
        value_keys=("price", "monthly_price", "monthlyPrice", "price_monthly", "monthly", "amount"),
        limit=1e7,
    ),
    FigureSpec(
        "yearly_prices",
        "Price a year",
        FigureUnit.MONEY,
        _PLAN_LISTS,
        shape="breakdown",
        label_keys=_PLAN_LABELS,
        value_keys=("yearly_price", "yearlyPrice", "price_yearly", "annual_price", "yearly"),
        limit=1e8,
    ),
)
