"""Parts of the performance page on the accounting of availability: named policies, error budgets, reliability."""

from __future__ import annotations

from amt_console.analysis.uptime.policies import UptimeByPolicy
from amt_console.reports.page import Cell, Heading, Table
from amt_console.reports.pages.services import in_table
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed
from amt_console.text import MISSING, duration, percent, percent_cell


def policies_table(view: ReportView) -> Table:
    """The availability of each service by each named policy, with its coverage."""
    rows = [_policies_row("All services", view.analysis.policies, view.analysis.availability.coverage_percent)]
    rows += [
        _policies_row(service.name, service.policies, service.availability.coverage_percent)
        for service in in_table(view.analysis.services)
    ]
    measured = view.analysis.availability.measured_s > 0
    return Table(
        "policies",
        "Availability by policy",
        (
            Heading("Service"),
            Heading("Without unknown", number=True, unit="%"),
            Heading("Without maintenance", number=True, unit="%"),
            Heading("After re-checks", number=True, unit="%"),
            Heading("Raw", number=True, unit="%"),
            Heading("Coverage", number=True, unit="%"),
        ),
        tuple(rows) if measured else (),
        empty=f"No data between {view.between}.",
        note="“Without unknown” is the availability of all other tables; Method has the formulas.",
    )


def _policies_row(name: str, found: UptimeByPolicy, coverage: float | None) -> tuple[Cell, ...]:
    values = (found.without_unknown, found.without_maintenance, found.rechecked, found.raw)
    return (
        Cell(name),
        *(Cell(percent_cell(value, 3), number=True, value=value) for value in values),
        Cell(percent_cell(coverage), number=True, muted=True, value=coverage),
    )


def budgets_table(view: ReportView) -> Table:
    """The error budget of each objective, and how fast it burns."""
    rows = []
    for budget in view.analysis.budgets:
        used = budget.used_percent
        over = used is not None and used >= 100
        burn = ", ".join(
            f"{each.rate:.1f} in {duration(each.seconds)}" for each in budget.burn if each.rate is not None
        )
        rows.append(
            (
                Cell(budget.slo.name),
                Cell(listed(budget.slo.services) if budget.slo.services else "all services"),
                Cell(f"{budget.slo.objective:g} % in {duration(budget.slo.window)}", value=budget.slo.objective),
                Cell(duration(budget.budget_s), number=True, value=budget.budget_s),
                Cell(
                    percent(used) if used is not None else "nothing measured",
                    Tone.CRITICAL if over else Tone.PLAIN,
                    number=True,
                    value=used,
                ),
                Cell(burn or MISSING),
            )
        )
    return Table(
        "budgets",
        "Error budgets",
        (
            Heading("Objective"),
            Heading("Services"),
            Heading("Target", unit="%"),
            Heading("Budget", number=True, unit="s"),
            Heading("Used", number=True, unit="%"),
            Heading("Burn rate"),
        ),
        tuple(rows),
        empty="No service level objective is configured: [[slos]] sets one.",
        note="A burn rate of 1 uses the budget up exactly at the end of the objective's window.",
    )


def reliability_table(view: ReportView) -> Table:
    """How often services fail, for how long, and of what."""
    found, handled = view.analysis.reliability, view.analysis.handling
    frequency = view.analysis.frequency

    def row(label: str, seconds: float | None, why: str) -> tuple[Cell, ...]:
        shown = duration(seconds) if seconds is not None else why
        return (Cell(label), Cell(shown, number=True, muted=seconds is None, value=seconds))

    trend = frequency.trend.direction if frequency.trend is not None else "too few days for a trend"
    outages = len(view.analysis.outages)
    together = f"{found.incidents} in {outages} outage{'s' * (outages != 1)}"
    often = f"{together}, {frequency.per_day:.2f} outages a day ({trend})"
    causes = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found.causes.items())
    rows = (
        (
            Cell("Incidents"),
            Cell(often, number=True, value=found.incidents),
        ),
        row("Mean time between failures (MTBF)", found.mtbf_s, "no incident"),
        row("Mean time to recover (MTTR)", found.mttr_s, "no incident ended"),
        row("Mean time to acknowledge (MTTA)", handled.mtta_s, "no alert was acknowledged"),
        (Cell("Causes"), Cell(causes or "no incident", number=True, value=causes)),
    )
    measured = view.analysis.availability.measured_s > 0
    return Table(
        "reliability",
        "How often, and for how long",
        (Heading("Measure"), Heading("Value", number=True)),
        rows if measured else (),
        empty=f"No data between {view.between}.",
    )
