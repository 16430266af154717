"""What else moved when an alert began. "Moved together", never "caused"."""

from __future__ import annotations

from datetime import datetime

from amt_console.analysis.correlation import Moved
from amt_console.model import MAX_LABEL_CHARS, Episode, FigureKind
from amt_console.model.queries import MovedQuery
from amt_console.model.queries.moved import MovedSignal, MovedTogether
from amt_console.operations.answering.scene import Asked
from amt_console.operations.handling import no_alert
from amt_console.operations.history.moved_words import change_words, signal_words
from amt_console.operations.moved_together import looked_at_until, moved_with
from amt_console.operations.protocol import NotFoundError
from amt_console.text import safe_text


def moved(query: MovedQuery, asked: Asked) -> MovedTogether:
    """The strongest first. Raises NotFoundError."""
    end = asked.end(query)
    episode = asked.reads.alerts.episode(query.alert_id)
    if episode is None or episode.opened_at > end:
        raise NotFoundError(no_alert(query.alert_id))
    found = _found(asked, episode, end)[: max(0, query.limit)]
    return MovedTogether(tuple(map(_signal, found)), weeks=bool(found) and all(each.weeks for each in found))


def _found(asked: Asked, episode: Episode, end: datetime) -> tuple[Moved, ...]:
    """From the end of what is looked at on, every moment has the same answer."""
    until = min(end, looked_at_until(episode))
    key = MovedQuery.name, episode.id, episode.opened_at, episode.subject, until
    return asked.settled.answer(key, until, lambda: moved_with(asked.reads, episode, now=until))


def _signal(found: Moved) -> MovedSignal:
    subject, signal = safe_text(found.subject, MAX_LABEL_CHARS), safe_text(found.signal, MAX_LABEL_CHARS)
    return MovedSignal(
        subject=subject,
        signal=signal,
        strength=found.strength,
        onset=found.onset,
        value=found.value,
        usual=found.usual,
        words=f"{_lead(subject, signal)} {change_words(found)}",
    )


def _lead(subject: str, signal: str) -> str:
    """The figures of a kind speak for themselves."""
    name = signal_words(signal)
    return name if subject in list(FigureKind) else f"{subject} {name}"
