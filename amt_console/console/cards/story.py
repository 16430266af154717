"""What happened to an alert, and who did something about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from amt_console.console.cards.alert_lines import COUNTED
from amt_console.model import AlertDetail, AlertEvent, AlertState
from amt_console.text import EVENT_WORDS, near_moment, reason_of
from widgets.cells import Run, Runs
from widgets.look import Look

INDENT = 19
"""Cells of a line before its text: the day, the time and the mark."""
INDENT_OF_TODAY = 12
"""The same where everything happened today: the time and the mark."""
_FOLDED_FROM = 2
"""More consecutive events about missing and returning data than this become one line."""
_TELLING: Mapping[str, int] = {
    **dict.fromkeys(("resolved", "cleared"), 10),
    **dict.fromkeys(("fired", "note"), 9),
    **dict.fromkeys(("acknowledged", "opened"), 8),
    **dict.fromkeys(("severity", "error_changed", "unacknowledged", "ack_expired"), 7),
    **dict.fromkeys(("snoozed", "relapsed", "recovering", "ack_revoked"), 6),
    **dict.fromkeys(("rated", "step", "snooze_ended", "undone"), 4),
}
"""What stays where there is room for a part of the story; of equals the newest."""
_LITTLE = 1


def story(detail: AlertDetail, look: Look, *, now: datetime | None = None) -> list[tuple[Runs, int]]:
    """A line per event, newest first, each with how telling it is; repeated gaps in the data become one line.

    The present reason of the alert is not repeated.

    Args:
        detail: The alert.
        look: Palette, alphabet and zone.
        now: Leaves the day out where all happened on the day of this moment.
    """
    events = sorted(detail.events, key=lambda event: event.seq, reverse=True)
    form = "%d %b %H:%M:%S  "
    if now is not None and all(look.local(event.at).date() == look.local(now).date() for event in events):
        form = "%H:%M:%S  "
    lines: list[tuple[Runs, int]] = []
    for stretch, group in groupby(events, key=lambda event: event.kind in ("stale", "fresh")):
        run = list(group)
        if stretch and len(run) > _FOLDED_FROM:
            lines.append((_stretch(run, look, form), _LITTLE))
        else:
            lines.extend((_event(each, detail, look, form), _TELLING.get(each.kind, _LITTLE)) for each in run)
    return lines


def indent_of(lines: Sequence[tuple[Runs, int]]) -> int:
    """Where the text of the lines begins."""
    return sum(len(text) for text, _ in lines[0][0][:2]) if lines else INDENT_OF_TODAY


def _stretch(events: Sequence[AlertEvent], look: Look, form: str) -> Runs:
    newest, oldest = events[0], events[-1]
    times = sum(event.kind == "stale" for event in events)
    words = f"{times} times without fresh data since {look.local(oldest.at):{form.strip()}}"
    return [
        (f"{look.local(newest.at):{form}}", look.palette.muted),
        (look.glyph("● ", "* "), look.palette.muted),
        (words, look.palette.text),
    ]


def _words(event: AlertEvent, look: Look) -> tuple[str, str]:
    """What happened, and what the person's name and note do not say of it."""
    words, detail = EVENT_WORDS.get(event.kind, event.kind), event.detail
    match event.kind:
        case "acknowledged" if event.actor is not None:
            from_whom = f"from {detail['from']}" if "from" in detail else ""
            if "owner" in detail:
                return "handed off", f"to {detail['owner']} {from_whom}".rstrip()
            return ("claimed" if from_whom else words), from_whom
        case "unacknowledged" | "note":
            return words, ""
        case "snoozed":
            until = detail.get("until")
            end = near_moment(datetime.fromisoformat(until), event.at, look.zone) if until else "it recovers"
            return words, f"until {end}"
        case "rated":
            return words, detail.get("rating", "")
        case "undone":
            return words, event.message.partition(": ")[2]
    return words, "" if event.note is not None else event.message


def _event(event: AlertEvent, detail: AlertDetail, look: Look, form: str) -> Runs:
    palette, subject = look.palette, detail.episode.subject
    _, style = look.severity(event.severity)
    mark = palette.ok if event.state is AlertState.RESOLVED else style
    lead: list[Run] = [(f"{look.local(event.at):{form}}", palette.muted), (look.glyph("● ", "* "), mark)]
    words, rest = _words(event, look)
    if event.kind == "error_changed" and event.detail:
        return [
            *lead,
            (words, palette.text),
            (f"  {event.detail.get('old_error', '')} {look.glyph('→', '->')} ", palette.muted),
            (event.detail.get("new_error", ""), palette.text),
        ]
    actor = f" by {event.actor}" if event.actor else ""
    lead.append((f"{words}{actor}", palette.accent if event.actor else palette.text))
    reason = reason_of(rest, subject)
    known = COUNTED.sub("", reason_of(detail.episode.message, subject))
    reason = "" if COUNTED.sub("", reason) == known else reason
    said = (reason, palette.muted), (event.note or "", palette.text)
    for at, (text, own) in enumerate(each for each in said if each[0]):
        lead += [(look.dot if at else "  ", palette.muted), (text, own)]
    return lead
