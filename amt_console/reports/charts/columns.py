"""Column charts over ordered categories: hours of the day, months."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.reports.charts.base import COUNT_LABELS, HALF, Spec, frame, round_top, top_of, value_axis
from amt_console.reports.charts.timeline import short_label
from amt_console.reports.palette import light


def column_chart(
    pairs: Sequence[tuple[str, float]],
    *,
    highlight: str | None = None,
    labels: str = COUNT_LABELS,
    width: int = HALF,
    height: int = 160,
) -> Spec:
    """One column per category, in the given order; the one named ``highlight`` is darker."""
    rows = [{"n": index, "v": value, "h": label == highlight} for index, (label, value) in enumerate(pairs)]
    names = ",".join(f"'{index}':{_quoted(short_label(label, 14))}" for index, (label, _) in enumerate(pairs))
    layer: Spec = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "width": {"band": 0.76}},
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
            },
            "y": value_axis("v", labels=labels, domain=(0, round_top(top_of([value for _, value in pairs])))),
            "color": {
                "field": "h",
                "type": "nominal",
                "scale": {"domain": [False, True], "range": [light("accent-soft"), light("accent")]},
                "legend": None,
            },
        },
    }
    return frame([layer], width=width, height=height, data=rows)


def _quoted(text: str) -> str:
    """A string literal of the chart's expression language."""
    safe = "".join(char if char.isalnum() or char in " .,:;-_+%&/()…" else " " for char in text)
    return f"'{safe}'"
