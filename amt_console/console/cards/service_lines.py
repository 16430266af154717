"""What a service's card tells in lines: its head, its alerts, its last errors. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.console.cards.facts import uptime_words
from amt_console.model import AlertState, AlertView, ServiceState, ServiceView, StateSpan
from amt_console.model.queries.states import StateHistory
from amt_console.operations.protocol import RecentProbe, ServiceDetail
from amt_console.text import (
    ONGOING,
    SEVERITY_WORDS,
    duration,
    follows_words,
    milliseconds,
    near_moment,
    percent,
    reason_of,
    short_moment,
)
from widgets.ages import span_words
from widgets.cells import Run, Runs, clean, crop, joined, padded, runs_width, width_of
from widgets.look import Look

ENDS_SOON_DAYS = 30
"""A certificate that ends sooner is told in the head."""
ENDS_VERY_SOON_DAYS = 7
_MOST_ERRORS = 8
_DAY = 86400


def head(
    view: ServiceView,
    alert: AlertView | None,
    subjects: dict[int, str],
    now: datetime,
    look: Look,
    *,
    take_key: str,
    width: int,
) -> list[Runs]:
    """State since when and why, who has it, the main figures, where it is.

    Args:
        view: The service.
        alert: Its worst open alert.
        subjects: Subjects of open alerts by number.
        now: The moment that is told of.
        look: Colours and alphabet.
        take_key: The key that acknowledges; empty where nothing can be done.
        width: Cells of a line.
    """
    palette = look.palette
    style = look.state_style(view.state)
    since = (
        f"  since {near_moment(view.since, now, look.zone)}, for {look.age_words(view.since, now)}"
        if view.since
        else ""
    )
    lines: list[Runs] = [[look.state(view.state), ("  ", palette.text), (view.name, palette.strong), (since, style)]]
    if view.error:
        name = f"{view.error_class.value}: " if view.error_class else ""
        lines.append([(f"{name}{view.error}", style)])
    if alert is not None:
        lines.append(alert_words(alert, subjects, now, look, take_key=take_key))
    figures = [("24 h", uptime_words(view))]
    if view.response_time_ms is not None:
        figures.insert(0, ("response", milliseconds(view.response_time_ms)))
    if view.p95_ms is not None:
        figures.append(("p95", milliseconds(view.p95_ms)))
    if view.error_rate_percent_1h is not None:
        figures.append(("errors 1 h", percent(view.error_rate_percent_1h)))
    figures.append(("checked", look.ago_words(view.last_checked, now)))
    told: list[Runs] = [[(f"{label} ", palette.muted), (value, palette.text)] for label, value in figures]
    lines.extend(flowed(told, ("   ", palette.text), width))
    where = [view.url, view.group, f"{view.criticality.value}, every {span_words(view.interval)}"]
    lines.extend(flowed([[(text, palette.muted)] for text in where if text], (look.dot, palette.faint), width))
    certificate = certificate_words(view.tls_expires_at, now, look)
    if certificate:
        lines.append(certificate)
    if view.runbook:
        lines.append([("runbook ", palette.muted), (view.runbook, palette.accent)])
    return lines


def flowed(parts: Sequence[Runs], separator: Run, width: int) -> list[list[Run]]:
    """Parts one after the other, on as many lines as they need; none is broken."""
    lines: list[list[Runs]] = [[]]
    used = 0
    for part in parts:
        size = runs_width(part) + (width_of(separator[0]) if lines[-1] else 0)
        if lines[-1] and used + size > width:
            lines.append([])
            size, used = runs_width(part), 0
        lines[-1].append(part)
        used += size
    return [joined(each, separator) for each in lines if each]


def alert_words(alert: AlertView, subjects: dict[int, str], now: datetime, look: Look, *, take_key: str) -> list[Run]:
    """An open alert in one line: number, severity, who has it."""
    palette = look.palette
    runs: list[Run] = [
        (f"alert #{alert.id} ", palette.muted),
        (SEVERITY_WORDS[alert.severity], look.severity_style(alert.severity)),
        (look.dot, palette.faint),
    ]
    if alert.acknowledged_by is not None:
        held = f"{alert.acknowledged_by} has it for {look.age_words(alert.acknowledged_at, now)}"
        return [*runs, (held, palette.accent), (f": {alert.note}" if alert.note else "", palette.text)]
    if alert.follows_from is not None:
        return [*runs, (follows_words(alert.follows_from, subjects), palette.text)]
    takes = take_key and alert.is_confirmed
    return [*runs, (f"nobody has it{f'; {take_key} acknowledges it' if takes else ''}", palette.warning)]


def certificate_words(ends_at: datetime | None, now: datetime, look: Look, *, always: bool = False) -> list[Run]:
    """When the certificate ends, if that is soon."""
    if ends_at is None:
        return []
    palette = look.palette
    left = (ends_at - now).total_seconds()
    if left > ENDS_SOON_DAYS * _DAY and not always:
        return []
    words = f"ended {duration(-left)} ago" if left < 0 else f"ends in {duration(left)}, {look.local(ends_at):%Y-%m-%d}"
    style = palette.critical if left < ENDS_VERY_SOON_DAYS * _DAY else palette.warning
    return [("certificate ", palette.muted), (words, style if left <= ENDS_SOON_DAYS * _DAY else palette.text)]


def alerts_of(name: str, detail: ServiceDetail | None, shown: Sequence[AlertView]) -> tuple[AlertView, ...]:
    """The alerts of a service as they are now: the open ones, worst first, then the ended ones, newest first."""
    known = {each.id: each for each in shown if each.subject == name}
    opened = [each for each in shown if each.subject == name and each.state is not AlertState.RESOLVED]
    ended = [known.get(each.id, each) for each in (detail.alerts if detail is not None else ())]
    others = [each for each in ended if each.id not in {one.id for one in opened}]
    return (*opened, *sorted(others, key=lambda each: each.opened_at, reverse=True))


def alert_lines(alerts: Sequence[AlertView], chosen: int | None, now: datetime, look: Look) -> list[Runs]:
    """A line per alert; the chosen one has a mark.

    Args:
        alerts: Open ones first.
        chosen: Index of the one that is opened; ``None`` where none can be.
        now: The moment that is told of.
        look: Colours and alphabet.
    """
    palette = look.palette
    if not alerts:
        return [[("none", palette.muted)]]
    subjects = {each.id: each.subject for each in alerts}
    lines: list[Runs] = []
    for at, view in enumerate(alerts):
        ended = view.state is AlertState.RESOLVED
        text, style = look.severity(view.severity)
        plain = palette.muted if ended else look.severity_style(view.severity)
        mark = "" if chosen is None else look.glyph("▸ ", "> ") if at == chosen else "  "
        begun = short_moment(view.opened_at, now, look.zone)
        lasted = ((view.resolved_at or now) - view.opened_at).total_seconds()
        who = view.acknowledged_by or ("" if ended else "nobody")
        if view.follows_from is not None and view.acknowledged_by is None:
            who = follows_words(view.follows_from, subjects)
        runs: list[Run] = [
            (mark, palette.accent),
            (f"#{view.id:<5}", palette.muted),
            (text, palette.muted if ended else style),
            (" " * (11 - len(text)), palette.text),
            (f"{begun} ", palette.muted),
            (f"{duration(lasted) if ended else look.lasting(lasted):>7}{'' if ended else ONGOING:<2} ", plain),
            (f"{who}  " if who else "", palette.accent),
            (reason_of(view.message, view.subject), palette.muted if ended else palette.text),
        ]
        lines.append([(part, look_style + palette.cursor_blur) for part, look_style in runs] if at == chosen else runs)
    return lines


def error_lines(spans: Sequence[StateSpan], probes: Sequence[RecentProbe], now: datetime, look: Look) -> list[Runs]:
    """The last times of trouble, newest first: when, how long, why; then single failed checks outside of them."""
    palette = look.palette
    trouble = [span for span in spans if span.state in (ServiceState.DOWN, ServiceState.DEGRADED)]
    rows: list[tuple[datetime, list[Run]]] = []
    for span in trouble:
        text, style = look.state(span.state)
        still = span is spans[-1]
        length = duration(span.seconds) + (ONGOING if still else "")
        runs = [
            (text, style),
            (" " * (8 - len(text)), palette.text),
            (f"{length:<8} ", palette.text),
            (span.error or "", palette.text),
        ]
        rows.append((span.start, runs))
    for probe in probes:
        inside = any(span.start <= probe.timestamp <= span.end for span in trouble)
        if probe.error is not None and not inside:
            rows.append((probe.timestamp, [("failed check     ", palette.muted), (probe.error, palette.text)]))
    rows.sort(key=lambda row: row[0], reverse=True)
    lines: list[Runs] = [
        [(f"{short_moment(at, now, look.zone)}  ", palette.muted), *runs] for at, runs in rows[:_MOST_ERRORS]
    ]
    if len(rows) > _MOST_ERRORS:
        lines.append([(f"and {len(rows) - _MOST_ERRORS} more in this range", palette.muted)])
    return lines


def event_lines(history: StateHistory, now: datetime, look: Look, most: int) -> list[Runs]:
    """The times of trouble of all services, newest first: when, which, how long, why."""
    palette = look.palette
    rows = sorted(
        (
            (span.start, name, span, span is spans[-1])
            for name, spans in history.spans.items()
            for span in spans
            if span.state in (ServiceState.DOWN, ServiceState.DEGRADED)
        ),
        key=lambda row: (row[0], row[1]),
        reverse=True,
    )
    if not rows:
        return [[("nothing was down or slow", palette.muted)]]
    rows_shown = rows[: most if len(rows) <= most else most - 1]
    width = min(30, max(width_of(clean(name)) for _, name, _, _ in rows))
    begins = {at: short_moment(at, now, look.zone) for at, *_ in rows_shown}
    begin_width = max(map(len, begins.values()), default=0)
    lines: list[Runs] = []
    for at, name, span, still in rows_shown:
        text, style = look.state(span.state)
        length = duration(span.seconds) + (ONGOING if still else "")
        lines.append(
            [
                (f"{begins[at]:<{begin_width}}  ", palette.muted),
                (text, style),
                (" " * (8 - len(text)), palette.text),
                (f"{padded(crop(clean(name), width, look.ellipsis), width)}  ", palette.text),
                (f"{length:<8} ", look.state_style(span.state) if still else palette.muted),
                (span.error or "", palette.muted),
            ]
        )
    if len(rows) > len(lines):
        lines.append([(f"and {len(rows) - len(lines)} more", palette.muted)])
    return lines


def measured_words(detail: ServiceDetail) -> str:
    """The uptime of the range, with the measured part."""
    covered = detail.coverage_percent
    if detail.uptime_percent is None:
        return "nothing was measured"
    if covered < 50:
        return f"not enough data: {covered:.0f} % of the time was measured"
    return f"{percent(detail.uptime_percent, 2)} up" + (f" of the {covered:.0f} % measured" if covered < 90 else "")
