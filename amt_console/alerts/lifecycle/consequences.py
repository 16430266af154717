"""Find the open alerts that follow from another one, by dependencies alone.

This is computed for each snapshot and never stored: a follower becomes an alert of its own when its cause ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from amt_console.alerts.wording import why_down
from amt_console.model import NETWORK_ERRORS, NETWORK_SUBJECT, AlertState, AlertType, Episode

_CAUSES = frozenset((AlertType.SERVICE_DOWN, AlertType.DATABASE))
_CONFIRMED = frozenset((AlertState.FIRING, AlertState.RECOVERING))
_OF_A_DEPENDENCY = _CAUSES | {
    AlertType.RESPONSE_TIME,
    AlertType.ERROR_RATE,
    AlertType.UPTIME,
    AlertType.SLO_BURN,
    AlertType.NO_DATA,
}
"""Alerts that an outage of a dependency causes. A certificate, for example, expires on its own."""
SLACK_SECONDS = 15.0
"""Besides two intervals of the cause: how much later than its follower an outage may be noticed."""
USUAL_INTERVAL = 60.0
_BESIDE_THE_ERROR = re.compile(r"\S+:\d+|\b\d+(?:\.\d+){3}\b| \(\d+ of \d+\)$")
"""Addresses and counts in messages."""
_OF_ITS_OWN_OUTAGE = frozenset((AlertType.RESPONSE_TIME, AlertType.ERROR_RATE, AlertType.SLO_BURN, AlertType.NO_DATA))


def consequences(
    episodes: Iterable[Episode], depends_on: Mapping[str, Sequence[str]], intervals: Mapping[str, float] | None = None
) -> dict[int, int]:
    """Map each open alert to the one that it follows from, if any.

    A cause is a confirmed (firing or recovering) ``service_down`` or ``database`` alert of something that the subject
    needs, directly or not; for slow answers, failures and missing data the outage of the subject itself; and for
    targets that became unreachable since then, the alert that we are offline. Of several causes it is one that follows
    from nothing, the worst of these, then the oldest; so the cause of a follower is never a follower. A cause is at
    least as severe as its followers. Targets that depend on each other in a circle are not causes of each other. An
    alert that opened well before the outage of a dependency, with another error, has a cause of its own.

    Args:
        episodes: Alerts with ids, in any order; closed ones neither follow nor cause.
        depends_on: The dependencies of each target.
        intervals: Seconds between the probes of each target, the longest delay in noticing an outage.

    Returns:
        Ids of the alerts that follow, each with the id of its cause.
    """
    known = [(episode.id, episode) for episode in episodes if episode.id is not None and episode.open]
    causes = [
        (key, each)
        for key, each in known
        if each.state in _CONFIRMED and (each.alert_type in _CAUSES or _is_network(each))
    ]
    if not causes:
        return {}
    needs, known_intervals = Needs(depends_on), intervals or {}
    possible = {
        key: [
            (cause_id, cause)
            for cause_id, cause in causes
            if cause_id != key and _may_cause(cause, each, needs, known_intervals)
        ]
        for key, each in known
    }
    found: dict[int, int] = {}
    for key, candidates in possible.items():
        roots = [(-cause.severity.rank, cause_id) for cause_id, cause in candidates if not possible[cause_id]]
        if roots:
            found[key] = min(roots)[1]
    return found


def past_consequences(
    episodes: Iterable[Episode],
    depends_on: Mapping[str, Sequence[str]],
    intervals: Mapping[str, float] | None = None,
    *,
    now: datetime,
) -> dict[int, int]:
    """``consequences`` over alerts of a period, also of those that have ended: they must have been open together.

    What followed from what is not stored. It is judged as if all alerts that overlap in time fired at once.
    """
    fired = sorted((each for each in episodes if each.fired_at is not None), key=lambda each: each.opened_at)
    found: dict[int, int] = {}
    together: list[Episode] = []
    until = None
    for each in fired:
        if until is not None and each.opened_at > until:
            found |= _of_one_time(together, depends_on, intervals, now)
            together, until = [], None
        together.append(each)
        end = each.resolved_at or now
        until = end if until is None else max(until, end)
    return found | _of_one_time(together, depends_on, intervals, now)


def _of_one_time(
    episodes: Sequence[Episode],
    depends_on: Mapping[str, Sequence[str]],
    intervals: Mapping[str, float] | None,
    now: datetime,
) -> dict[int, int]:
    if len(episodes) < 2:  # no alert follows from itself
        return {}
    by_id = {each.id: each for each in episodes}
    at_once = consequences([replace(each, state=AlertState.FIRING) for each in episodes], depends_on, intervals)
    return {
        follower: cause
        for follower, cause in at_once.items()
        if by_id[follower].opened_at <= (by_id[cause].resolved_at or now)
        and by_id[cause].opened_at <= (by_id[follower].resolved_at or now)
    }


class Needs:
    """All dependencies of each target, direct and indirect, computed once on demand."""

    def __init__(self, depends_on: Mapping[str, Sequence[str]]) -> None:
        self._depends_on = depends_on
        self._found: dict[str, frozenset[str]] = {}

    def above(self, name: str, other: str) -> bool:
        """Whether ``name`` needs ``other``, and not the other way round as well."""
        return other in self._all(name) and name not in self._all(other)

    def _all(self, name: str) -> frozenset[str]:
        if name not in self._found:
            reached: set[str] = set()
            waiting = [name]
            while waiting:
                for below in self._depends_on.get(waiting.pop(), ()):
                    if below not in reached:
                        reached.add(below)
                        waiting.append(below)
            self._found[name] = frozenset(reached)
        return self._found[name]


def _may_cause(cause: Episode, alert: Episode, needs: Needs, intervals: Mapping[str, float]) -> bool:
    if cause.severity.rank < alert.severity.rank:
        return False
    if cause.subject == alert.subject:
        return alert.alert_type in _OF_ITS_OWN_OUTAGE
    if _is_network(cause):
        return _of_the_network(cause, alert, max(intervals.values(), default=USUAL_INTERVAL))
    if alert.alert_type not in _OF_A_DEPENDENCY or not needs.above(alert.subject, cause.subject):
        return False
    noticed_together = _opened_together(cause, alert, intervals.get(cause.subject, USUAL_INTERVAL))
    return noticed_together or _same_error(cause, alert)


def _of_the_network(network: Episode, alert: Episode, interval: float) -> bool:
    """Whether a target's alert comes from our own network: no connection came about, or nothing was measured."""
    if alert.alert_type in _CAUSES and alert.error_class not in NETWORK_ERRORS:
        return False
    return alert.alert_type in _OF_A_DEPENDENCY and _opened_together(network, alert, interval)


def _opened_together(cause: Episode, alert: Episode, interval: float) -> bool:
    """Whether the alert did not open well before its cause, which is noticed an interval later at most."""
    return (cause.opened_at - alert.opened_at).total_seconds() <= SLACK_SECONDS + 2 * interval


def _is_network(episode: Episode) -> bool:
    return episode.alert_type is AlertType.MONITOR and episode.subject == NETWORK_SUBJECT


def _same_error(cause: Episode, alert: Episode) -> bool:
    """Whether both have the same error, addresses aside."""
    if cause.error_class is not alert.error_class:
        return False
    one, other = (_BESIDE_THE_ERROR.sub("", why_down(each.subject, each.message)) for each in (cause, alert))
    return one == other
