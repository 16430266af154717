"""One observation of what several locations see: each is judged by itself, and enough of them must agree.

Of the locations that measured anything the verdict is the N-th worst: bad as soon as N of them see it. Each location
confirms for itself: how often in a row a verdict was given is that of the N-th longest row, so results of a location
that has been cut off for hours do not confirm what another one saw only once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from amt_console.alerts.judging.observation import Observation, Streaks, Verdict
from amt_console.alerts.judging.probes import judge_probe
from amt_console.alerts.rules.rule import Direction, Rule
from amt_console.alerts.wording import from_locations, seen_from
from amt_console.clock import Instant
from amt_console.model import Episode, ProbeResult

_WORST_FIRST = (Verdict.CRITICAL, Verdict.WARNING, Verdict.INFO, Verdict.OK)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one location has measured of a target lately, without a longer pause."""

    location: str
    results: tuple[ProbeResult, ...]
    """Newest first, at least one; as many as confirm a fault or its end."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one location says to a rule."""

    location: str
    observation: Observation


def majority(living: int) -> int:
    """The least number that is more than half."""
    return living // 2 + 1


def needed_of(rule: Rule, living: int) -> int:
    """How many of ``living`` locations must see it."""
    return majority(living) if rule.quorum is None else rule.quorum.needed(living)


def judge_sights(
    rule: Rule, sights: Sequence[Sight], *, at: Instant, episode: Episode | None = None
) -> Observation | None:
    """What the locations together say to a rule of ``PROBE_SIGNALS``; ``None`` if it does not count these results.

    A location that could not measure does not count. Where none could, that is the observation.

    Args:
        rule: With its quorum; more than half if it has none.
        sights: Of the locations that live and whose newest result still speaks.
        at: Now.
        episode: The key's newest episode.
    """

    def judged(result: ProbeResult) -> Observation | None:
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
    return replace(agreed, streaks=_streaks(rows, needed_of(rule, len(rows))))


def agree(rule: Rule, accounts: Sequence[Account]) -> Observation:
    """The observation on which enough of at least one location agree, in words that name them."""
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
        account.location
        for account in ranked
        if account.observation.verdict.bad is bad and (not bad or _rank(account) <= rank)
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
    """The N-th longest row of what N locations must see, and of its contrary, which the others must see."""
    others = len(rows) - needed + 1

    def longest(place: int, holds: Callable[[Verdict], bool]) -> int:
        return sorted((sum(1 for _ in takewhile(holds, row)) for row in rows), reverse=True)[place - 1]

    return Streaks(
        bad=longest(needed, lambda verdict: verdict.bad),
        critical=longest(needed, lambda verdict: verdict is Verdict.CRITICAL),
        mild=longest(others, lambda verdict: verdict is not Verdict.CRITICAL),
        good=longest(others, lambda verdict: verdict is Verdict.OK),
    )
