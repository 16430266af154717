"""What rules fired on recorded history, and how it differs from what was recorded."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from amt_console.alerts.lifecycle.consequences import consequences
from amt_console.alerts.policy.flapping import CHANGES, flap_percent, is_flapping
from amt_console.alerts.rules.rule import NO_DATA_SUFFIX
from amt_console.model import AlertState, Episode, Severity

NIGHT_BEGINS, NIGHT_ENDS = 22, 7
"""Hours of the local day."""
SLACK_INTERVALS = 2
"""Two alerts of one rule and subject are the same if they touch within this many intervals."""
USUAL_INTERVAL = 60.0


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that a rule would have fired."""

    rule: str
    subject: str
    start: datetime
    end: datetime | None
    """``None`` while it still fires at the end of the history."""
    severity: Severity
    """The worst."""
    episode: Episode
    """As it was when it fired."""
    follows: bool = False
    """It would have been a consequence of another alert."""
    flaps: bool = False
    """It would have been one of many in a short time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An alert that was fired."""

    id: int
    rule: str
    subject: str
    start: datetime
    end: datetime | None
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule over a history."""

    name: str
    fired: tuple[Fired, ...] = ()
    at_night: int = 0
    median_seconds: float | None = None
    """How long the alerts lasted; those that still fire, up to the end of the history."""
    acknowledged_share: float | None = None
    """0 to 1: of the alerts, those that match a recorded one that somebody acknowledged."""
    missed: tuple[int, ...] = ()
    """Recorded alerts that it would not have fired."""
    new: tuple[Fired, ...] = field(default=())
    """Alerts that match no recorded one."""


def outcomes(
    fired: Iterable[Fired],
    recorded: Iterable[Recorded],
    *,
    rules: Sequence[str],
    until: datetime,
    zone: tzinfo,
    intervals: Mapping[str, float],
) -> tuple[RuleOutcome, ...]:
    """One outcome for each rule, in the order of ``rules``, then for rules with recorded alerts alone.

    Args:
        fired: What the rules would have fired.
        recorded: What was fired, of rules that can be replayed.
        rules: Names of the rules; a derived rule on missing data is only listed where it fired.
        until: End of the history.
        zone: Whose nights.
        intervals: Seconds between the probes of each subject.
    """
    by_rule: dict[str, list[Fired]] = {name: [] for name in rules}
    for each in fired:
        by_rule.setdefault(each.rule, []).append(each)
    known: dict[str, list[Recorded]] = {}
    for alert in recorded:
        known.setdefault(alert.rule, []).append(alert)
    names = [*by_rule, *sorted(set(known) - set(by_rule))]
    found = (
        _outcome(name, by_rule.get(name, []), known.get(name, []), until=until, zone=zone, intervals=intervals)
        for name in names
    )
    return tuple(each for each in found if each.fired or each.missed or not each.name.endswith(NO_DATA_SUFFIX))


def _outcome(
    name: str,
    fired: list[Fired],
    recorded: list[Recorded],
    *,
    until: datetime,
    zone: tzinfo,
    intervals: Mapping[str, float],
) -> RuleOutcome:
    fired = sorted(fired, key=lambda each: (each.start, each.subject))

    def same(one: Fired, other: Recorded) -> bool:
        slack = timedelta(seconds=SLACK_INTERVALS * intervals.get(one.subject, USUAL_INTERVAL))
        return (
            one.subject == other.subject
            and one.start <= (other.end or until) + slack
            and other.start <= (one.end or until) + slack
        )

    matches = [[other for other in recorded if same(one, other)] for one in fired]
    matched = {other.id for found in matches for other in found}
    lasted = [((each.end or until) - each.start).total_seconds() for each in fired]
    taken = sum(any(other.acknowledged for other in found) for found in matches)
    return RuleOutcome(
        name=name,
        fired=tuple(fired),
        at_night=sum(is_night(each.start, zone) for each in fired),
        median_seconds=statistics.median(lasted) if lasted else None,
        acknowledged_share=taken / len(fired) if fired else None,
        missed=tuple(sorted(other.id for other in recorded if other.id not in matched)),
        new=tuple(one for one, found in zip(fired, matches, strict=True) if not found),
    )


def is_night(moment: datetime, zone: tzinfo) -> bool:
    """Whether the local hour lies between 22 and 7."""
    hour = moment.astimezone(zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def in_context(
    fired: Iterable[Fired], depends_on: Mapping[str, Sequence[str]], intervals: Mapping[str, float]
) -> list[Fired]:
    """The alerts by time, each with whether it would have followed from another one, and whether it would have flapped.

    Both are as they were at the moment when it fired.
    """
    ordered = sorted(fired, key=lambda each: (each.start, each.rule, each.subject))
    found: list[Fired] = []
    running: list[Fired] = []
    flips: dict[tuple[str, str], tuple[list[datetime], bool]] = {}
    for each in ordered:
        running = [other for other in running if other.end is None or other.end > each.start]
        running.append(each)
        numbered = [replace(other.episode, id=number, state=AlertState.FIRING) for number, other in enumerate(running)]
        follows = len(running) - 1 in consequences(numbered, depends_on, intervals)
        interval = intervals.get(each.subject, USUAL_INTERVAL)
        times, flapping = flips.get((each.rule, each.subject), ([], False))
        flapping = _flaps_after(each.start, times, flapping, interval)
        found.append(replace(each, follows=follows, flaps=flapping))
        times = [*times, each.start]
        if each.end is not None:
            flapping = _flaps_after(each.end, times, flapping, interval)
            times.append(each.end)
        flips[each.rule, each.subject] = times[-CHANGES:], flapping
    return found


def _flaps_after(change: datetime, earlier: Sequence[datetime], flapped: bool, interval: float) -> bool:
    """Whether it flaps after a further change; it may have calmed down since the one before."""
    flapped = is_flapping(flapped, flap_percent(earlier, change, interval))
    return is_flapping(flapped, flap_percent([*earlier, change], change, interval))
