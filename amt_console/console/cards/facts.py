"""Formats values of the model as styled lines for the detail screens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.model import (
    AlertState,
    AlertView,
    KeptAnswer,
    LocationView,
    Phases,
    ServiceView,
)
from amt_console.operations.protocol import RecentProbe, StateChange
from amt_console.text import (
    ALERT_STATE_WORDS,
    STATE_WORDS,
    follows_words,
    milliseconds,
    near_moment,
    percent,
    reason_of,
    safe_text,
)
from widgets.ages import span_words
from widgets.cells import Run, Runs, clean, padded, width_of
from widgets.look import Look

_MOST_OF_ANSWER = 4096
_FOLDED_FROM = 2
"""More consecutive events about missing and returning data than this become one line."""
EVENT_INDENT = 19
"""Cells of an event line before its text: the time and the mark."""
_MOST_OF_ANSWER = 4096
_PHASES = (
    ("dns", "dns_ms"),
    ("connect", "connect_ms"),
    ("tls", "tls_ms"),
    ("first byte", "first_byte_ms"),
    ("transfer", "transfer_ms"),
)
_PHASE_BAR = 30


def fact(label: str, value: str, look: Look, *, width: int = 14) -> list[Run]:
    """A label and its value."""
    palette = look.palette
    return [(f"{label:<{width}}", palette.muted), (look.value(value), palette.text)]


def alert_line(alert: AlertView, now: datetime, look: Look, *, follows: str | None = None) -> Runs:
    """An alert row in full: reason, age, owner and note."""
    palette = look.palette
    runs: list[Run] = [
        (f"{alert.subject}: ", palette.strong),
        (reason_of(alert.message, alert.subject), palette.text),
    ]
    if alert.state is AlertState.RESOLVED:
        runs.append((f"{look.dot}ended {look.ago_words(alert.resolved_at, now)}", palette.muted))
    else:
        runs.append((f"{look.dot}since {near_moment(alert.opened_at, now, look.zone)}", palette.muted))
    if alert.stale:
        runs.append((f"{look.dot}no fresh data", palette.warning))
    if follows is not None:
        runs.append((f"{look.dot}{follows}", palette.muted))
    if alert.acknowledged_by is not None:
        runs.append(
            (f"{look.dot}{alert.acknowledged_by} for {look.age_words(alert.acknowledged_at, now)}", palette.accent)
        )
        if alert.note:
            runs.append((f": {alert.note}", palette.text))
    elif alert.note:
        runs.append((f"{look.dot}note: {alert.note}", palette.text))
    runs.extend((f"{look.dot}{words}", palette.muted) for words in mute_words(alert, now, look))
    return runs


def mute_words(alert: AlertView, now: datetime, look: Look) -> list[str]:
    """What holds the messages of an alert, and until when."""
    if alert.state is AlertState.RESOLVED:
        return []
    words: list[str] = []
    if alert.snoozed_by is not None:
        until = alert.snoozed_until
        how_long = "it recovers" if until is None else near_moment(until, now, look.zone)
        words.append(f"snoozed by {alert.snoozed_by} until {how_long}")
    if alert.silenced_by:
        words.append(f"silenced by {', '.join(alert.silenced_by)}")
    if alert.maintenance is not None:
        words.append(f"maintenance: {alert.maintenance}")
    return words


def followers_line(cause: AlertView, alerts: Sequence[AlertView], look: Look) -> Runs:
    """The alerts that follow from another one."""
    names = ", ".join(alert.subject for alert in alerts)
    return [(f"follow from {cause.subject}: ", look.palette.strong), (names, look.palette.text)]


def service_summary(view: ServiceView) -> str:
    """A service as a line of plain text, to be copied."""
    error = f", {view.error}" if view.error else ""
    return f"{view.name} {STATE_WORDS[view.state]}, {milliseconds(view.response_time_ms)}{error}, {view.url}"


def service_line(view: ServiceView, now: datetime, look: Look) -> Runs:
    """A service row in full: state, error, and the figures that a narrow table leaves out."""
    palette = look.palette
    since = f" for {look.age_words(view.since, now)}" if view.since else ""
    runs: list[Run] = [(f"{view.name}: ", palette.strong), (f"{STATE_WORDS[view.state]}{since}", palette.text)]
    if view.error:
        runs.append((f": {view.error}", palette.text))
    facts = [f"24 h: {uptime_words(view)}", f"checked {look.ago_words(view.last_checked, now)}"]
    if view.response_time_ms is not None and not view.error:
        facts.append(f"response {milliseconds(view.response_time_ms)}")
    facts.append(view.url)
    runs.append((look.dot + look.dot.join(facts), palette.muted))
    return runs


def uptime_words(view: ServiceView) -> str:
    """The uptime of the last 24 hours, with the measured part."""
    if view.coverage_percent_24h < 50 or view.uptime_percent_24h is None:
        return f"not enough data ({view.coverage_percent_24h:.0f} % measured)"
    part = f" of the {view.coverage_percent_24h:.0f} % measured" if view.coverage_percent_24h < 90 else ""
    return f"{percent(view.uptime_percent_24h, 2)} up{part}"


def service_head(view: ServiceView, now: datetime, look: Look) -> list[Runs]:
    """Name, state, its age, and the main figures."""
    palette = look.palette
    since = f" for {look.age_words(view.since, now)}" if view.since else ""
    lines: list[Runs] = [
        [
            look.state(view.state),
            (since, look.state_style(view.state)),
            ("  ", palette.text),
            (view.name, palette.strong),
        ],
        [
            (view.url, palette.muted),
            (f"  checked {look.ago_words(view.last_checked, now)}, every {span_words(view.interval)}", palette.muted),
        ],
    ]
    if view.error:
        name = f"{view.error_class.value}: " if view.error_class else ""
        lines.append([(f"{name}{view.error}", look.state_style(view.state))])
    figures = (
        ("response", milliseconds(view.response_time_ms)),
        ("p95 24 h", milliseconds(view.p95_ms)),
        ("24 h", uptime_words(view)),
        ("errors 1 h", percent(view.error_rate_percent_1h)),
    )
    runs: list[Run] = []
    for label, value in figures:
        runs.extend([(f"{label} ", palette.muted), (look.value(value), palette.text), ("   ", palette.text)])
    lines.append(runs)
    if view.runbook:
        lines.append([("runbook ", palette.muted), (view.runbook, palette.accent)])
    return lines


def seen_from(views: Sequence[LocationView], now: datetime, look: Look) -> list[Runs]:
    """A line per location: state and its age, response time, last check, error."""
    palette = look.palette
    width = max((width_of(clean(view.name)) for view in views), default=0)
    lines: list[Runs] = []
    for view in views:
        text, style = look.state(view.state)
        runs: list[Run] = [
            (f"{padded(clean(view.name), width)}  ", palette.text),
            (f"{text:<10}", style),
            (f"for {look.age_words(view.since, now):<7}", palette.muted),
            (f"{look.value(milliseconds(view.response_time_ms)):>8}  ", palette.text),
            (f"checked {look.ago_words(view.last_checked, now):<9}  ", palette.muted),
        ]
        lines.append([*runs, (view.error or "", style)])
    return lines


def phases(probe: RecentProbe | None, look: Look) -> list[Runs]:
    """The phases of the newest response time as bars on one scale."""
    palette = look.palette
    if probe is None:
        return [[("no answer in this window", palette.muted)]]
    parts: Phases = probe.phases
    values = [(label, getattr(parts, name)) for label, name in _PHASES]
    total = sum(value for _, value in values if value is not None) or 1.0
    lines: list[Runs] = []
    before = 0.0
    for label, value in values:
        if value is None:
            continue
        start = round(before / total * _PHASE_BAR)
        size = max(1, round((before + value) / total * _PHASE_BAR) - start)
        start = min(start, _PHASE_BAR - size)
        bar = " " * start + look.glyph("█", "#") * size
        lines.append(
            [
                (f"{label:<11}", palette.muted),
                (f"{milliseconds(value):>9}  ", palette.text),
                (f"{bar:<{_PHASE_BAR}}", palette.trend),
            ]
        )
        before += value
    lines.append([(f"{'total':<11}", palette.muted), (f"{milliseconds(probe.response_time_ms):>9}", palette.strong)])
    return lines


def labelled(pairs: Sequence[tuple[str, str]], look: Look) -> list[Runs]:
    """Labels and values, or ``none``."""
    if not pairs:
        return [[("none", look.palette.muted)]]
    width = min(22, max(len(label) for label, _ in pairs) + 2)
    return [fact(label, value, look, width=width) for label, value in pairs]


def alerts(views: Sequence[AlertView], now: datetime, look: Look) -> list[Runs]:
    """A line per alert."""
    palette = look.palette
    if not views:
        return [[("none", palette.muted)]]
    lines: list[Runs] = []
    for view in views:
        text, style = look.severity(view.severity)
        resolved = view.state is AlertState.RESOLVED
        who = f" {view.acknowledged_by} has it" if view.acknowledged_by and not resolved else ""
        if not who and view.follows_from is not None:
            who = f" {follows_words(view.follows_from, {each.id: each.subject for each in views})}"
        lines.append(
            [
                (f"{text:<11}", palette.muted if resolved else style),
                (f"{ALERT_STATE_WORDS[view.state]:<11}", palette.muted),
                (f"{look.age_words(view.opened_at, now) + ' ago':<11}", palette.muted),
                (reason_of(view.message, view.subject), palette.muted if resolved else palette.text),
                (who, palette.accent),
            ]
        )
    return lines


def changes(rows: Sequence[StateChange], now: datetime, look: Look) -> list[Runs]:
    """A line per change of state, newest first."""
    palette = look.palette
    if not rows:
        return [[("none in this window", palette.muted)]]
    lines: list[Runs] = []
    for row in rows:
        text, style = look.state(row.state)
        lines.append(
            [
                (f"{look.local(row.at):%d %b %H:%M:%S}  ", palette.muted),
                (f"{text:<10}", style),
                (row.error or "", palette.muted),
            ]
        )
    return lines


def probes(rows: Sequence[RecentProbe], now: datetime, look: Look) -> list[Runs]:
    """A line per probe, newest first."""
    palette = look.palette
    if not rows:
        return [[("none in this window", palette.muted)]]
    width = max(width_of(clean(row.location or "")) for row in rows)
    lines: list[Runs] = []
    for row in rows:
        text, style = look.state(row.state)
        status = str(row.status_code) if row.status_code is not None else look.missing
        again = f"re-check {row.attempt - 1} " if row.attempt > 1 else ""
        lines.append(
            [
                (f"{look.local(row.timestamp):%H:%M:%S}  ", palette.muted),
                (padded(clean(row.location or ""), width) + ("  " if width else ""), palette.text),
                (f"{text:<10}", style),
                (f"{look.value(milliseconds(row.response_time_ms)):>8}  ", palette.text),
                (f"{status:<4} ", palette.muted),
                (again, palette.warning),
                (row.error or "", style),
            ]
        )
    return lines


def answer(kept: KeptAnswer, look: Look) -> list[Runs]:
    """The kept answer of the service, line by line."""
    if kept.text is None:
        return [[(f"cannot be read: {kept.unavailable or 'unknown'}", look.palette.muted)]]
    text = safe_text(kept.text, _MOST_OF_ANSWER, keep_newlines=True)
    return [[(line, look.palette.text)] for line in text.expandtabs(4).splitlines() if line.strip()] or [
        [("empty", look.palette.muted)]
    ]
