"""The chatbot dashboard: usage, quality and topics."""

from __future__ import annotations

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import written
from amt_console.reports.page import Card, PageChart, PageSection, ReportPage, ReportVerdict
from amt_console.reports.pages.business import (
    all_figures,
    breakdown,
    figure_card,
    history_block,
    missing_items,
)
from amt_console.reports.pages.column_block import columns_block
from amt_console.reports.pages.common import attention, meta, method_figures, notices, siblings
from amt_console.reports.verdict import figures_verdict
from amt_console.reports.view import ReportView
from amt_console.text import percent

_KIND = FigureKind.CHATBOT
KINDS = (_KIND,)


def chatbot_page(view: ReportView) -> ReportPage:
    """Lay out the chatbot dashboard."""
    name = "chatbot_dashboard.html"
    return ReportPage(
        part="chatbot",
        file_name=name,
        title="Chatbot",
        subject="Conversations, satisfaction, topics and speed",
        meta=meta(view),
        notices=notices(view),
        verdict=chatbot_verdict(view),
        cards=_cards(view),
        sections=(
            attention(view, extra=missing_items(view, (_KIND,))),
            PageSection("rhythm", "Rhythm of the day", (_hours(view),)),
            PageSection(
                "trends",
                "Over the window",
                (
                    history_block(view, _KIND, "conversations", id="conversations"),
                    history_block(view, _KIND, "satisfaction", id="satisfaction"),
                    history_block(view, _KIND, "resolution_rate", id="resolution"),
                    history_block(view, _KIND, "response_time", id="response-time"),
                ),
                columns=2,
            ),
            PageSection(
                "content",
                "Topics and ratings",
                (
                    breakdown(view, _KIND, "topics", id="topics", label_heading="Topic"),
                    breakdown(view, _KIND, "ratings", id="ratings", label_heading="Rating", ordered=False),
                    breakdown(view, _KIND, "languages", id="languages", label_heading="Language"),
                    breakdown(view, _KIND, "feedback", id="feedback", label_heading="Feedback"),
                ),
                columns=2,
            ),
            PageSection("figures", "Figures", (all_figures(view, (_KIND,), id="all-figures"),)),
        ),
        method=method_figures(),
        siblings=siblings(name),
    )


def chatbot_verdict(view: ReportView) -> ReportVerdict:
    """The verdict on the figures of the page."""
    return figures_verdict(view.data, KINDS, _sentence(view))


def _sentence(view: ReportView) -> str:
    talks, solved = view.number(_KIND, "conversations"), view.number(_KIND, "resolution_rate")
    liked = view.number(_KIND, "satisfaction")
    parts = []
    if talks is not None:
        parts.append(f"{written(talks, FigureUnit.COUNT)} conversations")
    if solved is not None:
        parts.append(f"{percent(solved)} resolved")
    if liked is not None:
        parts.append(f"rated {written(liked, FigureUnit.SCORE)}")
    return (", ".join(parts) if parts else "Some figures of the chatbot were read") + "."


def _cards(view: ReportView) -> tuple[Card, ...]:
    messages, talks = view.number(_KIND, "messages"), view.number(_KIND, "conversations")
    each = f"{messages / talks:.1f} messages each" if messages is not None and talks else ""
    return (
        figure_card(view, _KIND, "conversations", detail=each),
        figure_card(view, _KIND, "satisfaction"),
        figure_card(view, _KIND, "resolution_rate"),
        figure_card(view, _KIND, "automation_rate"),
        figure_card(view, _KIND, "escalation_rate"),
        figure_card(view, _KIND, "response_time", label="Response time"),
    )


def _hours(view: ReportView) -> PageChart:
    pairs = [(_hour_label(label), value) for label, value in view.breakdown(_KIND, "hourly_distribution")]
    subtitle = "Conversations by hour of the day, as the platform reports them"
    if not pairs:
        why = view.why_missing(_KIND, "hourly_distribution")
        return PageChart("hours", "Conversations by hour", subtitle, "", None, empty=f"No figures: {why}.")
    whole = sum(value for _, value in pairs)
    label, value = max(pairs, key=lambda pair: pair[1])
    title = f"The busiest hour is {label}" + (
        f", with {percent(100 * value / whole)} of the conversations" if whole else ""
    )
    return columns_block(
        pairs,
        FigureUnit.COUNT,
        ("Hour", "Conversations"),
        id="hours",
        what="Conversations by hour",
        title=title,
        subtitle=subtitle,
        description=f"{title}; {len(pairs)} hours.",
        highlight=label,
    )


def _hour_label(label: str) -> str:
    return f"{int(label):02d}:00" if label.isascii() and label.isdigit() and int(label) < 24 else label
