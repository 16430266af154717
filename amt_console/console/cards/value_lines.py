"""The values of a check as lines: name, newest value, its course, smallest and largest."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.operations.protocol import ValueHistory
from amt_console.text import with_unit
from widgets.cells import Runs, clean, crop, padded, width_of
from widgets.look import Look
from widgets.sparkline import resample, spark_runs

_COURSE_CELLS = 16
_NAME_CELLS = 26


def value_lines(histories: Sequence[ValueHistory], look: Look) -> list[Runs]:
    """A line per value; a value that the newest result does not have is a dash."""
    palette = look.palette
    width = min(_NAME_CELLS, max((width_of(clean(each.name)) for each in histories), default=0) + 2)
    lines: list[Runs] = []
    for each in histories:
        now = look.glyph("–", "-") if each.now is None else with_unit(each.now.value, each.now.unit)
        of = "" if each.now is None or each.now.high is None else f" of {with_unit(each.now.high, each.unit)}"
        between = f"{with_unit(each.least, each.unit)} to {with_unit(each.most, each.unit)}"
        lines.append(
            [
                (f"{padded(crop(clean(each.name), width - 2, look.ellipsis), width)}", palette.muted),
                (f"{now}{of}  ", palette.text),
                *spark_runs(resample(each.means, _COURSE_CELLS), _COURSE_CELLS, look, palette.trend),
                (f"  {between}", palette.muted),
            ]
        )
    return lines
