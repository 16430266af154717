"""A distribution in its own order (hours, months) as a block: columns and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.model import FigureUnit
from amt_console.reports.charts.base import WIDE
from amt_console.reports.charts.columns import column_chart
from amt_console.reports.figures import written
from amt_console.reports.page import Cell, Heading, PageChart, Table


def columns_block(
    pairs: Sequence[tuple[str, float]],
    unit: FigureUnit,
    headings: tuple[str, str],
    *,
    id: str,  # noqa: A002
    what: str,
    title: str,
    subtitle: str,
    description: str,
    highlight: str,
    csv_unit: str = "",
) -> PageChart:
    """Labelled numbers in their own order as columns, with a folded table."""
    return PageChart(
        id,
        title,
        subtitle,
        description,
        column_chart(pairs, highlight=highlight, width=WIDE, height=190),
        table=Table(
            f"{id}-table",
            f"{what}, figures",
            (Heading(headings[0]), Heading(headings[1], number=True, unit=csv_unit)),
            tuple((Cell(label), Cell(written(value, unit), number=True, value=value)) for label, value in pairs),
            folded=True,
        ),
    )
