"""Shared parts of all pages: header lines, notices, attention, method, names of the sibling files."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.alerts import past_consequences
from amt_console.analysis import handling, trend
from amt_console.analysis.percentiles import QUANTILE_METHOD
from amt_console.analysis.uptime import availability, incidents, outages
from amt_console.model import AlertState, GapReason, MonitorState, Severity
from amt_console.reports.gathering.data import AlertRecord
from amt_console.reports.page import Item, Items, PageSection
from amt_console.reports.pages.cards import COMPARED_WITH
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed
from amt_console.text import SEVERITY_WORDS, duration, percent, safe_text

FILES: tuple[tuple[str, str], ...] = (
    ("overview_dashboard.html", "users, traffic, health"),
    ("chatbot_dashboard.html", "conversations, satisfaction, topics"),
    ("revenue_dashboard.html", "revenue, plans, billing"),
    ("performance_dashboard.html", "response times, availability, incidents, resources"),
    ("executive_summary.html", "what happened, how good, money, what to do: one page"),
    ("executive_summary.json", "the same for programs"),
    ("monitoring_report.json", "services, alerts with events, resources, gaps"),
    ("performance_analysis_report.json", "the analysis"),
    ("performance_analysis.png", "the analysis as one picture"),
)
"""The files of ``export all`` and their content."""

CHANGE_METHOD = (
    "the mean over the period (of the means of its 24 equal parts) against that of the period before; "
    "none where half as many parts were not read then. A period shorter than a week is compared with other weekdays"
)
_GAP_WORDS = {
    GapReason.STOPPED: "the monitor was stopped",
    GapReason.SUSPENDED: "the machine was suspended",
    GapReason.STALLED: "the monitor stalled",
}
_SEVERITY_TONES = {Severity.CRITICAL: Tone.CRITICAL, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.INFO}


def severity_tone(severity: Severity) -> Tone:
    """The tone of a severity."""
    return _SEVERITY_TONES[severity]


def gap_words(reason: GapReason) -> str:
    """The reason of a gap."""
    return _GAP_WORDS[reason]


def meta(view: ReportView) -> tuple[tuple[str, str], ...]:
    """The header's lines: period, what it is compared with, zone, coverage, freshness, time of writing, version."""
    data, times = view.data, view.times
    window = data.window
    fresh = "nothing measured"
    if data.measured_until is not None:
        old = (window.end - data.measured_until).total_seconds()
        fresh = f"{times.short(data.measured_until)} ({duration(old)} before the end)"
    coverage = view.analysis.availability.coverage_percent
    return (
        ("Period", f"{times.minute(window.start)} – {times.minute(window.end)} ({view.span})"),
        (COMPARED_WITH, f"the {view.span} before" if data.compare else "nothing"),
        ("Time zone", times.name),
        ("Coverage", f"{percent(coverage)} of the period measured" if coverage is not None else "nothing measured"),
        ("Newest data", fresh),
        ("Made", times.full(data.made_at)),
        ("Program", f"amt-console {data.version}"),
    )


def notices(view: ReportView) -> tuple[Item, ...]:
    """Warnings about the data of the page."""
    data, times = view.data, view.times
    found: list[Item] = []
    if view.simulated:
        assert data.simulated_until is not None
        whole = data.simulated_until >= data.window.end
        until = "All of this period" if whole else f"Everything up to {times.full(data.simulated_until)}"
        found.append(
            Item(
                Tone.WARNING,
                "Simulated",
                "Simulated history",
                f"{until} was generated for a demonstration and never measured.",
            )
        )
    stale = data.stale_for
    if stale is not None:
        found.append(
            Item(
                Tone.WARNING,
                "Old data",
                "The data is old",
                f"The newest measurement is {duration(stale)} older than the end of the period.",
            )
        )
    if data.deleted:
        rows = listed([f"the {each.what} before {times.short(each.before)}" for each in data.deleted])
        text = f"Retention has deleted {rows}. Numbers come from sums that are kept; what these lack is left out."
        found.append(Item(Tone.INFO, "Note", "Raw rows of this period are deleted", text))
    return tuple(found)


def shortcomings(view: ReportView) -> tuple[Item, ...]:
    """Faults of the measurement itself."""
    data = view.data
    if not data.services:
        why = "Add services to the configuration: amt-console config init writes one."
        return (Item(Tone.UNKNOWN, "No data", "No service is configured", why),)
    if data.measured_until is None:
        why = (
            f"No data between {view.between}. Start the monitor (amt-console monitor), "
            "or choose a period in which it ran."
        )
        return (Item(Tone.UNKNOWN, "No data", "Nothing was measured in this period", why),)
    found: list[Item] = []
    if data.monitor.state is not MonitorState.RUNNING and data.stale_for is None:
        found.append(Item(Tone.INFO, "Note", "No monitor is running", "No new results: start one."))
    total = view.analysis.availability
    never = [s.name for s in view.analysis.services if s.availability.measured_s <= 0]
    hardly = [s.name for s in view.analysis.services if s.availability.measured_s > 0 and not s.availability.sufficient]
    if never:
        found.append(Item(Tone.UNKNOWN, "No data", listed(never), "Not measured in this period."))
    if hardly and total.sufficient:
        text = "Measured for less than half of the period and excluded from the total availability."
        found.append(Item(Tone.UNKNOWN, "Little data", listed(hardly), text))
    coverage = view.analysis.availability.coverage_percent
    if coverage is not None and coverage < availability.GOOD_COVERAGE_PERCENT:
        worst = percent(view.analysis.availability.worst_case_percent)
        text = f"{percent(coverage)} was measured. Had all the rest been down, availability would be {worst}."
        found.append(Item(Tone.INFO, "Note", "Part of the period was not measured", text))
    return tuple(found)


def alert_item(view: ReportView, record: AlertRecord, followers: Sequence[str] = ()) -> Item:
    """One open alert as an item that needs attention, with the subjects of the alerts that follow from it."""
    episode = record.episode
    age = duration((view.data.window.end - episode.opened_at).total_seconds())
    facts = [f"since {view.times.short(episode.opened_at)} ({age})"]
    follow = "alerts follow" if len(followers) > 1 else "alert follows"
    message = f"{episode.message.rstrip('.')}. " if followers else episode.message
    message += f"{len(followers)} more {follow} from it: {listed(followers)}" if followers else ""
    if episode.acknowledged_by is not None:
        taken = f"{episode.acknowledged_by} has it since {view.times.short(episode.acknowledged_at)}"
        facts.append(f"{taken}: “{episode.note}”" if episode.note else taken)
    else:
        facts.append("nobody has acknowledged it")
    if episode.state is AlertState.RECOVERING:
        facts.append("recovering")
    if episode.stale:
        facts.append("no fresh data: the state is held")
    if episode.simulated:
        facts.append("simulated")
    return Item(
        severity_tone(episode.severity),
        SEVERITY_WORDS[episode.severity].capitalize(),
        episode.subject,
        message,
        tuple(facts),
    )


def open_items(view: ReportView) -> tuple[Item, ...]:
    """The open alerts; those that follow from another one stand with it."""
    records = [record for record in view.open_alerts if record.episode.id is not None]
    causes = past_consequences(
        [record.episode for record in records],
        {service.name: service.depends_on for service in view.data.services},
        {service.name: service.interval for service in view.data.services},
        now=view.data.window.end,
    )
    followers: dict[int, list[str]] = {}
    for record in records:
        if record.episode.id in causes:
            followers.setdefault(causes[record.episode.id], []).append(record.episode.subject)
    return tuple(
        alert_item(view, record, followers.get(record.episode.id or 0, ()))
        for record in view.open_alerts
        if record.episode.id not in causes
    )


def attention(view: ReportView, *, extra: tuple[Item, ...] = ()) -> PageSection:
    """Open alerts, then the page's other items."""
    items = (*open_items(view), *extra, *shortcomings(view))
    lead = ""
    if view.analysis.outages and not items:
        count = len(view.analysis.outages)
        lead = f"{count} outage{'s' * (count != 1)} in the period {'is' if count == 1 else 'are'} over; see below."
    empty = "None. No alert is open and no figure is missing."
    return PageSection("attention", "What needs attention", (Items("attention-list", items, empty),), lead=lead)


def siblings(own: str) -> tuple[tuple[str, str], ...]:
    """The other files of the same export."""
    return tuple(entry for entry in FILES if entry[0] != own)


def method_monitoring() -> tuple[tuple[str, str], ...]:
    """Method of the monitoring numbers."""
    return (
        ("Percentiles", QUANTILE_METHOD),
        ("Availability", availability.METHOD),
        (
            "Measured time",
            "a result is valid for at most 1.5 times its interval; then the state is unknown until the next result",
        ),
        ("Incidents", incidents.METHOD),
        ("Outages", outages.METHOD),
        ("Alerts", handling.METHOD),
        ("Trends", trend.METHOD),
        ("Gaps", "time without measurements is hatched, never drawn as a line, and never counted as up or down"),
        ("Rounding", "percentages are cut, not rounded, above 99, so that 99.996 never reads as 100"),
    )


def method_figures() -> tuple[tuple[str, str], ...]:
    """Method of the platform's figures."""
    return (
        (
            "Source",
            "the last answer of the platform's own API; stored as read, without computation",
        ),
        ("Change", CHANGE_METHOD),
        (
            "Missing figures",
            "shown as a dash with the reason, never as 0; the configuration can set each path",
        ),
        ("Money", "in the platform's own currency, not converted"),
        ("Lines", "the last value read in each step of the period; a line breaks where nothing was read"),
    )


def shorten(text: str, limit: int = 80) -> str:
    """A shortened text; a table has the full one."""
    return safe_text(text, limit)
