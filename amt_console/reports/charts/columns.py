"""Column charts over ordered categories: hours of the day, months."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.reports.charts.base import (
    COUNT_LABELS,
    FOOT,
    GUTTER,
    HALF,
    Spec,
    frame,
    quoted,
    round_top,
    scale_of,
    top_of,
    value_axis,
)
from amt_console.reports.charts.timeline import short_label
from amt_console.reports.page import ChartSpec, Series, Tick, Unit
from amt_console.reports.palette import light


def column_chart(
    pairs: Sequence[tuple[str, float]],
    *,
    highlight: str | None = None,
    labels: Unit = COUNT_LABELS,
    width: int = HALF,
    height: int = 160,
) -> ChartSpec:
    """One column per category, in the given order; the one named ``highlight`` is darker."""
    rows = [{"n": index, "v": value, "h": label == highlight} for index, (label, value) in enumerate(pairs)]
    names = ",".join(f"'{index}':{quoted(short_label(label, 14))}" for index, (label, _) in enumerate(pairs))
    numbers = [value for _, value in pairs]
    below = -round_top(-min(numbers)) if min(numbers, default=0.0) < 0 else 0.0
    scale = scale_of(below, round_top(top_of(numbers)), labels)
    layer: Spec = {
        "mark": {"type": "bar", "width": {"band": 0.76}},
        "encoding": {
            "x": {
                "field": "n",
                "type": "ordinal",
                "axis": {
                    "title": None,
                    "labelExpr": f"{{{names}}}[toString(datum.value)]",
                    "labelAngle": 0,
                    "labelOverlap": True,
                    "ticks": False,
                },
                "scale": {"domain": list(range(len(pairs))), "paddingInner": 0, "paddingOuter": 0},
            },
            "y": value_axis("v", scale),
            "color": {
                "field": "h",
                "type": "nominal",
                "scale": {"domain": [False, True], "range": [light("accent-soft"), light("accent")]},
                "legend": None,
            },
        },
    }
    return ChartSpec(
        vega=frame([layer], width=width, height=height, data=rows),
        width=width - GUTTER,
        height=height - FOOT,
        x=tuple(Tick((index + 0.5) / len(pairs), short_label(label, 14)) for index, (label, _) in enumerate(pairs)),
        y=scale.labels(),
        unit=labels,
        series=(Series("value", "accent", tuple((index, value) for index, (_, value) in enumerate(pairs))),),
    )
