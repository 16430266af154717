"""The hand-over as a page: first what is open and who has it, then the rest."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.analysis.findings import Finding, FindingKind
from amt_console.model import Severity
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.reports.handover.data import FiredAlert, HandoverData
from amt_console.reports.page import (
    Cell,
    FigureCard,
    Heading,
    Item,
    Items,
    PageSection,
    ReportPage,
    Table,
    without_empty_columns,
)
from amt_console.reports.pages.findings import MOST_SINGLE, many_words
from amt_console.reports.times import Times
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.reports.words import brief, listed
from amt_console.text import SEVERITY_WORDS, duration, following, plural

FILE = "handover.{}"
MOST_FINDINGS = 12
_TONES = {Severity.CRITICAL: Tone.CRITICAL, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.INFO}
_WHEN = {
    FindingKind.SATURATION: "worst at",
    FindingKind.DISK_FULL: "full at",
    FindingKind.ANOMALY: "at",
}
"""What the moment of a finding is, where nothing began then."""
_FINDING_WORDS = {
    FindingKind.INCIDENT: "Incident",
    FindingKind.CHANGE_POINT: "Shift of level",
    FindingKind.TREND: "Trend",
    FindingKind.DISK_FULL: "Disk",
    FindingKind.SATURATION: "Saturation",
    FindingKind.CORRELATION: "Together",
    FindingKind.NOISY_ALERT: "Noisy alert",
    FindingKind.ANOMALY: "Anomaly",
}
METHOD = (
    (
        "Since",
        "the beginning of the present shift, within an hour after a change of the one before; else 12 hours ago",
    ),
    ("Fired", "alerts that were confirmed since then, without those that cleared before"),
    ("Who acted", "everybody who acknowledged, noted, snoozed, handed on or closed it"),
    ("Undelivered", "messages that were given up since then, and those that still wait after a failure or are late"),
    ("What to watch", "findings of the analysis of the shift, or of the last 24 hours where the shift is shorter"),
)


def handover_page(data: HandoverData, findings: Sequence[Finding], times: Times) -> ReportPage:
    """Lay out the hand-over. ``data`` is cleaned.

    Args:
        data: The facts.
        findings: Of the analysis.
        times: The zone.
    """
    span = data.span
    who = " to ".join(name for name in (span.leaving, span.coming) if name)
    return ReportPage(
        part="handover",
        file_name=FILE.format("html"),
        title="Hand-over" + (f": {who}" if who else ""),
        subject=f"{times.minute(span.since)} – {times.minute(data.now)}",
        meta=(
            ("Since", times.full(span.since)),
            ("Made", times.full(data.now)),
            ("Coming shift until", times.full(span.until)),
            ("Time zone", times.name),
            ("Program", f"amt-console {data.version}"),
        ),
        notices=(),
        verdict=_verdict(data),
        cards=_cards(data),
        sections=(
            PageSection("open", "Still open", (_open(data, times),)),
            PageSection("fired", "What fired", (_fired(data, times),)),
            PageSection("oncall", "Who is on call", (_oncall(data, times),)),
            PageSection("ends", "Ends in the coming shift", (_silences(data, times), _maintenance(data, times))),
            PageSection("snoozed", "Snoozed", (_snoozed(data, times),)),
            PageSection("undelivered", "Messages that did not arrive", (_undelivered(data, times),)),
            PageSection("watch", "What to watch", (_watch(findings, times),)),
        ),
        method=METHOD,
        siblings=((FILE.format("md"), "the same as text, for a chat or a mail"),),
    )


def _verdict(data: HandoverData) -> ReportVerdict:
    nobody = _free(data)
    if not data.open:
        words = "No alert is open."
        if data.undelivered:
            words += f" {plural(len(data.undelivered), 'message')} did not arrive."
            return ReportVerdict(Tone.WARNING, "Look at the channels", words)
        return ReportVerdict(Tone.OK, "Calm", words)
    critical = any(each.episode.severity is Severity.CRITICAL for each in data.open)
    count = f"{len(data.open)} alert{'s are' if len(data.open) != 1 else ' is'} open"
    if nobody:
        names = listed([each.episode.subject for each in nobody], "or")
        return ReportVerdict(
            Tone.CRITICAL if critical else Tone.WARNING, "Needs somebody", f"{count}, and nobody has {names}."
        )
    owners = list(dict.fromkeys(each.episode.acknowledged_by for each in data.open if each.episode.acknowledged_by))
    if not owners:  # whoever snoozed the cause has it
        follow = "follow from others" if len(data.open) != 1 else "follows from another one"
        return ReportVerdict(Tone.WARNING, "In hand", f"{count}, and {follow}.")
    has = "has" if len(owners) == 1 else "have"
    them = "it" if len(data.open) == 1 else "them"
    return ReportVerdict(Tone.WARNING, "In hand", f"{count}; {listed(owners)} {has} {them}.")


def _free(data: HandoverData) -> list[FiredAlert]:
    """What nobody has; a follower needs nobody, its cause does."""
    return [each for each in data.open if each.episode.acknowledged_by is None and each.follows_from is None]


def _cards(data: HandoverData) -> tuple[FigureCard, ...]:
    critical = sum(each.episode.severity is Severity.CRITICAL for each in data.fired)
    nobody, followers = len(_free(data)), sum(each.follows_from is not None for each in data.open)
    free = (f"{nobody} without an owner",) if nobody else ()
    follow = (following(followers),) if followers else ()
    ends = len(data.silences) + len(data.maintenance)
    return (
        FigureCard("Still open", f"{len(data.open)}", " · ".join((*free, *follow))),
        FigureCard("Fired", f"{len(data.fired)}{'+' if data.more_fired else ''}", f"{critical} critical"),
        FigureCard("Snoozed", f"{len(data.snoozed)}"),
        FigureCard("Mutes that end", f"{ends}", "silences and maintenance"),
        FigureCard(
            "Undelivered messages",
            f"{len(data.undelivered)}",
            tone=Tone.WARNING if data.undelivered else Tone.PLAIN,
        ),
    )


def _open(data: HandoverData, times: Times) -> Items:
    return Items("open-list", tuple(_open_item(each, data, times) for each in data.open), "None. No alert is open.")


def _open_item(each: FiredAlert, data: HandoverData, times: Times) -> Item:
    episode = each.episode
    since = f"since {times.short(episode.opened_at)} ({duration((data.now - episode.opened_at).total_seconds())})"
    if episode.acknowledged_by is not None:
        until = f" until {times.short(episode.acknowledged_until)}" if episode.acknowledged_until is not None else ""
        owner = f"{episode.acknowledged_by} has it{until}"
    elif each.follows_from is not None:
        owner = f"follows from alert {each.follows_from}"
    else:
        owner = "nobody has it"
    facts = [f"alert {episode.id}", since, owner]
    facts += [f"“{episode.note}”"] if episode.note else []
    facts += [f"runbook: {episode.runbook}"] if episode.runbook else []
    facts += ["simulated"] if episode.simulated else []
    word = SEVERITY_WORDS[episode.severity].capitalize()
    return Item(_TONES[episode.severity], word, episode.subject, episode.message, tuple(facts))


def _fired(data: HandoverData, times: Times) -> Table:
    headings = (
        Heading("Alert", number=True),
        Heading("When"),
        Heading("Severity"),
        Heading("What"),
        Heading("Lasted", number=True),
        Heading("Who acted"),
        Heading("Rated"),
    )
    rows = [
        (
            Cell(str(each.episode.id), number=True),
            Cell(times.short(each.episode.fired_at), fixed=True),
            Cell(SEVERITY_WORDS[each.episode.severity].lower(), _TONES[each.episode.severity]),
            Cell(_what(each)),
            Cell(_lasted(each), number=True),
            Cell(", ".join(each.people) or "nobody"),
            Cell("" if each.episode.rating is None else each.episode.rating.value),
        )
        for each in data.fired
    ]
    return Table(
        "fired-table",
        "Alerts since the shift began, oldest first",
        *without_empty_columns(headings, rows),
        empty="No alert fired.",
        note="Older ones are left out: there were more than fit here." if data.more_fired else "",
        whole=True,
    )


def _what(each: FiredAlert) -> str:
    episode = each.episode
    what = episode.message if episode.subject in episode.message else f"{brief(episode.subject)}: {episode.message}"
    return what if each.follows_from is None else f"{what} (follows from alert {each.follows_from})"


def _lasted(each: FiredAlert) -> str:
    episode = each.episode
    if episode.resolved_at is None:
        return "open"
    seconds = episode.duration_seconds
    return duration((episode.resolved_at - episode.opened_at).total_seconds() if seconds is None else seconds)


def _oncall(data: HandoverData, times: Times) -> Table:
    rows = tuple(
        (
            Cell(plan.name),
            Cell("nobody" if plan.now is None else plan.now.person),
            Cell("–" if plan.now is None or plan.now.ends_at is None else times.minute(plan.now.ends_at)),
            Cell("–" if plan.next is None else plan.next.person),
            Cell("–" if plan.next is None or plan.next.starts_at is None else times.minute(plan.next.starts_at)),
        )
        for plan in data.rotas
    )
    gaps = [
        f"{plan.name}: nobody from {times.minute(gap.starts_at)} to {times.minute(gap.ends_at)}"
        for plan in data.rotas
        for gap in plan.gaps[:3]
    ]
    return Table(
        "oncall-table",
        "Rotas",
        (Heading("Rota"), Heading("Now"), Heading("Until"), Heading("Next"), Heading("From")),
        rows,
        empty="No rota is configured.",
        note="; ".join(gaps),
    )


def _silences(data: HandoverData, times: Times) -> Table:
    return Table(
        "silences-table",
        "Silences",
        (Heading("Ends"), Heading("Silence"), Heading("What it mutes"), Heading("Reason"), Heading("By")),
        tuple(
            (
                Cell(times.short(each.ends_at), fixed=True),
                Cell(each.id),
                Cell(each.what),
                Cell(each.reason),
                Cell(each.created_by or ""),
            )
            for each in data.silences
        ),
        empty="No silence ends in the coming shift.",
    )


def _maintenance(data: HandoverData, times: Times) -> Table:
    return Table(
        "maintenance-table",
        "Maintenance",
        (Heading("Ends"), Heading("Begins"), Heading("Name"), Heading("What"), Heading("Note")),
        tuple(
            (
                Cell(times.short(each.ends_at), fixed=True),
                Cell("runs" if each.starts_at <= data.now else times.short(each.starts_at), fixed=True),
                Cell(each.window.name),
                Cell(each.window.what),
                Cell(each.window.note or ""),
            )
            for each in data.maintenance
        ),
        empty="No planned work ends in the coming shift.",
    )


def _snoozed(data: HandoverData, times: Times) -> Table:
    return Table(
        "snoozed-table",
        "Alerts that tell nobody for a while",
        (Heading("Alert", number=True), Heading("What"), Heading("By"), Heading("Until"), Heading("Note")),
        tuple(
            (
                Cell(str(each.episode.id), number=True),
                Cell(_what(each)),
                Cell(each.episode.snoozed_by or ""),
                Cell("it recovers" if each.episode.snoozed_until is None else times.short(each.episode.snoozed_until)),
                Cell(each.episode.note or ""),
            )
            for each in data.snoozed
        ),
        empty="None.",
    )


def _undelivered(data: HandoverData, times: Times) -> Table:
    return Table(
        "undelivered-table",
        "Newest first",
        (Heading("Queued"), Heading("Kind"), Heading("Channel"), Heading("To"), Heading("About"), Heading("Why")),
        tuple(
            (
                Cell(times.short(each.created_at), fixed=True),
                Cell(each.kind.value.replace("_", " ")),
                Cell(each.channel),
                Cell(each.receiver),
                Cell(f"{each.subject or ''} (alert {each.alert_id})" if each.alert_id is not None else ""),
                Cell(_why(each, times)),
            )
            for each in data.undelivered
        ),
        empty="Every message arrived, or still waits on purpose.",
    )


def _why(delivery: Delivery, times: Times) -> str:
    error = next((attempt.error for attempt in reversed(delivery.attempts) if attempt.error), None)
    if delivery.state is DeliveryState.DEAD:
        return f"given up: {error}" if error else "given up"
    again = f"; tried again {times.short(delivery.next_at)}" if delivery.next_at is not None else ""
    return (error or "nothing has tried to send it") + again


def _watch(findings: Sequence[Finding], times: Times) -> Items:
    kinds = dict.fromkeys(each.kind for each in findings)
    items: list[Item] = []
    for kind in kinds:
        group = [each for each in findings if each.kind is kind]
        if len(group) > MOST_SINGLE:
            items.append(_watch_group(group, times))
        else:
            items += [
                Item(
                    Tone.INFO,
                    _FINDING_WORDS.get(each.kind, each.kind.value),
                    each.subject,
                    each.evidence[0] if each.evidence else "",
                    (*each.evidence[1:4], *_when(each, times)),
                )
                for each in group
            ]
    return Items("watch-list", tuple(items), "Nothing stands out.")


def _when(finding: Finding, times: Times) -> tuple[str, ...]:
    if finding.begin is None:
        return ()
    return (f"{_WHEN.get(finding.kind, 'since')} {times.short(finding.begin)}",)


def _watch_group(group: Sequence[Finding], times: Times) -> Item:
    """Many findings of one kind as one item, the newest first."""
    newest = sorted(group, key=lambda each: each.begin.timestamp() if each.begin is not None else 0.0, reverse=True)
    facts = [
        f"{brief(each.subject)}"
        + (f", {times.short(each.begin)}" if each.begin is not None else "")
        + (f": {each.evidence[0]}" if each.evidence else "")
        for each in newest[:MOST_FINDINGS]
    ]
    if len(newest) > MOST_FINDINGS:
        facts.append(f"{len(newest) - MOST_FINDINGS} more")
    names = list(dict.fromkeys(each.subject for each in newest))
    kind = newest[0].kind
    return Item(Tone.INFO, _FINDING_WORDS.get(kind, kind.value), listed(names), many_words(kind, group), tuple(facts))
