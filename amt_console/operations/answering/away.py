"""What happened since a person last looked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from amt_console.alerts.policy.rota import on_call
from amt_console.alerts.policy.shift_facts import ending_silences, shift_span
from amt_console.model import MAX_LABEL_CHARS, MAX_NOTE_CHARS, AlertEvent, AlertState, Severity
from amt_console.model.policy import Policies
from amt_console.model.queries import AwayQuery
from amt_console.model.queries.activity import AuditLine
from amt_console.model.queries.away import Away
from amt_console.operations.answering.scene import Asked
from amt_console.operations.audit_rows import CONSOLE, OPENED
from amt_console.operations.history.alerts import alerts_within
from amt_console.operations.history.messages import undelivered
from amt_console.operations.history.states import known_gaps
from amt_console.store import audit_entries
from amt_console.text import EVENT_WORDS, reason_of, safe_text

SAME_LOOK = timedelta(minutes=5)
"""A console that is opened again so soon belongs to the same look."""
WITHOUT_SHIFT = timedelta(hours=12)
"""How far ahead silences are told that end, for somebody without a running shift."""
_OVERRIDES_BEFORE = timedelta(days=31)
_MOST_OPENINGS = 200
_MOST_ALERTS = _MOST_ACTS = 500


def away(query: AwayQuery, asked: Asked) -> Away:
    """Alerts as they are at the moment; of somebody who never looked, since the present shift began."""
    reads, until = asked.reads, asked.end(query)
    policies = reads.policies.added_to(asked.policies, until - _OVERRIDES_BEFORE)
    person = _names_of(asked.actor.name, policies)
    last = query.since or _last_look(asked, person, until)
    since = last or shift_span(policies, until).since
    lately = alerts_within(reads, since, until, at=query.at, limit=_MOST_ALERTS)
    fired = [each for each in lately if each.fired_at is not None and each.fired_at > since]
    views = asked.views(reads, query.at, also=fired)
    shift_ends = _shift_end(person, policies, until)
    return Away(
        since=last,
        until=until,
        shift_ends=shift_ends,
        fired=tuple(map(views.of, fired)),
        acted=tuple(_acted(asked, person, since, until)),
        still_open=tuple(
            each
            for each in views.worst_first()
            if each.state in (AlertState.FIRING, AlertState.RECOVERING) and each.severity is not Severity.INFO
        ),
        silences_ending=ending_silences(policies, until, shift_ends or until + WITHOUT_SHIFT),
        undelivered=undelivered(reads, since, until, past=query.at is not None),
        gaps=known_gaps(reads, since, until),
    )


def _names_of(actor: str, policies: Policies) -> frozenset[str]:
    """All names under which a person acts."""
    person = next((each for each in policies.people.values() if each.is_actor(actor)), None)
    if person is None:
        return frozenset((actor,))
    return frozenset((actor, person.name, *(account.removeprefix("token:") for account in person.accounts)))


def _last_look(asked: Asked, person: Collection[str], until: datetime) -> datetime | None:
    """The newest opening of a console before the one that is open now, which is the newest of all."""
    openings = audit_entries(
        asked.reads, until=until, actions=(OPENED,), subject=CONSOLE, actors=person, limit=_MOST_OPENINGS
    )
    newest = None
    for entry in openings:
        if newest is not None and newest - entry.at > SAME_LOOK:
            return entry.at
        newest = entry.at
    return None


def _shift_end(person: Collection[str], policies: Policies, at: datetime) -> datetime | None:
    """The end of the longest shift that the person has now."""
    shifts = (on_call(rota, at) for rota in policies.rotas.values())
    ends = [shift.ends_at for shift in shifts if shift is not None and shift.person in person]
    return max((end for end in ends if end is not None), default=None)


def _acted(asked: Asked, person: Collection[str], since: datetime, until: datetime) -> Iterator[AuditLine]:
    for event, subject in asked.reads.alerts.acts(since, until, without=person, limit=_MOST_ACTS):
        yield _act(event, subject)


def _act(event: AlertEvent, subject: str) -> AuditLine:
    words = event.note or reason_of(event.message, subject)
    return AuditLine(
        id=event.alert_id or 0,
        at=event.at,
        actor=safe_text(event.actor, 64),
        action=EVENT_WORDS.get(event.kind, safe_text(event.kind, 40)),
        subject=f"alert {event.alert_id} {safe_text(subject, MAX_LABEL_CHARS)}",
        detail=safe_text(words, MAX_NOTE_CHARS),
    )
