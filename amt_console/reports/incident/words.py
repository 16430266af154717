"""Sentences about an incident: its verdict, and the headings that people fill in."""

from __future__ import annotations

from amt_console.analysis.correlation import Moved
from amt_console.model import AlertState, FigureKind, Severity
from amt_console.operations.history.moved_words import signal_words, value_words
from amt_console.reports.incident.data import IncidentData
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.reports.words import brief
from amt_console.text import SEVERITY_WORDS, duration

FILL_IN: tuple[tuple[str, str], ...] = (
    ("Summary", "Two or three sentences for somebody who was not there: what happened, to whom, for how long."),
    ("Root cause", "What made it possible, as far as it is known. What moved together is no proof of a cause."),
    ("Trigger", "What set it off at that moment: a deployment, a change, load, an expired certificate."),
    ("Resolution", "What ended it, and whether that is lasting."),
    ("What went well", "What limited the damage: an alert that came early, a runbook that was right."),
    ("What went wrong", "What made it worse or longer: no alert, the wrong person, a missing permission."),
    ("Where we were lucky", "What could have been worse."),
)
"""Headings and what belongs under them; nothing that is stored can answer these."""
ACTION_ITEMS = "What is to be changed, by whom, until when. Prefer what makes it impossible over what asks for care."


def verdict(data: IncidentData) -> ReportVerdict:
    """What happened in one sentence, and that it lasts."""
    episode = data.episode
    length = duration(length_s(data))
    what = episode.message
    if episode.subject not in what:
        what = f"{brief(episode.subject)}: {what}"
    if episode.open:
        word = {AlertState.PENDING: "Not confirmed", AlertState.RECOVERING: "Recovering"}.get(episode.state, "Open")
        owner = f"{episode.acknowledged_by} has it" if episode.acknowledged_by else "nobody has it"
        tone = Tone.CRITICAL if episode.severity is Severity.CRITICAL else Tone.WARNING
        return ReportVerdict(tone, word, f"{what}. So far {length}; {owner}.")
    if episode.fired_at is None:
        return ReportVerdict(Tone.INFO, "Never confirmed", f"{what}. It cleared after {length}.")
    how = {"manual": "It was closed by hand", "rule_removed": "It is watched no more"}.get(
        "" if episode.resolution is None else episode.resolution.value, "It recovered"
    )
    return ReportVerdict(Tone.OK, "Over", f"{what}. {how} after {length}.")


def length_s(data: IncidentData) -> float:
    """How long it lasted, or has lasted so far."""
    if data.episode.duration_seconds is not None:
        return data.episode.duration_seconds
    return max(0.0, (data.ended_at - data.episode.opened_at).total_seconds())


def title(data: IncidentData) -> str:
    """``Incident 12: backend-api, critical``."""
    severity = SEVERITY_WORDS[data.episode.severity].lower()
    return f"Incident {data.episode.id}: {brief(data.episode.subject)}, {severity}"


def moved_words(moved: Moved) -> str:
    """What moved, in a few words: ``response time rose from 40 ms to 900 ms``."""
    way = "rose" if moved.value > moved.usual else "fell"
    usual, value = value_words(moved.signal, moved.usual), value_words(moved.signal, moved.value)
    return f"{signal_words(moved.signal)} {way} from {usual} to {value}"


def is_figure(moved: Moved, data: IncidentData) -> bool:
    """Whether it is a figure of the platform."""
    return moved.subject in list(FigureKind) and moved.subject not in data.services
