"""Pages as Markdown: the same verdict, figures and tables, for a ticket or a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amt_console.reports.page import BarsPart, Items, PageChart, ReportPage, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def markdown(page: ReportPage) -> bytes:
    """The page as UTF-8 Markdown with tables."""
    lines = [f"# {escaped(page.title)}", "", escaped(page.subject), ""]
    lines += [f"- {escaped(label)}: {escaped(value)}" for label, value in page.meta]
    lines += ["", *(f"> **{escaped(notice.title)}.** {escaped(notice.text)}" for notice in page.notices)]
    lines += ["", f"**{escaped(page.verdict.word)}.** {escaped(page.verdict.sentence)}", ""]
    lines += table_lines(
        ("Figure", "Value", "Detail", "Change"),
        [
            (card.label, card.value, ", ".join(t for t in (card.word, card.detail) if t), card.missing or card.change)
            for card in page.cards
        ],
    )
    for section in page.sections:
        lines += ["", f"## {escaped(section.title)}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    lines += ["", "## Method", "", *(f"- {escaped(label)}: {escaped(text)}" for label, text in page.method), ""]
    return "\n".join(_squeezed(lines)).encode("utf-8")


def _block(block: PageChart | Table | BarsPart | Items) -> list[str]:
    if isinstance(block, Items):
        if not block.items:
            return [escaped(block.empty)]
        return [
            f"- **{escaped(item.word)}: {escaped(item.title)}.** {escaped(item.text)}"
            + (f" ({escaped('; '.join(item.facts))})" if item.facts else "")
            for item in block.items
        ]
    if isinstance(block, BarsPart):
        head = (block.label_heading, block.value_heading, *([block.share_heading] if block.share_heading else []))
        rows = [(row.label, row.value, row.share)[: len(head)] for row in block.rows]
        return [f"### {escaped(block.title)}", "", *(table_lines(head, rows) if rows else [escaped(block.empty)])]
    if isinstance(block, PageChart):
        lines = [f"### {escaped(block.title)}", "", escaped(block.subtitle if block.spec is not None else block.empty)]
        return lines + (["", *_table(block.table)] if block.table is not None and block.table.rows else [])
    note = ["", escaped(block.note)] if block.note else []
    return [f"### {escaped(block.title)}", "", *(_table(block) if block.rows else [escaped(block.empty)]), *note]


def _table(table: Table) -> list[str]:
    headings, rows = table.on_page()
    return table_lines([heading.text for heading in headings], [[cell.text for cell in row] for row in rows])


def table_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table."""
    lines = ["| " + " | ".join(escaped(cell) for cell in head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in rows]
    return lines


def escaped(text: str) -> str:
    """Text escaped for Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _squeezed(lines: list[str]) -> list[str]:
    """Collapse runs of empty lines."""
    return [line for index, line in enumerate(lines) if line or index == 0 or lines[index - 1]]
