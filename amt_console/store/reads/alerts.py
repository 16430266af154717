"""Reads of alerts: episodes and their events, now or at a past moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Integer, RowMapping, Select, and_, bindparam, func, or_, select

from amt_console.alerts import as_of
from amt_console.model import AlertEvent, AlertState, Episode, KeptAnswer, Severity
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.episode_rows import EVENT_COLUMNS, episode_of, event_of, event_of_values
from amt_console.store.readable import LATEST, readable
from amt_console.store.schema import table
from amt_console.store.tables import AlertEventRow, AlertRow

if TYPE_CHECKING:
    from amt_console.model.evidence import Evidence

_ALERTS = table(AlertRow)
_EVENTS = table(AlertEventRow)
_EVENT_VALUES = select(*(_EVENTS.c[name] for name in EVENT_COLUMNS))
_OLDEST_FIRST = select(_ALERTS).order_by(_ALERTS.c.timestamp, _ALERTS.c.id)
_OPEN = _OLDEST_FIRST.where(_ALERTS.c.resolved.is_(False))
_FIRED = (
    select(_ALERTS.c.rule_id, _ALERTS.c.subject, func.count())
    .where(
        or_(_ALERTS.c.resolved.is_(False), _ALERTS.c.resolved_at.between(bindparam("since"), LATEST)),
        _ALERTS.c.fired_at <= bindparam("until"),
    )
    .group_by(_ALERTS.c.rule_id, _ALERTS.c.subject)
)
_MOST_AT_ONCE = 500


class AlertReads:
    """Reads of alerts."""

    def __init__(self, connection: Connection, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys

    def open(self, at: datetime | None = None) -> list[Episode]:
        """Open alerts, oldest first.

        With ``at``, those that were open then, with the state, severity and handling of then.
        """
        if at is None:
            rows = self._connection.execute(_OPEN).mappings()
            return [episode_of(row) for row in readable(rows)]
        later = and_(_ALERTS.c.resolved_at > at, _ALERTS.c.resolved_at <= LATEST)
        rows = self._connection.execute(
            _OLDEST_FIRST.where(_ALERTS.c.timestamp <= at, or_(_ALERTS.c.resolved.is_(False), later))
        ).mappings()
        found = {int(row["id"]): episode_of(row) for row in _datable(rows)}
        events = self.events_of(list(found))
        past = (as_of(current, events[alert_id], at) for alert_id, current in found.items())
        return [each for each in past if each.open]

    def evidence(self, alert_id: int) -> Evidence | None:
        """What was seen around the first failure of an alert."""
        from amt_console.store import evidence

        return evidence.kept_evidence(self._connection, self._keys, alert_id)

    def episode(self, alert_id: int) -> Episode | None:
        """One episode as it is."""
        row = self._connection.execute(select(_ALERTS).where(_ALERTS.c.id == alert_id)).mappings().first()
        return None if row is None or row["timestamp"] is None else episode_of(row)

    def episodes(
        self,
        *,
        start: datetime,
        end: datetime,
        states: Sequence[AlertState] | None = None,
        subject: str | None = None,
        subjects: Collection[str] | None = None,
        severities: Collection[Severity] | None = None,
        limit: int,
        after: int | None = None,
    ) -> list[Episode]:
        """Episodes as they are that were open at any time in ``[start, end)``, newest first.

        With ``after``, those that follow this episode in that order. ``subjects`` and ``severities`` leave out others.
        """
        if subject is not None:
            subjects = (subject,)
        found: list[Episode] = []
        while True:
            query = _within(
                None if states is None else frozenset(states),
                subjects is not None,
                severities is not None,
                after is not None,
            )
            values = {
                "start": start,
                "end": end,
                "subjects": sorted(subjects or ()),
                "severities": sorted(each.value for each in severities or ()),
                "most": limit,
                "after": after,
            }
            rows = self._connection.execute(query, values).mappings().all()
            found += [episode_of(row) for row in _datable(rows)]
            if len(rows) < limit or len(found) >= limit:
                return found[:limit]
            after = int(rows[-1]["id"])  # some rows cannot be read: fill the page

    def fired_counts(self, *, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
        """By rule and subject: how many episodes were firing at some time from ``since`` to ``until``."""
        counts = self._connection.execute(_FIRED, {"since": since, "until": until})
        return {(rule, subject): int(count) for rule, subject, count in counts}

    def answers(self, alert_ids: Sequence[int], at: datetime | None = None) -> dict[int, KeptAnswer]:
        """The kept answers of some alerts, of those kept up to a moment."""
        from amt_console.store import answers

        return answers.kept(self._connection, self._keys, alert_ids, at)

    def events(self, alert_id: int) -> list[AlertEvent]:
        """The events of an episode, oldest first."""
        return self.events_of([alert_id])[alert_id]

    def events_beside(self, at: datetime, *, later: bool, without: str, limit: int) -> list[tuple[AlertEvent, str]]:
        """Events of all alerts with their subjects: the newest before a moment, newest first, or the first after it.

        Args:
            at: The moment.
            later: After it.
            without: A kind of event that is left out.
            limit: At most this many.
        """
        time = _EVENTS.c.timestamp
        wanted = (time > at if later else time < at), _EVENTS.c.kind != without
        order = (time, _EVENTS.c.id) if later else (time.desc(), _EVENTS.c.id.desc())
        query = select(_EVENTS, _ALERTS.c.subject).join(_ALERTS, _ALERTS.c.id == _EVENTS.c.alert_id).where(*wanted)
        rows = self._connection.execute(query.order_by(*order).limit(limit)).mappings()
        return [(event_of(row), str(row["subject"])) for row in rows]

    def acts(
        self, start: datetime, end: datetime, *, without: Collection[str], limit: int
    ) -> list[tuple[AlertEvent, str]]:
        """What people did about alerts in ``(start, end]``, with the subjects, newest first.

        Args:
            start: Behind it.
            end: Up to it.
            without: People who are left out.
            limit: At most this many.
        """
        time, actor = _EVENTS.c.timestamp, _EVENTS.c.actor
        wanted = time > start, time <= end, actor.is_not(None), actor.not_in(sorted(without))
        query = select(_EVENTS, _ALERTS.c.subject).join(_ALERTS, _ALERTS.c.id == _EVENTS.c.alert_id).where(*wanted)
        rows = self._connection.execute(query.order_by(time.desc(), _EVENTS.c.id.desc()).limit(limit)).mappings()
        return [(event_of(row), str(row["subject"])) for row in rows]

    def last_handled_by(self, person: str, since: datetime) -> int | None:
        """The alert that a person acted on last, if that was after ``since``."""
        mine = _EVENTS.c.timestamp >= since, _EVENTS.c.actor == person
        query = select(_EVENTS.c.alert_id).where(*mine).order_by(_EVENTS.c.id.desc()).limit(1)
        return self._connection.execute(query).scalar()

    def events_of(self, alert_ids: Sequence[int]) -> dict[int, list[AlertEvent]]:
        """The events of some episodes, oldest first."""
        found: dict[int, list[AlertEvent]] = {alert_id: [] for alert_id in alert_ids}
        for begin in range(0, len(alert_ids), _MOST_AT_ONCE):
            chosen = _EVENTS.c.alert_id.in_(alert_ids[begin : begin + _MOST_AT_ONCE])
            rows = self._connection.execute(_EVENT_VALUES.where(chosen).order_by(_EVENTS.c.alert_id, _EVENTS.c.seq))
            for row in rows.all():
                event = event_of_values(*row)
                found[event.alert_id or 0].append(event)
        return found


@cache  # building a query takes longer than reading its result
def _within(states: frozenset[AlertState] | None, of_subjects: bool, of_severities: bool, paged: bool) -> Select[Any]:
    begun, resolved = _ALERTS.c.timestamp < bindparam("end"), _ALERTS.c.resolved
    query = select(_ALERTS).where(
        begun, or_(resolved.is_(False), _ALERTS.c.resolved_at.between(bindparam("start"), LATEST))
    )
    if states is not None:
        # Rows that others wrote say only in ``resolved`` that they have ended.
        running = sorted(state.value for state in states if state is not AlertState.RESOLVED)
        wanted = and_(resolved.is_(False), _ALERTS.c.state.in_(running))
        query = query.where(or_(wanted, resolved.is_(True)) if AlertState.RESOLVED in states else wanted)
    if of_subjects:
        query = query.where(_ALERTS.c.subject.in_(bindparam("subjects", expanding=True)))
    if of_severities:
        query = query.where(_ALERTS.c.severity.in_(bindparam("severities", expanding=True)))
    if paged:
        time, number = _ALERTS.c.timestamp, _ALERTS.c.id
        last = select(time).where(number == bindparam("after")).scalar_subquery()
        query = query.where(or_(time < last, and_(time == last, number < bindparam("after"))))
    newest = _ALERTS.c.timestamp.desc(), _ALERTS.c.id.desc()
    return query.order_by(*newest).limit(bindparam("most", type_=Integer))


def _datable(rows: Iterable[RowMapping]) -> Iterable[RowMapping]:
    """Those of which can be read when they began and, if so, ended."""
    return (row for row in readable(rows) if not row["resolved"] or row["resolved_at"] is not None)
