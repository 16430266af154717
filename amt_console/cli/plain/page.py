"""One page of plain text: what is wrong, since when, who has it, and why. In words, for ears as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.cells import cell_len, chop_cells

from amt_console.cli.printing.states import counts_words, monitor_words, who_has
from amt_console.model import (
    AlertState,
    AlertView,
    BusinessFigures,
    Figure,
    FigureKind,
    FigureUnit,
    MonitorState,
    ServiceState,
    ServiceView,
    Snapshot,
)
from amt_console.text import (
    ALERT_STATE_WORDS,
    MISSING,
    SEVERITY_WORDS,
    age,
    figure_text,
    jobs_words,
    near_moment,
    percent,
    reason_of,
    safe_text,
    soon_moment,
    unread_words,
)

LEAST_WIDTH = 20
_INDENT = 2
_STATES = {
    ServiceState.DOWN: "DOWN",
    ServiceState.DEGRADED: "SLOW",
    ServiceState.UNKNOWN: "UNKNOWN",
    ServiceState.MAINTENANCE: "MAINTENANCE",
}
_FIGURES: Mapping[FigureKind, tuple[str, tuple[tuple[str, str], ...]]] = {
    FigureKind.REVENUE: ("Revenue", (("mrr", "MRR"), ("arr", "ARR"), ("churn_rate", "churn"), ("arpu", "ARPU"))),
    FigureKind.CHATBOT: (
        "Chatbot",
        (("conversations", "conversations"), ("satisfaction", "satisfaction"), ("resolution_rate", "resolved")),
    ),
    FigureKind.OVERVIEW: (
        "Users",
        (("total_users", "total"), ("daily_active_users", "active today"), ("concurrent_users", "online")),
    ),
}


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page says beside the snapshot."""

    attached_to: str | None = None
    is_monitor: bool = False
    notices: tuple[str, ...] = ()
    """Notices about this process."""
    trouble: str | None = None
    """Why nothing newer could be read."""
    zone: tzinfo | None = None
    """Of all times; ``None`` is the host's."""


def page(snapshot: Snapshot, now: datetime, beside: PageContext, width: int) -> list[str]:
    """The lines of a page, each of at most ``width`` cells."""
    return fitted(_lines(snapshot, now, beside), width)


def fitted(lines: Iterable[str], width: int) -> list[str]:
    """Lines of at most ``width`` cells."""
    return [part for line in lines for part in _wrapped(line, max(LEAST_WIDTH, width))]


def news_of(snapshot: Snapshot, beside: PageContext) -> object:
    """What a new page is printed for: states, alerts, owners, notices; no measured value and no age."""
    alerts = tuple(
        (each.id, each.severity, each.state, each.acknowledged_by, each.mute, each.note) for each in snapshot.alerts
    )
    services = tuple((each.name, each.state, each.error_class) for each in _not_up(snapshot))
    here = (beside.attached_to, beside.is_monitor, beside.notices, beside.trouble)
    return snapshot.overall, snapshot.monitor.state, alerts, services, snapshot.notices, here


def _lines(snapshot: Snapshot, now: datetime, beside: PageContext) -> Iterator[str]:
    moment = snapshot.at or now
    local = moment.astimezone(beside.zone)
    past = "" if snapshot.at is None else "PAST "
    yield f"{past}{snapshot.overall.value.upper()} at {local:%Y-%m-%d %H:%M:%S %Z}: {counts_words(snapshot)}"
    if beside.trouble is not None:
        yield f"No fresh data: {beside.trouble}"
    if snapshot.at is None or snapshot.monitor.state is not MonitorState.RUNNING:
        yield f"Monitor: {_monitor(snapshot, moment, beside)}"
    for fault in snapshot.faults:
        yield f"FAULT: {fault}"
    yield from _alerts(snapshot, moment, beside.zone)
    for service in _not_up(snapshot):
        yield _service(service, moment, beside.zone)
    yield from _host(snapshot)
    yield from _figures(snapshot, moment, beside.zone)
    if snapshot.heartbeats:
        yield f"Jobs: {jobs_words(snapshot.heartbeats)}"
    if snapshot.on_call:
        people = (
            f"{safe_text(each.person or 'nobody', 64)}"
            f"{f' until {soon_moment(each.until, moment, beside.zone)}' if each.until else ''}"
            for each in snapshot.on_call
        )
        yield f"On call: {', '.join(people)}"
    for notice in dict.fromkeys((*beside.notices, *snapshot.notices)):
        if notice not in snapshot.faults:
            yield f"Note: {notice}"


def _monitor(snapshot: Snapshot, now: datetime, beside: PageContext) -> str:
    if beside.is_monitor and snapshot.monitor.last_cycle_at is None:
        return "this process, no result yet"
    if snapshot.monitor.state is not MonitorState.RUNNING:
        return monitor_words(snapshot, now).removeprefix("monitor ")
    last = snapshot.monitor.last_cycle_at
    heard = "no result yet" if last is None else f"last result {age(last, now)} ago"
    if beside.is_monitor:
        return f"this process, {heard}"
    where = beside.attached_to or f"pid {snapshot.monitor.pid} on {snapshot.monitor.host}"
    return f"{where}, {heard}"


def _alerts(snapshot: Snapshot, now: datetime, zone: tzinfo | None) -> Iterator[str]:
    if not snapshot.alerts:
        yield "Alerts: none"
        return
    subjects = {alert.id: alert.subject for alert in snapshot.alerts}
    yield f"Alerts: {len(snapshot.alerts)}"
    for alert in snapshot.alerts:
        state = "" if alert.state is AlertState.FIRING else f", {ALERT_STATE_WORDS[alert.state]}"
        since = f"for {age(alert.opened_at, now)} since {near_moment(alert.opened_at, now, zone)}"
        note = f" Note: {safe_text(alert.note)}" if alert.note else ""
        yield (
            f"{SEVERITY_WORDS[alert.severity]} {alert.subject}{state}, {since}, {_owner(alert, subjects, now)}: "
            f"{reason_of(alert.message, alert.subject)} (alert {alert.id}){note}"
        )


def _owner(alert: AlertView, subjects: Mapping[int, str], now: datetime) -> str:
    if alert.acknowledged_by is None:
        who = who_has(alert, subjects)
        return "nobody has it" if who == "nobody" else who
    since = "" if alert.acknowledged_at is None else f" for {age(alert.acknowledged_at, now)}"
    return f"{alert.acknowledged_by} has it{since}"


def _not_up(snapshot: Snapshot) -> list[ServiceView]:
    return [service for service in snapshot.services if service.state is not ServiceState.UP]


def _service(service: ServiceView, now: datetime, zone: tzinfo | None) -> str:
    began = service.since
    since = "" if began is None else f" for {age(began, now)} since {near_moment(began, now, zone)}"
    why = f": {service.error}" if service.error else ", not checked yet" if service.last_checked is None else ""
    return f"{_STATES[service.state]} {service.name}{since}{why}"


def _host(snapshot: Snapshot) -> Iterator[str]:
    sample = snapshot.resources.sample
    if sample is not None:
        figures = (("CPU", sample.cpu_usage), ("memory", sample.memory_usage), ("disk", sample.disk_usage))
        words = ", ".join(f"{name} {'not known' if value is None else percent(value)}" for name, value in figures)
        connections = "" if sample.active_connections is None else f", {sample.active_connections} connections"
        yield f"Host: {words}{connections}"


def _figures(snapshot: Snapshot, now: datetime, zone: tzinfo | None) -> Iterator[str]:
    for kind, (title, wanted) in _FIGURES.items():
        fault, read = snapshot.figure_faults.get(kind), snapshot.figures.get(kind)
        words = [] if fault is None else [unread_words(fault, now, zone)]
        if read is not None:
            words += [f"{label} {_figure(read, name)}" for name, label in wanted]
            words.append(f"read {age(read.timestamp, now)} ago")
        if words:
            yield f"{title}: {', '.join(words)}"


def _figure(read: BusinessFigures, name: str) -> str:
    figure = read.figures.get(name, Figure(None, "not read"))
    if figure.value is None or isinstance(figure.value, tuple):
        return f"missing ({figure.reason or 'no single value'})"
    suspect = f" (suspect: {figure.suspect})" if figure.suspect else ""
    try:
        return f"{figure_text(figure.value, FigureUnit(figure.unit or FigureUnit.COUNT))}{suspect}"
    except ValueError:  # the unit is a currency
        return f"{figure_text(figure.value, FigureUnit.MONEY)} {figure.unit}{suspect}"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells, broken between words where that can be."""
    lines, line = [], ""
    for word in safe_text(text, 2000).replace(MISSING, "-").split():
        lead = f"{line} " if line.strip() else line
        if cell_len(lead + word) <= width:
            line = lead + word
            continue
        if line.strip():
            lines.append(line)
            line = " " * _INDENT
        while cell_len(line + word) > width:
            part = chop_cells(word, width - cell_len(line))[0]
            lines.append(line + part)
            word, line = word[len(part) :], " " * _INDENT
        line += word
    return [*lines, line] if line.strip() else lines or [""]
