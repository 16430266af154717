"""Pages as Markdown: the same verdict, figures and tables, for a ticket or a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amt_console.reports.page import Bars, Items, PageChart, ReportPage, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def markdown(page: ReportPage) -> bytes:
    """The page as UTF-8 Markdown with tables."""
    lines = [f"# {_text(page.title)}", "", _text(page.subject), ""]
    lines += [f"- {_text(label)}: {_text(value)}" for label, value in page.meta]
    lines += ["", *(f"> **{_text(notice.title)}.** {_text(notice.text)}" for notice in page.notices)]
    lines += ["", f"**{_text(page.verdict.word)}.** {_text(page.verdict.sentence)}", ""]
    lines += _rows(
        ("Figure", "Value", "Detail", "Change"),
        [
            (card.label, card.value, ", ".join(t for t in (card.word, card.detail) if t), card.missing or card.change)
            for card in page.cards
        ],
    )
    for section in page.sections:
        lines += ["", f"## {_text(section.title)}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    lines += ["", "## Method", "", *(f"- {_text(label)}: {_text(text)}" for label, text in page.method), ""]
    return "\n".join(_squeezed(lines)).encode("utf-8")


def _block(block: PageChart | Table | Bars | Items) -> list[str]:
    if isinstance(block, Items):
        if not block.items:
            return [_text(block.empty)]
        return [
            f"- **{_text(item.word)}: {_text(item.title)}.** {_text(item.text)}"
            + (f" ({_text('; '.join(item.facts))})" if item.facts else "")
            for item in block.items
        ]
    if isinstance(block, Bars):
        head = (block.label_heading, block.value_heading, *([block.share_heading] if block.share_heading else []))
        rows = [(row.label, row.value, row.share)[: len(head)] for row in block.rows]
        return [f"### {_text(block.title)}", "", *(_rows(head, rows) if rows else [_text(block.empty)])]
    if isinstance(block, PageChart):
        lines = [f"### {_text(block.title)}", "", _text(block.subtitle if block.spec is not None else block.empty)]
        return lines + (["", *_table(block.table)] if block.table is not None and block.table.rows else [])
    note = ["", _text(block.note)] if block.note else []
    return [f"### {_text(block.title)}", "", *(_table(block) if block.rows else [_text(block.empty)]), *note]


def _table(table: Table) -> list[str]:
    headings, rows = table.on_page()
    return _rows([heading.text for heading in headings], [[cell.text for cell in row] for row in rows])


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(_text(cell) for cell in head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]
    return lines


def _text(text: str) -> str:
    """Text escaped for Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _squeezed(lines: list[str]) -> list[str]:
    """Collapse runs of empty lines."""
    return [line for index, line in enumerate(lines) if line or index == 0 or lines[index - 1]]
