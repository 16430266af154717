"""Burn rates: the numbers of the SRE workbook, worked out by hand, and the least numbers of bad probes."""

from __future__ import annotations

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Probes, Verdict, burns, consequences, judge_burn, slo_rule, step
from amt_console.clock import FakeClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.slo import Slo

HOUR, DAY = 3600.0, 86400.0
SLO = Slo("checkout-available", ("checkout",), 99.9, 30 * DAY)
RULE = slo_rule(SLO)
WINDOWS = (300.0, 1800.0, HOUR, 6 * HOUR, 72 * HOUR)
EVERY_15_S = {seconds: int(seconds / 15) for seconds in WINDOWS}
"""Probes of each window."""


def probes(bad: dict[float, int], samples: dict[float, int] | None = None) -> dict[float, Probes]:
    """Bad probes by window; those of a shorter window count in the longer ones, too."""
    counts, most = {}, 0
    for seconds in WINDOWS:
        most = max(most, bad.get(seconds, 0))
        counts[seconds] = Probes((samples or EVERY_15_S)[seconds], most)
    return counts


def verdict(bad: dict[float, int], samples: dict[float, int] | None = None, slo: Slo = SLO) -> Verdict:
    return judge_burn(slo_rule(slo), "checkout", probes(bad, samples), at=FakeClock().instant()).verdict


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        # An hour holds 240 probes; 14.4 x 0.1 % of them is 3.456. Five minutes hold 20: 0.288, and at least 2.
        ({300.0: 2, HOUR: 4}, Verdict.CRITICAL),
        ({300.0: 2, HOUR: 3}, Verdict.OK),
        ({300.0: 1, HOUR: 4}, Verdict.OK),
        ({300.0: 4}, Verdict.CRITICAL),
        # Six hours hold 1440: 6 x 0.1 % is 8.64. Thirty minutes hold 120: 0.72, and at least 2.
        ({1800.0: 2, 6 * HOUR: 9}, Verdict.CRITICAL),
        ({1800.0: 2, 6 * HOUR: 8}, Verdict.OK),
        ({1800.0: 1, 6 * HOUR: 9}, Verdict.OK),
        # Three days hold 17,280: 0.1 % is 17.28. Six hours: 1.44, and at least 2.
        ({6 * HOUR: 2, 72 * HOUR: 18}, Verdict.WARNING),
        ({6 * HOUR: 2, 72 * HOUR: 17}, Verdict.OK),
        ({6 * HOUR: 1, 72 * HOUR: 18}, Verdict.OK),
        ({}, Verdict.OK),
    ],
)
def test_both_windows_must_exceed_the_burn_rate(bad: dict[float, int], expected: Verdict) -> None:
    assert verdict(bad) is expected


def test_with_few_probes_the_least_number_of_bad_ones_decides() -> None:
    # A probe every five minutes: one bad probe of twelve is a burn rate of 83, two are 167.
    few = {300.0: 1, 1800.0: 6, HOUR: 12, 6 * HOUR: 72, 72 * HOUR: 864}
    assert verdict({1800.0: 1}, few) is Verdict.OK
    assert verdict({1800.0: 2}, few) is Verdict.OK
    assert verdict({1800.0: 1, 6 * HOUR: 2, 72 * HOUR: 3}, few) is Verdict.WARNING
    assert verdict({1800.0: 2, 6 * HOUR: 3}, few) is Verdict.CRITICAL


def test_exactly_the_burn_rate_is_not_too_fast() -> None:
    samples = {300.0: 250, 1800.0: 1500, HOUR: 2500, 6 * HOUR: 10_000, 72 * HOUR: 100_000}
    window = SLO.burn_windows[0]
    assert not burns(SLO, window, probes({300.0: 10, HOUR: 36}, samples))
    assert burns(SLO, window, probes({300.0: 10, HOUR: 37}, samples))
    half = Slo("half", ("checkout",), 50.0, 30 * DAY)
    for bad, burning in ((50, False), (51, True)):
        long = {6 * HOUR: Probes(20, 20), 72 * HOUR: Probes(100, bad)}
        assert burns(half, half.burn_windows[2], long) is burning
    assert Probes(0, 0).bad_share == 0.0


def test_a_slow_burn_keeps_the_objective_and_says_so() -> None:
    seen = judge_burn(RULE, "checkout", probes({6 * HOUR: 1}), at=FakeClock().instant())
    assert (seen.verdict, seen.value, seen.threshold) == (Verdict.OK, pytest.approx(1000 / 1440), 1.0)
    assert seen.message == "checkout keeps to its error budget of checkout-available: burn rate 0.694 over 6h"


def test_a_rule_without_an_objective_is_refused() -> None:
    with pytest.raises(ValueError, match="Rule response_time has no objective"):
        judge_burn(two_tier_rule(), "checkout", probes({}), at=FakeClock().instant())


def test_time_without_probes_is_neither_good_nor_bad() -> None:
    none = dict.fromkeys(WINDOWS, 0)
    assert verdict({}, none) is Verdict.NO_DATA
    # The hour burned, and nothing was measured in the last half hour: it is not known whether it still does.
    silent = {**EVERY_15_S, 300.0: 0, 1800.0: 0}
    assert verdict({HOUR: 20}, silent) is Verdict.NO_DATA
    assert verdict({HOUR: 3}, silent) is Verdict.OK, "3 of 240 are not too fast"
    few = {300.0: 0, 1800.0: 0, HOUR: 12, 6 * HOUR: 72, 72 * HOUR: 864}
    assert verdict({HOUR: 3}, few) is Verdict.NO_DATA
    assert verdict({HOUR: 2}, few) is Verdict.OK, "too few bad probes"
    exactly = {300.0: 0, 1800.0: 0, HOUR: 100, 6 * HOUR: 600, 72 * HOUR: 7200}
    half = Slo("half", ("checkout",), 50.0, 50 * HOUR)
    assert verdict({HOUR: 50}, exactly, half) is Verdict.OK
    assert verdict({HOUR: 51}, exactly, half) is Verdict.NO_DATA


def test_the_message_tells_rate_budget_and_what_is_left() -> None:
    # 5 of 240 probes are a burn rate of 20.8. 86 of 172,800 in thirty days are 49.8 % of 172.8, and the rest of a
    # budget of 30 days lasts 0.502 x 30 d / 20.8 = 17.4 hours.
    seen = judge_burn(
        RULE, "checkout", probes({300.0: 2, HOUR: 5}), at=FakeClock().instant(), whole=Probes(172_800, 86)
    )
    assert seen.message == (
        "checkout burns its error budget of checkout-available: burn rate 20.8 over 1h and 5m, limit 14.4; "
        "49.8 % of the budget of 30d is used, 50.2 % is left and used up in 17h 22m at this rate"
    )
    assert (seen.value, seen.threshold) == (pytest.approx(20.83, abs=0.01), pytest.approx(14.4))


@pytest.mark.parametrize(("bad", "percent"), [(100, "100 %"), (150, "150 %"), (231, "231 %")])
def test_the_message_of_a_budget_that_is_used_up(bad: int, percent: str) -> None:
    whole = Probes(100_000, bad)
    seen = judge_burn(RULE, "checkout", probes({300.0: 2, HOUR: 5}), at=FakeClock().instant(), whole=whole)
    assert seen.message.endswith(f"; {percent} of the budget of 30d is used, nothing is left")


@pytest.mark.parametrize("whole", [None, Probes(0, 0)])
def test_the_message_without_a_history(whole: Probes | None) -> None:
    seen = judge_burn(RULE, "checkout", probes({300.0: 2, HOUR: 5}), at=FakeClock().instant(), whole=whole)
    assert seen.message.endswith(": burn rate 20.8 over 1h and 5m, limit 14.4")


def test_a_young_history_has_used_what_it_has_used() -> None:
    # Two hours of thirty days: 20 of 480 probes are 41.7 budgets of two hours, and 11.6 % of the whole one.
    counts, whole = probes({300.0: 2, HOUR: 20}), Probes(480, 20)
    seen = judge_burn(RULE, "checkout", counts, at=FakeClock().instant(), whole=whole, covered=2 / 720)
    assert "; 11.6 % of the budget of 30d is used, 88.4 % is left" in seen.message


def test_it_fires_at_once_and_its_severity_follows_the_worst_window() -> None:
    key = Key(RULE, subject="checkout", every=30.0)

    def feed(bad: dict[float, int]) -> Episode:
        key.save(step(key.episode, judge_burn(RULE, "checkout", probes(bad), at=key.clock.instant()), RULE))
        key.clock.advance(30.0)
        return key.now

    assert (feed({6 * HOUR: 2, 72 * HOUR: 18}).state, key.now.severity) == (AlertState.FIRING, Severity.WARNING)
    assert key.now.alert_type is AlertType.SLO_BURN
    assert feed({300.0: 3, HOUR: 4, 72 * HOUR: 20}).severity is Severity.CRITICAL
    for _ in range(2):
        feed({6 * HOUR: 4, 72 * HOUR: 20})
    assert key.now.severity is Severity.WARNING
    assert feed({6 * HOUR: 1, 72 * HOUR: 20}).state is AlertState.RECOVERING
    assert feed({6 * HOUR: 1, 72 * HOUR: 20}).state is AlertState.RESOLVED


def test_during_an_outage_of_its_own_service_it_follows_and_never_the_other_way_round() -> None:
    clock = FakeClock()

    def firing(number: int, kind: AlertType) -> Episode:
        return Episode(
            rule_id=str(kind),
            subject="checkout",
            alert_type=kind,
            severity=Severity.CRITICAL,
            message="",
            state=AlertState.FIRING,
            opened_at=clock.now(),
            began=clock.instant(),
            id=number,
        )

    both = [firing(1, AlertType.SLO_BURN), firing(2, AlertType.SERVICE_DOWN)]
    assert consequences(both, {}) == {1: 2}


def test_the_rule_watches_its_services_and_looks_back_over_the_longest_window() -> None:
    assert RULE.window == 72 * HOUR
    assert RULE.applies_to("checkout")
    assert not RULE.applies_to("cart")
    assert not RULE.has_limits
