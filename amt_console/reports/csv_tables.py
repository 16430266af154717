"""The tables of a page as CSV: typed for a program, and opened by a spreadsheet without running anything.

Numbers are plain, in the unit that their heading names; moments are ISO 8601 with an offset; what is missing is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from amt_console.reports.page import BarsPart, Cell, Heading, ReportPage, Table
from amt_console.text import MISSING

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DIGITS = 4


def tables(page: ReportPage) -> Iterator[tuple[str, bytes]]:
    """Every table with rows: its id and its content as UTF-8 CSV (RFC 4180)."""
    for table in page.tables():
        if not table.rows:
            continue
        file = io.StringIO(newline="")
        csv.writer(file, lineterminator="\r\n").writerows(
            _of_bars(table) if isinstance(table, BarsPart) else _of_table(table)
        )
        yield table.id, file.getvalue().encode("utf-8")


def safe_cell(text: str) -> str:
    """Text, with a leading quote if a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def number_cell(value: float) -> str:
    """A number as a program reads it: no thousands separator, no unit, four decimals at most."""
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _of_table(table: Table) -> Iterator[list[str]]:
    kept = [index for index, heading in enumerate(table.headings) if heading.csv]
    yield [_head(table.headings[index].text, table.headings[index].unit) for index in kept]
    for row in table.rows:
        yield [_cell(row[index], table.headings[index]) for index in kept]


def _of_bars(bars: BarsPart) -> Iterator[list[str]]:
    shares = bool(bars.share_heading)
    yield [
        _head(bars.label_heading),
        _head(bars.value_heading, bars.unit),
        *([_head(bars.share_heading, "%")] if shares else []),
    ]
    for row in bars.rows:
        share = "" if row.percent is None else number_cell(row.percent)
        yield [safe_cell(row.label), number_cell(row.number), *([share] if shares else [])]


def _head(text: str, unit: str = "") -> str:
    return safe_cell(f"{text} ({unit})" if unit else text)


def _cell(cell: Cell, heading: Heading) -> str:
    if isinstance(cell.value, str):
        return safe_cell(cell.value)
    if cell.value is not None:
        return number_cell(cell.value)
    return "" if heading.number or cell.text == MISSING else safe_cell(cell.text)
