"""A page as a short text for a message: verdict, figures, and the first items of its lists."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.reports.page import Items, PageSection, ReportPage

MOST_ITEMS = 3
_SHOWN_META = ("Window", "Coverage")


def summary(page: ReportPage) -> str:
    """The text; its first line is a subject: title and verdict."""
    lines = [f"{page.title}: {page.verdict.word}", page.verdict.sentence, ""]
    lines += [f"{label}: {value}" for label, value in page.meta if label in _SHOWN_META]
    lines.append("")
    for card in page.cards:
        more = [part for part in (card.detail, card.change or card.missing) if part]
        lines.append(f"{card.label}: {card.value}" + (f" ({'; '.join(more)})" if more else ""))
    for section in page.sections:
        lines += _section(section)
    return "\n".join(lines) + "\n"


def _section(section: PageSection) -> Iterator[str]:
    items = [item for block in section.blocks if isinstance(block, Items) for item in block.items]
    if not items:
        return
    yield ""
    yield f"{section.title}:"
    for item in items[:MOST_ITEMS]:
        yield f"- {item.word}: {item.title}. {item.text}".rstrip(" .") + "."
    if len(items) > MOST_ITEMS:
        yield f"- and {len(items) - MOST_ITEMS} more"
