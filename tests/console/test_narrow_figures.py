"""A figure of money in a narrow column: the number is whole, the currency is not cut in two."""

from __future__ import annotations

import pytest

from amt_console.model import Figure, FigureKind
from widgets.business_panels import RevenuePanel
from widgets.tables.figure_table import FigureRow, FigureTable

MRR = next(shown for shown in RevenuePanel.FIGURES if shown.name == "mrr")


@pytest.mark.parametrize(("width", "words"), [(11, "113.5 K EUR"), (10, "113.5 K"), (9, "113.5 K")])
def test_the_currency_goes_before_it_is_cut(width: int, words: str) -> None:
    row = FigureRow(FigureKind.REVENUE, MRR, Figure(113_500.0, unit="EUR"))
    assert "".join(text for text, _ in FigureTable(RevenuePanel).cell(row, "now", width)) == words
