"""Build the content of every requested file from the report data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from amt_console.reports.csv_tables import tables
from amt_console.reports.documents import (
    Document,
    encoded,
    executive_summary,
    figures_report,
    monitoring_report,
    performance_report,
)
from amt_console.reports.drawing import chart_marks
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.html import HtmlRenderer
from amt_console.reports.jobs.job import Plan
from amt_console.reports.markdown import markdown
from amt_console.reports.page import ReportPage
from amt_console.reports.pages import chatbot, overview, revenue
from amt_console.reports.pages.cards import baseline_said_once
from amt_console.reports.pages.executive import executive_page, executive_verdict
from amt_console.reports.pages.performance import performance_page
from amt_console.reports.poster import poster_png
from amt_console.reports.view import ReportView, build_view


def build(data: ReportData, plan: Plan, *, progress: Callable[[str, int, int], None]) -> Iterator[tuple[str, bytes]]:
    """Build the files of a plan one by one: name and content.

    Raises:
        ChartError: A chart could not be drawn.
        UnknownZoneError: The data has an unknown time zone.
    """
    progress("analysing", 0, len(plan))
    yield from build_from(build_view(data), plan, progress=progress)


def build_from(
    view: ReportView, plan: Plan, *, progress: Callable[[str, int, int], None]
) -> Iterator[tuple[str, bytes]]:
    """``build`` for data that is analysed already."""
    builder = _Builder(view)
    for index, (part, form, name) in enumerate(plan):
        progress(name.replace("_{}", ""), index, len(plan))
        yield from builder.make(part, form, name)
    progress("done", len(plan), len(plan))


class _Builder:
    """Lays out each page once for all its formats."""

    def __init__(self, view: ReportView) -> None:
        self._view = view
        self._html: HtmlRenderer | None = None
        self._pages: dict[str, ReportPage] = {}

    def make(self, part: str, form: str, name: str) -> Iterator[tuple[str, bytes]]:
        if form == "html":
            self._html = self._html or HtmlRenderer()
            yield name, self._html.render(self._page(part), chart_marks).encode("utf-8")
        elif form == "json":
            yield name, encoded(document_of(self._view, part))
        elif form == "md":
            yield name, markdown(self._page(part))
        elif form == "png":
            yield name, poster_png(self._view)
        else:
            for table, content in tables(self._page(part)):
                yield name.format(table.replace("-", "_")), content

    def _page(self, part: str) -> ReportPage:
        if part not in self._pages:
            self._pages[part] = layout(self._view, part)
        return self._pages[part]


def document_of(view: ReportView, part: str) -> Document:
    """The JSON document of a part."""
    if part == "executive":
        return executive_summary(view, executive_verdict(view))
    if part == "monitoring":
        return monitoring_report(view)
    if part == "performance":
        return performance_report(view)
    kinds, verdict = {
        "overview": (overview.KINDS, overview.overview_verdict),
        "chatbot": (chatbot.KINDS, chatbot.chatbot_verdict),
        "revenue": (revenue.KINDS, revenue.revenue_verdict),
    }[part]
    return figures_report(view, f"{part}_dashboard", kinds, verdict(view))


def layout(view: ReportView, part: str) -> ReportPage:
    """The page of one part."""
    layouts: dict[str, Callable[[ReportView], ReportPage]] = {
        "overview": overview.overview_page,
        "chatbot": chatbot.chatbot_page,
        "revenue": revenue.revenue_page,
        "performance": performance_page,
        "executive": executive_page,
    }
    return baseline_said_once(layouts[part](view))
