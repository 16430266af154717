"""Tables on the alerts of the window: which rules are noise, and who acknowledged how fast."""

from __future__ import annotations

from amt_console.reports.page import Cell, Heading, Table
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, duration, percent_cell


def rules_table(view: ReportView) -> Table:
    """The alerts by rule and subject: how many, how many of them noise, and how often they came back."""
    rows = tuple(
        (
            Cell(record.rule),
            Cell(record.subject),
            Cell(f"{record.fired:,}", number=True, value=record.fired),
            Cell(f"{record.acknowledged:,}", number=True, value=record.acknowledged),
            Cell(f"{record.short:,}", number=True, value=record.short),
            Cell(percent_cell(record.refire_percent, 0), number=True, value=record.refire_percent),
            Cell(
                f"{record.noise:,}{', noisy' if record.noisy else ''}",
                Tone.WARNING if record.noisy else Tone.PLAIN,
                number=True,
                value=record.noise,
            ),
            _length(record.median_s),
        )
        for record in view.analysis.rules
    )
    return Table(
        "rules",
        "Alerts by rule",
        (
            Heading("Rule"),
            Heading("Subject"),
            Heading("Fired", number=True),
            Heading("Acknowledged", number=True),
            Heading("Short", number=True),
            Heading("Fired again", number=True, unit="%"),
            Heading("Noise", number=True),
            Heading("Median length", number=True, unit="s"),
        ),
        rows,
        empty="No alert fired in this period.",
        note="Short: over within 5 minutes. Fired again: within 15 minutes. Noise: nobody needed it.",
    )


def responders_table(view: ReportView) -> Table:
    """Who acknowledged alerts, and how fast."""
    rows = tuple(
        (
            Cell(person.person),
            Cell(f"{person.acknowledged:,}", number=True, value=person.acknowledged),
            _length(person.median_s),
            _length(person.slowest_s),
        )
        for person in view.analysis.responders
    )
    return Table(
        "responders",
        "Who acknowledged, and how fast",
        (
            Heading("Person"),
            Heading("Alerts", number=True),
            Heading("Median", number=True, unit="s"),
            Heading("Slowest", number=True, unit="s"),
        ),
        rows,
        empty="No alert of this period was acknowledged.",
    )


def _length(seconds: float | None) -> Cell:
    return Cell(MISSING if seconds is None else duration(seconds), number=True, value=seconds)
