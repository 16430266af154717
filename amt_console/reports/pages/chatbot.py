"""The chatbot dashboard: volume, quality, speed, topics, ratings."""

from __future__ import annotations

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import change_text, written
from amt_console.reports.page import FigureCard, PageChart, PageSection, ReportPage
from amt_console.reports.pages.breakdowns import breakdown
from amt_console.reports.pages.cards import figure_card
from amt_console.reports.pages.column_block import columns_block
from amt_console.reports.pages.common import attention, meta, method_figures, notices, siblings
from amt_console.reports.pages.figure_tables import all_figures, missing_items
from amt_console.reports.pages.histories import history_block, lead_block
from amt_console.reports.pages.outlook import METHOD, outlook
from amt_console.reports.tone import ReportVerdict
from amt_console.reports.verdict import figures_verdict
from amt_console.reports.view import ReportView
from amt_console.text import percent

_KIND = FigureKind.CHATBOT
KINDS = (_KIND,)
_QUALITY = (
    ("satisfaction", "satisfaction"),
    ("resolution_rate", "resolution"),
    ("automation_rate", "automation"),
    ("escalation_rate", "escalation"),
)
_SPEED = (("response_time", "response-time"), ("message_frequency", "message-frequency"))


def chatbot_page(view: ReportView) -> ReportPage:
    """Lay out the chatbot dashboard."""
    name = "chatbot_dashboard.html"
    return ReportPage(
        part="chatbot",
        file_name=name,
        title="Chatbot",
        subject="Conversations, how well they went, and what they were about",
        meta=meta(view),
        notices=notices(view),
        verdict=chatbot_verdict(view),
        cards=_cards(view),
        lead=lead_block(view, _KIND, "conversations", id="conversations"),
        sections=(
            attention(view, extra=missing_items(view, KINDS)),
            PageSection(
                "quality",
                "Quality",
                tuple(history_block(view, _KIND, figure, id=chart) for figure, chart in _QUALITY),
                columns=2,
            ),
            PageSection(
                "speed",
                "Speed and load",
                tuple(history_block(view, _KIND, figure, id=chart) for figure, chart in _SPEED),
                columns=2,
            ),
            PageSection("rhythm", "Rhythm of the day", (_hours(view),)),
            PageSection(
                "content",
                "Topics and languages",
                (
                    breakdown(view, _KIND, "topics", id="topics", label_heading="Topic"),
                    breakdown(view, _KIND, "languages", id="languages", label_heading="Language"),
                    history_block(view, _KIND, "topic_coverage", id="topic-coverage"),
                ),
                columns=2,
            ),
            PageSection(
                "opinion",
                "Ratings and feedback",
                (
                    breakdown(view, _KIND, "ratings", id="ratings", label_heading="Rating", ordered=False),
                    breakdown(view, _KIND, "feedback", id="feedback", label_heading="Feedback"),
                ),
                columns=2,
            ),
            outlook(view, KINDS),
            PageSection("figures", "Figures", (all_figures(view, KINDS, id="all-figures"),)),
        ),
        method=(*method_figures(), METHOD),
        siblings=siblings(name),
    )


def chatbot_verdict(view: ReportView) -> ReportVerdict:
    """The verdict on the figures of the page."""
    return figures_verdict(view.data, KINDS, _sentence(view), view.between)


def _sentence(view: ReportView) -> str:
    parts = []
    for name, unit, template in (
        ("conversations", FigureUnit.COUNT, "{} conversations"),
        ("resolution_rate", FigureUnit.PERCENT, "{} resolved"),
        ("satisfaction", FigureUnit.SCORE, "rated {}"),
    ):
        value = view.number(_KIND, name)
        if value is not None:
            moved = change_text(view.change(_KIND, name), unit)
            parts.append(template.format(written(value, unit)) + (f" ({moved})" if moved else ""))
    return (", ".join(parts) if parts else "Some figures of the chatbot were read") + "."


def _cards(view: ReportView) -> tuple[FigureCard, ...]:
    messages, talks = view.number(_KIND, "messages"), view.number(_KIND, "conversations")
    each = f"{messages / talks:.1f} messages each" if messages is not None and talks else ""
    return (
        figure_card(view, _KIND, "conversations", detail=each),
        figure_card(view, _KIND, "satisfaction"),
        figure_card(view, _KIND, "resolution_rate", label="Resolution", detail="solved in the chat"),
        figure_card(view, _KIND, "automation_rate", label="Automation", detail="without a person"),
        figure_card(view, _KIND, "escalation_rate", label="Escalation", detail="handed to a person"),
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
        f", with {percent(100 * value / whole)} of the conversations" if whole > 0 else ""
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
