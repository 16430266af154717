"""Judge how fast a service uses up the error budget of an objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS, missing
from amt_console.alerts.rules.rule import Rule
from amt_console.clock import Instant
from amt_console.model.slo import MIN_BAD_LONG, MIN_BAD_SHORT, BurnWindow, Slo
from amt_console.text import duration, number


@dataclass(frozen=True, slots=True)
class Probes:
    """Scheduled probes of a window: a probe and its quick re-checks are one. Maintenance and unknown are none."""

    samples: int
    bad: int

    @property
    def bad_share(self) -> float:
        """0 to 1; 0 without probes."""
        return self.bad / self.samples if self.samples else 0.0


def widest_short(slo: Slo) -> float:
    """Seconds of the longest short window: without bad probes in it no alert is possible."""
    return max(window.short_s for window in slo.burn_windows)


def may_burn(probes: Probes) -> bool:
    """Whether some pair of windows can be exceeded, given the probes of ``widest_short``; cheap."""
    return probes.bad >= MIN_BAD_SHORT


def burns(slo: Slo, window: BurnWindow, probes: Mapping[float, Probes]) -> bool:
    """Whether both windows of a pair exceed its burn rate, with the least number of bad probes in each."""
    long, short = probes[window.long_s], probes[window.short_s]
    if long.bad < MIN_BAD_LONG or short.bad < MIN_BAD_SHORT:
        return False
    return min(long.bad_share, short.bad_share) > window.factor * slo.budget


def judge_burn(
    rule: Rule,
    subject: str,
    probes: Mapping[float, Probes],
    *,
    at: Instant,
    whole: Probes | None = None,
    covered: float = 1.0,
) -> Observation:
    """Judge the burn rates of one service; the worst pair of windows that is exceeded decides.

    Args:
        rule: A rule with an objective.
        subject: The service.
        probes: Its probes by length of the window in seconds: of every window of ``Slo.burn_windows``, or of
            ``widest_short`` alone where they cannot burn.
        at: The end of all windows.
        whole: Its probes over the objective's own window, for the words about the budget.
        covered: The measured part of that window, 0 to 1: what was not measured used up nothing.
    """
    slo = rule.slo
    if slo is None:
        raise ValueError(f"Rule {rule.id} has no objective.")
    recent = probes[widest_short(slo)]
    if not recent.samples:
        return missing(rule, subject, at, f"no probe in {duration(widest_short(slo))}")
    if may_burn(recent):
        for window in slo.burn_windows:
            if burns(slo, window, probes):
                rate = probes[window.long_s].bad_share / slo.budget
                words = _burning(slo, subject, window, rate, whole, covered)
                return Observation(subject, VERDICTS[window.severity], words, at, rate, window.factor)
            if _undecided(slo, window, probes):
                reason = f"no probe in {duration(window.short_s)} tells whether its error budget still burns"
                return missing(rule, subject, at, reason)
    rate, over = recent.bad_share / slo.budget, duration(widest_short(slo))
    words = f"{subject} keeps to its error budget of {slo.name}: burn rate {number(rate)} over {over}"
    return Observation(subject, Verdict.OK, words, at, rate, slo.burn_windows[-1].factor)


def _undecided(slo: Slo, window: BurnWindow, probes: Mapping[float, Probes]) -> bool:
    """Whether the long window burns and nothing was measured in the short one."""
    long = probes[window.long_s]
    burned = long.bad >= MIN_BAD_LONG and long.bad_share > window.factor * slo.budget
    return burned and not probes[window.short_s].samples


def _burning(slo: Slo, subject: str, window: BurnWindow, rate: float, whole: Probes | None, covered: float) -> str:
    text = (
        f"{subject} burns its error budget of {slo.name}: burn rate {number(rate, window.factor)} over "
        f"{duration(window.long_s)} and {duration(window.short_s)}, limit {number(window.factor)}"
    )
    if whole is None or not whole.samples:
        return text
    used = covered * whole.bad_share / slo.budget
    if used >= 1.0:
        return f"{text}; {number(100.0 * used)} % of the budget of {duration(slo.window)} is used, nothing is left"
    rest = 1.0 - used
    return (
        f"{text}; {number(100.0 * used)} % of the budget of {duration(slo.window)} is used, {number(100.0 * rest)} % "
        f"is left and used up in {duration(rest * slo.window / rate)} at this rate"
    )
