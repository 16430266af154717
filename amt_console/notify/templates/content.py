"""What a message says, before any channel gives it a form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.model.states import AlertState, AlertType, Resolution, Severity
from amt_console.notify.templates.phrases import fitted, short_name, span, what_is_wrong
from amt_console.text import SEVERITY_WORDS, alert_amount, plural, safe_text

SUBJECT_CHARS = 60
"""A phone's lock screen shows as much of one line."""
MOST_LINES = 12
"""Alerts of a group that are named one by one."""
_SHOWN_SINCE = 60.0
"""Seconds; a shorter age says nothing."""
_LATE = 60.0
"""Seconds; a message that is later says so."""
_LINE_CHARS = 140
_MOST_CHARS = 4000
"""Of a note, the longest text that people write."""


class MessageTone(StrEnum):
    """The colour of a message."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Line:
    """One alert of a group."""

    tone: MessageTone
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A message for people, in plain text throughout; each channel escapes it."""

    subject: str
    """At most 60 characters; says everything that matters."""
    tone: MessageTone
    headline: str
    """What is wrong, in one sentence without a limit of 60 characters."""
    marks: tuple[str, ...] = ()
    """What must not be overlooked: that it is a drill, or late."""
    facts: tuple[tuple[str, str], ...] = ()
    """Labels and values."""
    lines: tuple[Line, ...] = ()
    """Of a group, worst first."""
    more: int = 0
    """Alerts of the group that are not among the lines."""
    text: str | None = None
    """Of digests, hand-overs and reports: the message itself, several lines."""
    answer: str | None = None
    """The first line of the failing answer."""
    runbook: str | None = None
    acknowledge_url: str | None = None
    command: str | None = None
    """What to type to acknowledge."""


def content_of(message: Message, zone: tzinfo | None = None) -> Content:
    """What a message says.

    Args:
        message: One alert, several, or a text.
        zone: The readers' time zone, shown beside UTC; the host's by default.
    """
    if not message.notices:
        return _of_text(message)
    return _of_one(message, message.notices[0], zone) if len(message.notices) == 1 else _of_many(message)


def single(message: Message, notice: Notice) -> Message:
    """The message about one of the alerts of a group, as if it had been sent alone."""
    if len(message.notices) == 1:
        return message
    ended = notice.state is AlertState.RESOLVED
    kind = NoticeKind.RESOLVED if ended else NoticeKind.FIRED if message.kind is NoticeKind.DIGEST else message.kind
    return replace(message, kind=kind, notices=(notice,))


def _of_one(message: Message, notice: Notice, zone: tzinfo | None) -> Content:
    ended = notice.state is AlertState.RESOLVED
    open_page = not ended and message.kind is not NoticeKind.ACKNOWLEDGED
    return Content(
        subject=_subject(message, notice, SUBJECT_CHARS),
        tone=_tone(notice),
        headline=safe_text(_headline(message, notice), _MOST_CHARS),
        marks=_marks(message),
        facts=tuple((label, safe_text(value, _MOST_CHARS)) for label, value in _facts(message, notice, zone)),
        answer=safe_text(notice.answer_line, _MOST_CHARS) if notice.answer_line and not ended else None,
        runbook=notice.runbook,
        acknowledge_url=message.acknowledge_url if open_page else None,
        command=f"amt-console alerts ack {notice.alert_id}" if open_page and notice.alert_id else None,
    )


def _of_many(message: Message) -> Content:
    notices = message.notices
    shown = notices[:MOST_LINES]
    still_open = [notice for notice in notices if notice.state is not AlertState.RESOLVED]
    names = ", ".join(dict.fromkeys(short_name(notice.subject) for notice in notices))
    lead = "DIGEST " if message.kind is NoticeKind.DIGEST else ""
    return Content(
        subject=_marked(message, f"{lead}{_counts(notices)}: ", names, ""),
        tone=_tone(still_open[0]) if still_open else MessageTone.GOOD,
        headline=f"{plural(len(notices), 'alert')}: {_counts(notices)}",
        marks=_marks(message),
        facts=(("Why you get this", message.reason),) if message.reason else (),
        lines=tuple(Line(_tone(notice), _line(message, notice)) for notice in shown),
        more=len(notices) - len(shown),
        text=message.text,
        acknowledge_url=message.acknowledge_url if still_open else None,
        command="amt-console alerts list" if still_open else None,
    )


def _of_text(message: Message) -> Content:
    text = safe_text(message.text or "", 20_000, keep_newlines=True).strip()
    if message.kind is NoticeKind.TEST:
        start = f"TEST of channel {message.channel}"
        text = text or "If you can read this, messages of amt-console arrive here."
    else:
        start = next((line.strip() for line in text.splitlines() if line.strip()), str(message.kind).capitalize())
    return Content(
        subject=_marked(message, "", start, ""),
        tone=MessageTone.INFO,
        headline=start,
        marks=_marks(message),
        facts=(("Why you get this", message.reason),) if message.reason else (),
        text=text.removeprefix(start).strip() or None,
    )


def _subject(message: Message, notice: Notice, width: int) -> str:
    name = short_name(notice.subject)
    if notice.state is AlertState.RESOLVED:
        return _marked(message, f"{_ended_word(notice)} {name}", _recovery(notice), _after(notice), width)
    if message.kind is NoticeKind.ACKNOWLEDGED:
        return _marked(message, "ACKNOWLEDGED ", f"{name} by {notice.owner or 'somebody'}", "", width)
    severity = SEVERITY_WORDS[notice.severity]
    if message.kind is NoticeKind.FLAPPING:
        times = f"{_ordinal(notice.times_today)} time today" if notice.times_today else "up and down"
        return _marked(message, f"{severity} {name} is flapping, ", times, "", width)
    lead = {NoticeKind.REMINDER: "STILL ", NoticeKind.SEVERITY: "NOW "}.get(message.kind, "")
    seen, cut = what_is_wrong(notice)
    return _marked(message, f"{lead}{severity} {seen}", cut, _for(message, notice), width)


def _marked(message: Message, start: str, middle: str, end: str, width: int = SUBJECT_CHARS) -> str:
    drill = "DRILL " if _is_drill(message) else ""
    if message.delayed_seconds >= _LATE:
        end = f", {span(message.delayed_seconds)} late"
    return safe_text(fitted(drill + start, middle, end, width), width)


def _is_drill(message: Message) -> bool:
    return message.drill or message.kind is NoticeKind.DRILL


def _headline(message: Message, notice: Notice) -> str:
    if notice.state is AlertState.RESOLVED:
        return f"{notice.subject}{_recovery(notice)}{_after(notice)}"
    if message.kind is NoticeKind.ACKNOWLEDGED:
        return f"{notice.owner or 'Somebody'} has it: {notice.message}"
    return notice.message


def _line(message: Message, notice: Notice) -> str:
    plain = Message(message.id, NoticeKind.FIRED, message.channel, message.receiver, message.created_at)
    return f"{_subject(plain, notice, _LINE_CHARS)}, alert {notice.alert_id}"


def _marks(message: Message) -> tuple[str, ...]:
    marks = []
    if _is_drill(message):
        marks.append("DRILL: this is a rehearsal, nothing is broken")
    elif any(notice.simulated for notice in message.notices):
        marks.append("DEMO: this is a simulated alert")
    if message.delayed_seconds >= _LATE:
        marks.append(f"delayed {span(message.delayed_seconds)}: it could not be sent earlier")
    return tuple(marks)


def _facts(message: Message, notice: Notice, zone: tzinfo | None) -> list[tuple[str, str]]:
    resolved = notice.state is AlertState.RESOLVED
    found = [("Severity", SEVERITY_WORDS[notice.severity].lower()), ("Since", both_zones(notice.opened_at, zone))]
    if notice.resolved_at is not None:
        found.append(("Until", both_zones(notice.resolved_at, zone)))
    if notice.duration_seconds is not None:
        found.append(("Lasted", span(notice.duration_seconds)))
    if notice.value is not None and notice.threshold is not None and not resolved:
        shown, limit = (alert_amount(notice.alert_type, each) for each in (notice.value, notice.threshold))
        found.append(("Value", f"{shown}, limit {limit}"))
    if resolved:
        found.append(("Was", notice.message))
    if notice.owner:
        found.append(("Owner", notice.owner))
    elif not resolved:
        found.append(("Owner", "nobody yet"))
    if notice.note:
        found.append(("Note", notice.note))
    if notice.group:
        found.append(("Group", notice.group))
    if notice.followers and not resolved:
        found.append(("Follow from it", plural(notice.followers, "alert")))
    if notice.times_today > 1:
        found.append(("Today", f"{_ordinal(notice.times_today)} time"))
    if notice.level > 1:
        found.append(("Escalation", f"level {notice.level}"))
    if message.reason:
        found.append(("Why you get this", message.reason))
    if notice.alert_id:
        found.append(("Alert", str(notice.alert_id)))
    return found


def _tone(notice: Notice) -> MessageTone:
    return MessageTone.GOOD if notice.state is AlertState.RESOLVED else MessageTone(notice.severity.value)


def _counts(notices: Sequence[Notice]) -> str:
    counted = Counter(
        "RESOLVED" if notice.state is AlertState.RESOLVED else SEVERITY_WORDS[notice.severity] for notice in notices
    )
    order = [*(SEVERITY_WORDS[each] for each in sorted(Severity, key=lambda each: -each.rank)), "RESOLVED"]
    return ", ".join(f"{counted[word]} {word}" for word in order if counted[word])


def _ended_word(notice: Notice) -> str:
    return "CLOSED" if notice.resolution in (Resolution.MANUAL, Resolution.RULE_REMOVED) else "RESOLVED"


def _recovery(notice: Notice) -> str:
    if notice.resolution == Resolution.MANUAL:
        return " was closed by hand"
    if notice.resolution == Resolution.RULE_REMOVED:
        return " is not watched any more"
    if notice.alert_type in (AlertType.SERVICE_DOWN, AlertType.DATABASE):
        return " is up again"
    return f": {str(notice.alert_type).replace('_', ' ')} is normal again"


def _after(notice: Notice) -> str:
    return "" if notice.duration_seconds is None else f" after {span(notice.duration_seconds)}"


def _for(message: Message, notice: Notice) -> str:
    seconds = (message.created_at - notice.opened_at).total_seconds()
    return f" for {span(seconds)}" if seconds >= _SHOWN_SINCE else ""


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def both_zones(moment: datetime, zone: tzinfo | None) -> str:
    """``2026-11-26 12:45:10 UTC (13:45 CET)``; without the bracket where the zone is UTC."""
    here = moment.astimezone(zone)
    shown = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not here.utcoffset():
        return shown
    day = "" if here.date() == moment.astimezone(UTC).date() else f"{here:%Y-%m-%d} "
    return f"{shown} ({day}{here:%H:%M %Z})"
