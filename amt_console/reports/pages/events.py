"""Parts of the performance page about events: incidents, alerts, gaps in the measurement."""

from __future__ import annotations

from amt_console.model import AlertState
from amt_console.reports.charts.timeline import alert_lanes
from amt_console.reports.gathering.data import AlertRecord
from amt_console.reports.page import Cell, Heading, PageChart, Table, in_csv, without_empty_columns
from amt_console.reports.pages.common import gap_words, severity_tone
from amt_console.reports.pages.together import MOST_INCIDENTS, together_words
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief
from amt_console.text import SEVERITY_WORDS, duration

_BLIPS_SHOWN = 5
SHORT_NAME = 26
"""Characters of a name that is never wrapped."""
_HANDLING = (
    Heading("Alert", number=True, page=False),
    Heading("Acknowledged by", page=False),
    Heading("Acknowledged at", page=False),
    Heading("Note", page=False),
)
"""What a page says in one cell of who had an alert."""


def incidents_block(view: ReportView) -> Table:
    """The outages of the window and their owners."""
    measured = view.analysis.availability.measured_s > 0
    empty = "No service went down in this period." if measured else f"No data between {view.between}."
    longest = sorted(view.analysis.incidents, key=lambda each: -each.down_s)[:MOST_INCIDENTS]
    moved = {incident: together_words(view, incident.start, incident.service) for incident in longest}
    rows = tuple(
        (
            Cell(incident.service),
            Cell(
                ("before " if incident.began_earlier else "") + view.times.short(incident.start),
                fixed=True,
                value=view.times.iso(incident.start),
            ),
            Cell("ongoing", Tone.CRITICAL, value="")
            if incident.ongoing
            else Cell(view.times.until(incident.start, incident.end), fixed=True, value=view.times.iso(incident.end)),
            Cell(duration(incident.seconds), number=True, value=incident.seconds),
            Cell(duration(incident.down_s), number=True, muted=True, value=incident.down_s),
            Cell(incident.cause_class.replace("_", " "), value=incident.cause_class),
            Cell(incident.cause or "no error was recorded", value=incident.cause or ""),
            Cell(moved.get(incident, ""), muted=True),
            Cell(_handled(view, incident.alert_id)),
            *_handling_cells(view, _record(view, incident.alert_id)),
        )
        for incident in reversed(view.analysis.incidents)
    )
    headings, kept = without_empty_columns(
        (
            Heading("Service"),
            Heading("Began"),
            Heading("Ended"),
            Heading("Lasted", number=True, unit="s"),
            Heading("Measured", number=True, unit="s"),
            Heading("Class"),
            Heading("First error"),
            Heading("Moved together"),
            Heading("Who had it", csv=False),
            *_HANDLING,
        ),
        rows,
    )
    return Table(
        "incident-table",
        "Incidents in the period, newest first",
        headings,
        kept,
        empty=empty,
        note=_unconfirmed(view),
    )


def _unconfirmed(view: ReportView) -> str:
    """The failures that are not incidents, in one sentence."""
    blips = sorted((b for service in view.analysis.services for b in service.blips), key=lambda b: b.start)
    if not blips:
        return ""
    shown = [f"{brief(b.service)} {view.times.short(b.start)} ({duration(b.seconds)})" for b in blips[:_BLIPS_SHOWN]]
    rest = f" and {len(blips) - len(shown)} more" if len(blips) > len(shown) else ""
    return f"No incident, because re-checks did not confirm it: {', '.join(shown)}{rest}."


def _record(view: ReportView, alert_id: int | None) -> AlertRecord | None:
    return next((r for r in view.data.alerts if alert_id is not None and r.episode.id == alert_id), None)


def _handling_cells(view: ReportView, record: AlertRecord | None) -> tuple[Cell, ...]:
    """The cells of ``_HANDLING``."""
    episode = record.episode if record is not None else None
    if episode is None:
        return (in_csv(None),) * len(_HANDLING)
    taken_at = view.times.iso(episode.acknowledged_at)
    return in_csv(episode.id), in_csv(episode.acknowledged_by), in_csv(taken_at), in_csv(episode.note)


def _handled(view: ReportView, alert_id: int | None) -> str:
    record = _record(view, alert_id)
    if record is None:
        return "no alert fired"
    episode = record.episode
    if episode.acknowledged_by is None or episode.acknowledged_at is None:
        return f"nobody (alert {alert_id})"
    return f"{episode.acknowledged_by}, {view.times.short(episode.acknowledged_at)} (alert {alert_id})"


def lanes_block(view: ReportView) -> PageChart:
    """The alerts of the window in lanes of severity."""
    alerts = view.window_alerts
    subtitle = "One bar per alert, from its first bad observation to its end; a dot at its acknowledgement"
    if not alerts:
        return PageChart("lanes", "Alerts in the period", subtitle, "", None, empty="No alert fired in this period.")
    handled = view.analysis.handling
    taken = sum(record.episode.acknowledged_at is not None for record in alerts)
    title = f"{len(alerts)} alert{'s' * (len(alerts) != 1)}, {taken} acknowledged"
    if handled.mtta_s is not None:
        title += f" after {duration(handled.mtta_s)} on average"
    return PageChart("lanes", title, subtitle, f"{title}.", alert_lanes(alerts, view.data.window, view.times))


def alerts_block(view: ReportView) -> Table:
    """The alerts of the window with owner and time of acknowledgement."""
    return Table(
        "alert-table",
        "Alerts in the period, newest first",
        (
            Heading("Severity"),
            Heading("Subject"),
            Heading("Message"),
            Heading("Opened"),
            Heading("Ended"),
            Heading("State", page=False),
            Heading("Lasted", number=True, unit="s"),
            Heading("Acknowledged", csv=False),
            *_HANDLING,
        ),
        tuple(_alert_row(view, record) for record in reversed(view.window_alerts)),
        empty="No alert fired in this period.",
    )


def _alert_row(view: ReportView, record: AlertRecord) -> tuple[Cell, ...]:
    episode = record.episode
    end = episode.resolved_at or view.data.window.end
    ended = Cell(
        view.times.until(episode.opened_at, episode.resolved_at), fixed=True, value=view.times.iso(episode.resolved_at)
    )
    if episode.resolved_at is None:
        ended = Cell(str(episode.state), Tone.WARNING, value="")
    if episode.state is AlertState.FIRING:
        ended = Cell("still firing", severity_tone(episode.severity), value="")
    lasted = (end - episode.opened_at).total_seconds()
    taken = "nobody"
    if episode.acknowledged_by is not None:
        taken = f"{episode.acknowledged_by}, {view.times.short(episode.acknowledged_at)}"
        taken += f" – “{episode.note}”" if episode.note else ""
    return (
        Cell(SEVERITY_WORDS[episode.severity].capitalize(), severity_tone(episode.severity)),
        Cell(episode.subject, fixed=len(episode.subject) <= SHORT_NAME),
        Cell(episode.message),
        Cell(view.times.short(episode.opened_at), fixed=True, value=view.times.iso(episode.opened_at)),
        ended,
        in_csv(episode.state.value),
        Cell(duration(lasted), number=True, value=lasted),
        Cell(taken, muted=episode.acknowledged_by is None),
        *_handling_cells(view, record),
    )


def gaps_block(view: ReportView) -> Table:
    """The monitor's gaps and their reasons."""
    window = view.data.window
    rows = tuple(
        (
            Cell(view.times.short(gap.started_at), fixed=True, value=view.times.iso(gap.started_at)),
            Cell(view.times.until(gap.started_at, gap.ended_at), fixed=True, value=view.times.iso(gap.ended_at)),
            Cell(
                duration((gap.ended_at - gap.started_at).total_seconds()),
                number=True,
                value=(gap.ended_at - gap.started_at).total_seconds(),
            ),
            Cell(gap_words(gap.reason)),
        )
        for gap in view.data.gaps
        if gap.ended_at > window.start and gap.started_at < window.end
    )
    return Table(
        "gap-table",
        "Gaps in the measurement",
        (Heading("From"), Heading("To"), Heading("Lasted", number=True, unit="s"), Heading("Why")),
        rows,
        empty="The monitor recorded no gap in this period.",
    )
