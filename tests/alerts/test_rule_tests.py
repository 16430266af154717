"""Unit tests of rules: when rules fire on a series, and the words on what was expected."""

from __future__ import annotations

import pytest

from amt_console import alerts
from amt_console.alerts import Aggregate, ExpectedState, Rule, RuleTest, Signal, failures
from amt_console.alerts.rules.custom import custom_rule
from amt_console.model import Severity

DOWN = custom_rule(name="down", signal=Signal.SERVICE_DOWN, severity=Severity.CRITICAL, fail=2, recover=2)
SLOW = custom_rule(name="slow", signal=Signal.RESPONSE_TIME, above=100.0, leave=80.0, fail=1, recover=1)
MEAN = custom_rule(name="mean", signal=Signal.RESPONSE_TIME, above=100.0, window=60.0, fail=1, recover=1)
PEAK = custom_rule(
    name="peak", signal=Signal.CPU_USAGE, above=90.0, window=60.0, aggregate=Aggregate.MAX, fail=1, recover=1
)
RATE = custom_rule(
    name="rate", signal=Signal.RESPONSE_TIME, above=6.0, window=60.0, aggregate=Aggregate.RATE, fail=1, recover=1
)
ERRORS = custom_rule(name="errors", signal=Signal.ERROR_RATE, above=5.0, leave=4.0, fail=1, recover=1)
UPTIME = custom_rule(name="uptime", signal=Signal.UPTIME, below=99.0, leave=99.5, fail=1, recover=1)
LASTING = custom_rule(name="lasting", signal=Signal.RESPONSE_TIME, above=100.0, fail=1, for_seconds=60.0, recover=1)
CART = custom_rule(name="cart", signal=Signal.RESPONSE_TIME, subject="cart", above=100.0, fail=1, recover=1)

Values = tuple[float | None, ...]


def series(rule: Rule, values: Values, subject: str = "shop") -> alerts.TestSeries:
    return alerts.TestSeries(subject, rule.signal, values)


def words(rule: Rule, *given: alerts.TestSeries) -> str:
    """When the rule fires, as the message on a wrong expectation has it."""
    wrong = RuleTest("it", 30.0, given, (ExpectedState(-1.0, rule.id, True),))
    (message,) = failures([rule], wrong)
    before = f"at -1 s '{rule.id}' was expected to be firing, and does not fire ("
    assert message.startswith(before)
    return message.removeprefix(before).removesuffix(")")


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        (DOWN, (0, 0, 0), "it never fires"),
        (DOWN, (1, 0, 1, 0), "it never fires"),
        (DOWN, (0, 1, 1, 1), "it fires from 60 s"),
        (DOWN, (1, 1, 0, 0), "it fires from 30 s to 90 s"),
        (DOWN, (1, 1, 0, 1, 0, 0), "it fires from 30 s to 150 s"),
        (DOWN, (1, 1, None, None, 0, 0, 1, 1), "it fires from 30 s to 150 s, from 210 s"),
        (DOWN, (1, None, 1), "it fires from 60 s"),
        (SLOW, (101, 100, 80, 101), "it fires from 0 s to 60 s, from 90 s"),
        (SLOW, (100,), "it never fires"),
        (SLOW, (101, 90, 79.5), "it fires from 0 s to 60 s"),
        (SLOW, (101, None), "it fires from 0 s"),
        (LASTING, (200, 200, 10, 200, 200, 200, 10), "it fires from 150 s to 180 s"),
        # Two values are one window.
        (MEAN, (100, 102, 98, 300, 20, 20), "it fires from 30 s to 150 s"),
        (MEAN, (10, 150, None, 101), "it fires from 90 s"),
        (PEAK, (95, 10, 10), "it fires from 0 s to 60 s"),
        (RATE, (10, 13, 16.5, 16.5), "it fires from 60 s to 90 s"),
        # Rates of a window already: each value is judged.
        (ERRORS, (0, 6, 4, 6), "it fires from 30 s to 60 s, from 90 s"),
        (UPTIME, (100, 98, 99.4, 99.5), "it fires from 30 s to 90 s"),
    ],
)
def test_when_a_rule_fires(rule: Rule, values: Values, expected: str) -> None:
    assert words(rule, series(rule, values)) == expected


def test_a_rule_watches_each_series_of_its_signal_and_subject() -> None:
    good, bad = (10.0, 10.0, 10.0), (200.0, 200.0, 10.0)
    assert words(SLOW, series(SLOW, good), series(SLOW, bad, "cart")) == "it fires from 0 s to 60 s"
    assert words(SLOW, series(ERRORS, bad)) == "it never fires"
    assert words(CART, series(CART, bad)) == "it never fires"
    assert words(CART, series(CART, good), series(CART, bad, "cart")) == "it fires from 0 s to 60 s"
    assert words(CART, series(CART, bad, "cart"), series(CART, good)) == "it fires from 0 s to 60 s"
    later = (10.0, 10.0, 10.0, 200.0)
    assert words(SLOW, series(SLOW, bad), series(SLOW, later, "cart")) == "it fires from 0 s to 60 s, from 90 s"


def test_what_is_expected_at_both_ends_of_an_alert() -> None:
    given = (series(SLOW, (10, 200, 200, 10)),)
    right = [ExpectedState(at, "slow", at in (30.0, 89.5)) for at in (0.0, 29.5, 30.0, 89.5, 90.0)]
    assert failures([SLOW, DOWN], RuleTest("it", 30.0, given, tuple(right))) == []
    wrong = tuple(ExpectedState(each.at, each.rule, not each.firing) for each in right)
    span = "(it fires from 30 s to 90 s)"
    assert failures([SLOW], RuleTest("it", 30.0, given, wrong)) == [
        f"at 0 s 'slow' was expected to be firing, and does not fire {span}",
        f"at 29.5 s 'slow' was expected to be firing, and does not fire {span}",
        f"at 30 s 'slow' was expected to be none, and fires {span}",
        f"at 89.5 s 'slow' was expected to be none, and fires {span}",
        f"at 90 s 'slow' was expected to be firing, and does not fire {span}",
    ]


@pytest.mark.parametrize("firing", [True, False])
def test_a_rule_that_does_not_exist_is_told_once(firing: bool) -> None:
    test = RuleTest("it", 30.0, (series(SLOW, (200,)),), (ExpectedState(0.0, "slwo", firing),))
    assert failures([SLOW], test) == ["there is no rule 'slwo'"]
