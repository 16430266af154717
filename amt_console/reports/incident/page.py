"""The draft of a post-mortem as a page: verdict, impact, timeline, evidence, and headings to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amt_console.analysis import correlation
from amt_console.analysis.correlation import Moved
from amt_console.operations.history.moved_alike import MovedAlike, moved_alike
from amt_console.operations.history.moved_words import signal_words
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.incident.evidence import evidence
from amt_console.reports.incident.response import Response, response
from amt_console.reports.incident.timeline import timeline
from amt_console.reports.incident.words import (
    ACTION_ITEMS,
    FILL_IN,
    is_figure,
    length_s,
    moved_words,
    title,
    verdict,
)
from amt_console.reports.page import (
    Block,
    Cell,
    FigureCard,
    Heading,
    Item,
    Items,
    PageSection,
    ReportPage,
    Row,
    Table,
    without_empty_columns,
)
from amt_console.reports.times import Times
from amt_console.reports.tone import Tone
from amt_console.text import MISSING, SEVERITY_WORDS, duration

FILE = "incident_{}.{}"
MOST_ENTRIES = 400
METHOD = (
    ("Began", "the first bad observation; an alert fires when enough of them follow each other"),
    ("Times", "since the first bad observation; the length of an ended alert does not depend on steps of the clock"),
    ("Impact", "measured time of each service between beginning and end; failed checks are scheduled probes"),
    ("Follows from it", "by the dependencies of the configuration, and what was open at the same time"),
    ("Moved together", f"{correlation.METHOD}; it says nothing about causes"),
)


def incident_page(data: IncidentData, times: Times) -> ReportPage:
    """Lay out the report. ``data`` is cleaned."""
    taken = response(data)
    return ReportPage(
        part="incident",
        file_name=FILE.format(data.episode.id, "html"),
        title=title(data),
        subject=data.episode.message,
        meta=_meta(data, times),
        notices=tuple(_notices(data, times)),
        verdict=verdict(data),
        cards=_cards(data, taken),
        sections=(
            PageSection("impact", "Impact", tuple(_impact(data))),
            PageSection("timeline", "Timeline", (_timeline(data, times),)),
            PageSection("response", "Who had it, and how fast", (_response(data, taken, times),)),
            PageSection("moved", "What moved together", tuple(_moved(data, times))),
            PageSection("evidence", "Evidence", tuple(evidence(data, times)), columns=2),
            *(PageSection(_id(heading), heading, (), lead=f"To fill in. {hint}") for heading, hint in FILL_IN),
            PageSection("action-items", "Action items", (_action_items(),), lead=f"To fill in. {ACTION_ITEMS}"),
        ),
        method=METHOD,
        siblings=tuple(
            (FILE.format(data.episode.id, form), what)
            for form, what in (("md", "the draft as text, to fill in"), ("json", "the same for programs"))
        ),
    )


def _id(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _meta(data: IncidentData, times: Times) -> tuple[tuple[str, str], ...]:
    episode = data.episode
    ended = times.full(episode.resolved_at) if episode.resolved_at is not None else "still open"
    return (
        ("Began", times.full(episode.opened_at)),
        ("Ended", ended),
        ("Severity", SEVERITY_WORDS[episode.severity].lower()),
        ("Alert", f"{episode.id}, rule {episode.rule_id}"),
        ("Time zone", times.name),
        ("Made", times.full(data.made_at)),
        ("Program", f"amt-console {data.version}"),
    )


def _notices(data: IncidentData, times: Times) -> Iterator[Item]:
    episode = data.episode
    if data.asked != episode.id:
        words = f"Alert {data.asked} follows from alert {episode.id}, so this report is about that one."
        yield Item(Tone.INFO, "Note", "The cause is shown", words)
    if episode.open:
        words = f"It is told as far as {times.full(data.as_of)}. Numbers grow until it ends."
        yield Item(Tone.INFO, "Note", "Not over yet: so far", words)
    if data.raw_deleted:
        words = (
            "Single results of that time are deleted by the retention: the timeline has no probes, and numbers come "
            "from sums that are kept longer."
        )
        yield Item(Tone.WARNING, "Note", "Part of the evidence is gone", words)
    if episode.simulated:
        words = "This alert was generated for a demonstration and never happened."
        yield Item(Tone.WARNING, "Simulated", "Simulated history", words)


def _cards(data: IncidentData, taken: Response) -> tuple[FigureCard, ...]:
    down = sum(each.down_s for each in data.impact)
    failed, checks = (sum(getattr(each, name) for each in data.impact) for name in ("failed", "checks"))
    owner = taken.owners[0].name if taken.owners else ""
    none_hit = "no service was measured in it"
    acknowledged = MISSING if taken.acknowledged_s is None else duration(taken.acknowledged_s)
    return (
        FigureCard("Lasted", duration(length_s(data)), "so far" if data.open else ""),
        _step("Fired after", taken.confirmed_s, "it was never confirmed"),
        _step("First message after", taken.told_s, "no page was delivered"),
        FigureCard(
            "Acknowledged after", acknowledged, f"by {owner}" if owner else "", missing="" if owner else "nobody did"
        ),
        FigureCard("Time down", duration(down) if data.impact else MISSING, missing="" if data.impact else none_hit)
        if len(data.impact) < 2
        else FigureCard("Time down", duration(down), f"{len(data.impact)} services added up"),
        FigureCard(
            "Failed checks",
            f"{failed:,}" if data.impact else MISSING,
            f"of {checks:,}" if data.impact else "",
            missing="" if data.impact else none_hit,
        ),
    )


def _step(label: str, seconds: float | None, missing: str) -> FigureCard:
    return FigureCard(label, MISSING, missing=missing) if seconds is None else FigureCard(label, duration(seconds))


def _impact(data: IncidentData) -> Iterator[Block]:
    rows = tuple(
        (
            Cell(each.service),
            Cell(duration(each.down_s), number=True),
            Cell(duration(each.degraded_s), number=True),
            Cell(f"{each.failed:,} of {each.checks:,}", number=True),
            Cell(duration(each.unknown_s), number=True, muted=True),
        )
        for each in data.impact
    )
    rough = any(not each.exact for each in data.impact)
    yield Table(
        "impact-services",
        "Services",
        (
            Heading("Service"),
            Heading("Down", number=True),
            Heading("Slow", number=True),
            Heading("Failed checks", number=True),
            Heading("Not measured", number=True),
        ),
        rows,
        empty="No service was measured in this time.",
        note="From sums of longer times: they may hold some minutes before and after." if rough else "",
    )
    yield Table(
        "impact-followers",
        "Alerts that follow from it",
        (Heading("Alert", number=True), Heading("Subject"), Heading("What"), Heading("Who had it"), Heading("Lasted")),
        tuple(
            (
                Cell(str(each.id), number=True),
                Cell(each.subject),
                Cell(each.message),
                Cell(each.acknowledged_by or "nobody"),
                Cell(
                    "open"
                    if each.resolved_at is None
                    else duration((each.resolved_at - each.opened_at).total_seconds())
                ),
            )
            for each in data.followers
        ),
        empty="None.",
    )
    figures = [each for each in data.moved if is_figure(each, data)]
    yield Items(
        "impact-figures",
        tuple(
            Item(
                Tone.WARNING if each.value < each.usual else Tone.INFO,
                "Fell" if each.value < each.usual else "Rose",
                f"{each.subject}: {signal_words(each.signal)}",
                moved_words(each),
            )
            for each in figures
        ),
        "No figure of the platform (users, conversations, revenue) left its usual range.",
    )


def _timeline(data: IncidentData, times: Times) -> Table:
    entries, own = timeline(data), data.episode.subject
    shown = entries[:MOST_ENTRIES]
    rows: list[Row] = [
        (
            Cell(_since(each.at.timestamp() - data.episode.opened_at.timestamp()), number=True, muted=True),
            Cell(times.short(each.at), fixed=True, value=times.iso(each.at)),
            Cell(each.source.value, muted=True, fixed=True),
            Cell(each.who or "", fixed=True),
            Cell(each.what if each.subject in each.what or each.subject == own else f"{each.subject}: {each.what}"),
        )
        for each in shown
    ]
    more = len(entries) - len(shown)
    headings = (Heading("After", number=True), Heading("When"), Heading("From"), Heading("Who"), Heading("What"))
    return Table(
        "timeline-table",
        "From the last good answer to the end",
        *without_empty_columns(headings, rows),
        empty="Nothing is stored about this time.",
        note=f"{more} further entries are in the JSON file." if more else "",
        whole=True,
    )


def _since(seconds: float) -> str:
    length = duration(abs(seconds))
    return length if length == "0s" else f"+{length}" if seconds > 0 else f"−{length}"


def _response(data: IncidentData, taken: Response, times: Times) -> Table:
    rows = tuple(
        (
            Cell(owner.name),
            Cell(times.short(owner.since), fixed=True),
            Cell(_since((owner.since - data.episode.opened_at).total_seconds()), number=True),
            Cell(("still" if data.open else "the end") if owner.until is None else times.short(owner.until)),
        )
        for owner in taken.owners
    )
    return Table(
        "owners",
        "Who had it",
        (Heading("Person"), Heading("From"), Heading("After", number=True), Heading("To")),
        rows,
        empty="Nobody acknowledged it.",
    )


def _moved(data: IncidentData, times: Times) -> Iterator[Table]:
    """What moved, those that moved alike in one row; then each of these by itself."""
    groups = moved_alike(data.moved, data.services)
    yield _moved_table(
        "moved-table",
        "What left its usual range when it began, strongest first",
        [_moved_row(group, times) for group in groups],
        empty="Nothing else that is measured left its usual range, or too little is known of the hours before.",
        note="They moved together; this does not tell the cause." if data.moved else "",
    )
    alike = [each for group in groups if len(group.members) > 1 for each in group.members]
    if alike:
        rows = [_moved_row(MovedAlike((each,)), times) for each in alike]
        yield _moved_table("moved-alike", "Each of those that moved alike", rows, folded=True)


def _moved_table(
    table_id: str, title: str, rows: Sequence[Row], *, empty: str = "", note: str = "", folded: bool = False
) -> Table:
    headings = (Heading("Subject"), Heading("What"), Heading("Strength", number=True), Heading("Since"))
    return Table(table_id, title, headings, tuple(rows), empty=empty, note=note, folded=folded)


def _moved_row(group: MovedAlike[Moved], times: Times) -> Row:
    strongest = group.members[0]
    return (
        Cell(group.names()),
        Cell(moved_words(strongest) if len(group.members) == 1 else group.change),
        Cell(_strength(strongest.strength), number=True),
        Cell(times.short(group.onset), fixed=True),
    )


def _strength(strength: float) -> str:
    """The strength; the largest is a limit, met where a figure never moved before."""
    return f"over {strength:,.0f}" if strength >= correlation.MOST_STRENGTH else f"{strength:,.1f}"


def _action_items() -> Table:
    blank = Cell(" ")
    return Table(
        "action-table",
        "Action items",
        (Heading("Action"), Heading("Kind"), Heading("Owner"), Heading("Due"), Heading("Ticket")),
        tuple((blank, Cell(kind), blank, blank, blank) for kind in ("prevent", "detect", "mitigate")),
    )
