"""The tables of a page as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from amt_console.reports.page import Bars, ReportPage

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?$")


def tables(page: ReportPage) -> Iterator[tuple[str, bytes]]:
    """Every table that has rows: its id and its content as UTF-8 CSV (RFC 4180)."""
    for table in page.tables():
        if not table.rows:
            continue
        if isinstance(table, Bars):
            head = [table.label_heading, table.value_heading, *([table.share_heading] if table.share_heading else [])]
            body = [
                [safe_cell(row.label), *(number_cell(text) for text in (row.value, row.share)[: len(head) - 1])]
                for row in table.rows
            ]
        else:
            head = [heading.text for heading in table.headings]
            body = [
                [number_cell(cell.text) if cell.number else safe_cell(cell.text) for cell in row] for row in table.rows
            ]
        file = io.StringIO(newline="")
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([safe_cell(text) for text in head])
        writer.writerows(body)
        yield table.id, file.getvalue().encode("utf-8")


def safe_cell(text: str) -> str:
    """Text with a quote in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def number_cell(text: str) -> str:
    """A number as a number (without thousands separators); anything else as text."""
    return text.replace(",", "") if _NUMBER.match(text) else safe_cell(text)
