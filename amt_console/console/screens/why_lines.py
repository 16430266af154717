"""Decisions and deliveries as lines of styled runs. Pure."""

from __future__ import annotations

from datetime import datetime

from amt_console.model.notifications import DecisionOutcome, Delivery, DeliveryState
from amt_console.model.why import AlertWhy
from amt_console.text import SEVERITY_WORDS, near_moment, safe_text
from widgets.ages import age_words
from widgets.cells import Run, Runs
from widgets.look import Look

INDENT = 22
"""Cells before the text of a line: the time and a word."""
_WORD = 12
_GOOD = frozenset((DecisionOutcome.SENT, DecisionOutcome.ESCALATED))


def head(why: AlertWhy, look: Look, now: datetime) -> list[Runs]:
    """The alert, since when, who has it, its rule and its runbook."""
    episode, palette = why.episode, look.palette
    rule = safe_text(episode.rule_id or "none", 200)
    begun = f"began {near_moment(episode.opened_at, now, look.zone)}, {age_words(episode.opened_at, now)} ago"
    ended = episode.resolved_at
    over = "" if ended is None or ended > now else f"{look.dot}ended {near_moment(ended, now, look.zone)}"
    runbook: list[Runs] = (
        []
        if episode.runbook is None
        else [[("runbook: ", palette.muted), (look.value(safe_text(episode.runbook, 500)), palette.accent)]]
    )
    return [
        [
            (f"{SEVERITY_WORDS[episode.severity]} ", palette.strong),
            (look.value(safe_text(episode.message)), palette.text),
        ],
        [(f"{begun}{over}{look.dot}alert {episode.id}, rule {rule}", palette.muted)],
        *runbook,
        [("All of this was stored when it happened.", palette.muted)],
    ]


def seen(why: AlertWhy, look: Look) -> list[Runs]:
    """Probes and changes of the condition, oldest first."""
    lines: list[Runs] = []
    for each in why.observations:
        new = {name: value for name, value in each.detail.items() if value not in each.message}
        judged = ", ".join(f"{safe_text(name, 40)} {safe_text(value, 100)}" for name, value in new.items())
        words = safe_text(each.message) + (f" ({judged})" if judged else "")
        lines.append(_line(each.at, each.kind, look.value(words), look))
    return lines or _none("nothing is stored", look)


def decided(why: AlertWhy, look: Look) -> list[Runs]:
    """Each decision about its messages, oldest first."""
    palette = look.palette
    lines: list[Runs] = []
    for each in why.decisions:
        style = palette.ok if each.outcome in _GOOD else palette.text
        detail = f" [{safe_text(each.detail)}]" if each.detail else ""
        line = _line(each.at, each.stage.value, look.value(safe_text(each.reason)) + detail, look)
        line.insert(2, (f"{each.outcome.value}: ", style))
        lines.append(line)
    return lines or _none("nothing yet: it is not confirmed, or older than what is kept", look)


def sent(why: AlertWhy, look: Look) -> list[Runs]:
    """Each message with its attempts, oldest first."""
    lines: list[Runs] = []
    for each in why.deliveries:
        to = each.channel if each.receiver == each.channel else f"{each.receiver} by {each.channel}"
        words = f"{safe_text(to, 120)}: {each.state.value}{_attempts(each, look)}"
        line = _line(each.created_at, each.kind.value, look.value(words), look)
        if each.state is DeliveryState.DEAD:
            line[-1] = (line[-1][0], look.palette.critical)
        lines.append(line)
    return lines or _none("nothing was queued for anybody", look)


def _attempts(delivery: Delivery, look: Look) -> str:
    tried = [
        f"{look.local(each.at):%H:%M:%S} {safe_text(each.status, 40)}"
        + (f": {safe_text(each.error)}" if each.error else "")
        for each in delivery.attempts
    ]
    if delivery.next_at is not None:
        tried.append(f"next at {look.local(delivery.next_at):%H:%M:%S}")
    if delivery.state in (DeliveryState.CANCELLED, DeliveryState.SUPPRESSED):
        tried.append(safe_text(delivery.reason))
    return f" ({'; '.join(tried)})" if tried else ""


def _line(at: datetime, word: str, text: str, look: Look) -> list[Run]:
    palette = look.palette
    return [
        (f"{look.local(at):%H:%M:%S}  ", palette.muted),
        (f"{word:<{_WORD}}", palette.muted),
        (text, palette.text),
    ]


def _none(words: str, look: Look) -> list[Runs]:
    return [[(words, look.palette.muted)]]
