"""Revenue: MRR, ARR, churn, revenue per user, plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from amt_console.model import FigureKind
from widgets.figures_panel import FiguresPanel, Shown, Unit


class RevenuePanel(FiguresPanel):
    """What the platform earns."""

    TITLE: ClassVar[str] = "REVENUE"
    KIND: ClassVar[FigureKind] = FigureKind.REVENUE
    FIGURES: ClassVar[Sequence[Shown]] = (
        Shown("mrr", "MRR", "MRR", Unit.MONEY),
        Shown("arr", "ARR", "ARR", Unit.MONEY),
        Shown("churn_rate", "Churn", "churn", Unit.PERCENT),
        Shown("arpu", "ARPU", "ARPU", Unit.MONEY),
        Shown("paying_users", "Paying users", "paying", Unit.COUNT),
        Shown("monthly_billing", "Billed monthly", "", Unit.COUNT),
        Shown("yearly_billing", "Billed yearly", "", Unit.COUNT),
    )
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = (("plan_distribution", "Plans"),)
    TIMELINES: ClassVar[Sequence[tuple[str, str]]] = (("history", "Revenue"),)
