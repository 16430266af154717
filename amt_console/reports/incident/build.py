"""The files of an incident's report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from amt_console.model import KeptAnswer
from amt_console.reports.documents import encoded
from amt_console.reports.drawing import chart_marks
from amt_console.reports.gathering.clean import cleaned
from amt_console.reports.html import HtmlRenderer
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.incident.document import incident_document
from amt_console.reports.incident.page import incident_page
from amt_console.reports.incident.words import ACTION_ITEMS, FILL_IN
from amt_console.reports.jobs.job import Plan
from amt_console.reports.markdown import markdown
from amt_console.reports.page import PageChart, PageSection, ReportPage
from amt_console.reports.times import Times, zone_of
from amt_console.text import safe_text

_MOST_ANSWER_CHARS = 4096


def incident_files(
    data: IncidentData, plan: Plan, *, progress: Callable[[str, int, int], None]
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file. Raises ChartError, UnknownZoneError."""
    safe = _safe(data)
    times = Times(zone_of(safe.zone))
    page = incident_page(safe, times)
    for index, (_, form, name) in enumerate(plan):
        progress(name, index, len(plan))
        if form == "html":
            yield name, HtmlRenderer().render(page, chart_marks).encode("utf-8")
        elif form == "md":
            yield name, _draft(page)
        else:
            yield name, encoded(incident_document(safe, times))
    progress("done", len(plan), len(plan))


def incident_document_of(data: IncidentData) -> dict[str, Any]:
    """The JSON document. Raises UnknownZoneError."""
    safe = _safe(data)
    return incident_document(safe, Times(zone_of(safe.zone)))


def _safe(data: IncidentData) -> IncidentData:
    return replace(cleaned(data), answer=_clean_answer(data.answer))


def _clean_answer(answer: KeptAnswer | None) -> KeptAnswer | None:
    """With its lines, and longer than other texts."""
    if answer is None:
        return None
    text = None if answer.text is None else safe_text(answer.text, _MOST_ANSWER_CHARS, keep_newlines=True)
    return replace(cleaned(replace(answer, text=None)), text=text)


def _draft(page: ReportPage) -> bytes:
    """The page as Markdown, with the lines to fill in: hints are comments, so that they need not be deleted."""
    headings = {heading for heading, _ in FILL_IN}
    told = replace(page, sections=tuple(_without_numbers(each) for each in page.sections if each.title not in headings))
    text = markdown(told).decode("utf-8")
    blank = "".join(f"## {heading}\n\n<!-- {hint} -->\n\n- \n\n" for heading, hint in FILL_IN)
    text = text.replace("\n## Action items\n", f"\n{blank}## Action items\n\n<!-- {ACTION_ITEMS} -->\n", 1)
    return text.encode("utf-8")


def _without_numbers(section: PageSection) -> PageSection:
    """Nobody reads the numbers of a chart in a draft; the page has them."""
    blocks = (
        replace(each, table=None, subtitle=f"{each.subtitle} (drawn in the HTML file)")
        if isinstance(each, PageChart) and each.spec is not None
        else each
        for each in section.blocks
    )
    return replace(section, blocks=tuple(blocks))
