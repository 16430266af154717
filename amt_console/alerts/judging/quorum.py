"""Combine several locations into one observation: each is judged separately, and a quorum must agree.

The verdict is the N-th worst of the locations that could measure: bad as soon as N of them see it. Each location
confirms for itself: the run length is that of the N-th longest run. So a location that has been cut off for hours does
not confirm a single failure of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from amt_console.alerts.judging.observation import Observation, Streaks, Verdict
from amt_console.alerts.judging.probes import judge_probe, judge_value
from amt_console.alerts.rules.rule import Direction, Rule
from amt_console.alerts.wording import from_locations, seen_from
from amt_console.clock import Instant
from amt_console.model import Episode, ProbeResult

_WORST_FIRST = (Verdict.CRITICAL, Verdict.WARNING, Verdict.INFO, Verdict.OK)


@dataclass(frozen=True, slots=True)
class Sight:
    """Recent results of one location for a target, without a longer pause."""

    location: str
    results: tuple[ProbeResult, ...]
    """Newest first, at least one; enough to confirm a fault or its end."""


@dataclass(frozen=True, slots=True)
class Account:
    """One location's verdict and run."""

    location: str
    observation: Observation


def majority(living: int) -> int:
    """The least number that is more than half."""
    return living // 2 + 1


def needed_of(rule: Rule, living: int) -> int:
    """Required number of ``living`` locations."""
    return majority(living) if rule.quorum is None else rule.quorum.needed(living)


def judge_sights(
    rule: Rule,
    sights: Sequence[Sight],
    *,
    at: Instant,
    episode: Episode | None = None,
    value: tuple[str, str] | None = None,
) -> Observation | None:
    """Judge all locations by a rule of ``PROBE_SIGNALS``, or a value; ``None`` if it does not count these results.

    A location that could not measure does not count. If none could, the observation is no data.

    Args:
        rule: The rule; without a quorum more than half must agree.
        sights: The live locations with a valid newest result.
        at: Now.
        episode: The key's newest episode.
        value: Name and subject of the value that is judged.
    """

    def judged(result: ProbeResult) -> Observation | None:
        if value is not None:
            name, subject = value
            return judge_value(rule, subject, name, result, at=at, episode=episode)
        return judge_probe(rule, result, at=at, episode=episode)

    newest = [(sight, each) for sight in sights if (each := next(_each(judged, sight.results), None)) is not None]
    if not newest:
        return None
    agreed = agree(rule, [Account(sight.location, each) for sight, each in newest])
    quiet = episode is None or not episode.open
    if agreed.verdict is Verdict.NO_DATA or (quiet and agreed.verdict is Verdict.OK):
        return agreed
    rows = [
        [each.verdict for each in _each(judged, sight.results) if each.verdict is not Verdict.NO_DATA]
        for sight, each in newest
        if each.verdict is not Verdict.NO_DATA
    ]
    error = _same_error([each for _, each in newest], agreed, episode)
    streaks = _streaks(rows, needed_of(rule, len(rows)))
    return replace(agreed, streaks=streaks, error_class=error.error_class, answer=error.answer)


def _same_error(seen: Sequence[Observation], agreed: Observation, episode: Episode | None) -> Observation:
    """The alert's own error while a location still sees it: locations may see different errors at a time."""
    known = None if episode is None else episode.error_class
    if not agreed.verdict.bad or known is None:
        return agreed
    return next((each for each in seen if each.error_class is known), agreed)


def agree(rule: Rule, accounts: Sequence[Account]) -> Observation:
    """The observation that the quorum agrees on, in words that name the locations."""
    known = [account for account in accounts if account.observation.verdict is not Verdict.NO_DATA]
    if not known:
        return accounts[0].observation
    ranked = sorted(known, key=lambda account: _badness(rule, account))
    decisive = ranked[needed_of(rule, len(known)) - 1].observation
    if len(known) == 1:
        return decisive
    rank = _WORST_FIRST.index(decisive.verdict)
    bad = decisive.verdict.bad
    agreeing = [
        account.location for account in ranked if account.observation.verdict.bad is bad and _rank(account) <= rank
    ]
    where = from_locations(agreeing, len(known))
    return replace(decisive, message=seen_from(decisive.subject, decisive.message, where))


def _each(judged: Callable[[ProbeResult], Observation | None], results: Iterable[ProbeResult]) -> Iterator[Observation]:
    return (each for result in results if (each := judged(result)) is not None)


def _rank(account: Account) -> int:
    return _WORST_FIRST.index(account.observation.verdict)


def _badness(rule: Rule, account: Account) -> tuple[int, float, str]:
    value = account.observation.value or 0.0
    return _rank(account), -value if rule.direction is Direction.ABOVE else value, account.location


def _streaks(rows: Sequence[Sequence[Verdict]], needed: int) -> Streaks:
    """The N-th longest run of the verdict that N locations must see, and of its contrary for the rest."""
    others = len(rows) - needed + 1

    def longest(place: int, holds: Callable[[Verdict], bool]) -> int:
        return sorted((sum(1 for _ in takewhile(holds, row)) for row in rows), reverse=True)[place - 1]

    return Streaks(
        bad=longest(needed, lambda verdict: verdict.bad),
        critical=longest(needed, lambda verdict: verdict is Verdict.CRITICAL),
        mild=longest(others, lambda verdict: verdict is not Verdict.CRITICAL),
        good=longest(others, lambda verdict: verdict is Verdict.OK),
    )
