"""The change of shift: when one took place, and the summary for whoever takes over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.alerts.policy.rota import change_up_to, on_call, person_at
from amt_console.alerts.policy.shift_facts import SOON, ending_silences, open_alerts
from amt_console.model.alerts import Episode
from amt_console.model.notifications import NoticeKind, OutboxEntry
from amt_console.model.policy import Policies, Rota
from amt_console.text import near_moment, plural, safe_text, soon_moment

EXPIRES = timedelta(hours=12)
"""A summary that could not be delivered for so long is of no use any more."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Handover:
    """Somebody took over in a rota."""

    rota: str
    at: datetime
    person: str | None
    """``None``: nobody took over."""
    until: datetime | None
    """When the next one takes over; ``None``: never."""
    before: str | None
    """Who was on call before."""


def handovers(rotas: Iterable[Rota], since: datetime, until: datetime) -> tuple[Handover, ...]:
    """The hand-overs in ``(since, until]``; of several in one rota the newest, because only that one still holds."""
    return tuple(found for rota in rotas if (found := _newest(rota, until)) is not None and found.at > since)


def _newest(rota: Rota, until: datetime) -> Handover | None:
    shift = on_call(rota, until)
    at = change_up_to(rota, until) if shift is None else shift.starts_at
    if at is None:
        return None
    before = person_at(rota, at - timedelta.resolution)
    if shift is None:
        return None if before is None else Handover(rota.name, at, None, None, before)
    return Handover(rota.name, at, shift.person, shift.ends_at, before)


def handover_messages(
    policies: Policies, episodes: Iterable[Episode], since: datetime, now: datetime
) -> tuple[OutboxEntry, ...]:
    """The summaries of the hand-overs in ``(since, now]``, for the channels of each rota; each has a key of its own.

    Args:
        policies: With what people added.
        episodes: The open alerts.
        since: What was before is done.
        now: The moment.
    """
    rotas = [rota for rota in policies.rotas.values() if rota.summary]
    known = tuple(episodes)
    return tuple(
        OutboxEntry(
            channel=channel,
            receiver=channel,
            kind=NoticeKind.HANDOVER,
            reason=headline(handover, policies.rotas[handover.rota], now),
            created_at=now,
            text=summary(handover, policies, known, now),
            expires_at=now + EXPIRES,
            dedup_key=f"handover.{handover.rota}.{handover.at.isoformat()}.{channel}",
        )
        for handover in handovers(rotas, since, now)
        for channel in policies.rotas[handover.rota].summary
        if channel in policies.channels
    )


def headline(handover: Handover, rota: Rota, now: datetime) -> str:
    """Who takes over from whom, and until when, in one line."""
    after = f" after {handover.before}" if handover.before else ""
    if handover.person is None:
        return f"Nobody is on call ({handover.rota}){after}"
    until = f" until {soon_moment(handover.until, now, rota.zone)}" if handover.until else ""
    return f"{handover.person} is on call ({handover.rota}){until}{after}"


def summary(handover: Handover, policies: Policies, episodes: Iterable[Episode], now: datetime) -> str:
    """The message: who is on call, the open alerts with their owners, and the silences that end soon."""
    rota = policies.rotas[handover.rota]
    alerts = open_alerts(episodes)
    silences = ending_silences(policies, now, now + SOON)
    count = f"{plural(len(alerts), 'open alert')}:" if alerts else "No open alerts."
    lines = [headline(handover, rota, now), count]
    lines += _named([_alert_line(each, rota, now) for each in alerts])
    if silences:
        lines += ["", "Silences that end within 24 hours:"]
        lines += _named(
            [
                f"- {each.id} at {soon_moment(each.ends_at, now, rota.zone)}: {safe_text(each.reason, 120)}"
                + (f" ({safe_text(each.created_by, 64)})" if each.created_by else "")
                for each in silences
            ]
        )
    return "\n".join(lines)


def _alert_line(episode: Episode, rota: Rota, now: datetime) -> str:
    owner = f"{safe_text(episode.acknowledged_by, 64)} has it" if episode.acknowledged_by else "nobody has it"
    note = f": {safe_text(episode.note, 120)}" if episode.note else ""
    since = near_moment(episode.opened_at, now, rota.zone)
    return f"- {episode.severity} {safe_text(episode.message, 200)} since {since}, {owner}{note}"


def _named(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_NAMED]
    if len(lines) > MOST_NAMED:
        yield f"- and {len(lines) - MOST_NAMED} more"
