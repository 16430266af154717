"""The words of alerts: numbers, units, windows and locations."""

from __future__ import annotations

import pytest

from amt_console.alerts import Aggregate, Direction, Limits, Rule, Signal, from_locations, limit
from amt_console.alerts.wording import MOST_NAMED, describe
from amt_console.model import AlertType
from amt_console.text import number

ABOVE, BELOW = Direction.ABOVE, Direction.BELOW


def words(
    signal: Signal, value: float, enter: float, *, subject: str = "x", between: bool = False, **more: object
) -> str:
    """What is said of a value beside a limit."""
    direction = BELOW if signal in (Signal.UPTIME, Signal.TLS_EXPIRY) else ABOVE
    broken = limit(signal, direction, enter)
    rule = Rule("r", AlertType.ANOMALY, signal, direction=direction, limits=Limits(warning=broken), **more)  # type: ignore[arg-type]
    return describe(rule, subject, value, broken, between=between)


@pytest.mark.parametrize(
    ("signal", "value", "enter", "said"),
    [
        (Signal.RESPONSE_TIME, 300.0, 200.0, "x answers in 300 ms, limit 200 ms"),
        (Signal.RESPONSE_TIME, 999.0, 1000.0, "x answers in 0.999 s, limit 1 s"),
        (Signal.RESPONSE_TIME, 1000.0, 500.0, "x answers in 1 s, limit 500 ms"),
        (Signal.RESPONSE_TIME, 1000.5, 500.0, "x answers in 1 s, limit 500 ms"),
        (Signal.RESPONSE_TIME, 12.0, 2000.0, "x answers in 0.012 s, limit 2 s"),
        (Signal.ERROR_RATE, 5.0, 1.0, "x fails 5 % of its probes, limit 1 %"),
        (Signal.UPTIME, 98.0, 99.0, "x was up 98 % of the time, limit 99 %"),
        (Signal.CPU_USAGE, 91.0, 80.0, "x is at 91 %, limit 80 %"),
        (Signal.SWAP_USAGE, 91.0, 80.0, "swap is at 91 %, limit 80 %"),
        (Signal.LOAD, 9.5, 4.0, "load is at 9.5, limit 4"),
        (Signal.ACTIVE_CONNECTIONS, 5123.0, 5000.0, "open connections is at 5,123, limit 5,000"),
        (Signal.NETWORK_SENT, 2048.0, 1024.0, "network traffic sent is at 2.0 KiB/s, limit 1.0 KiB/s"),
        (Signal.NETWORK_RECEIVED, 2048.0, 1024.0, "network traffic received is at 2.0 KiB/s, limit 1.0 KiB/s"),
        (Signal.FIGURE, 7.0, 5.0, "x is at 7, limit 5"),
        (Signal.TLS_EXPIRY, 0.0, 3.0, "x: the certificate ends in 0s, limit 3 days"),
        (Signal.TLS_EXPIRY, 1.0, 3.0, "x: the certificate ends in 1d, limit 3 days"),
        (Signal.TLS_EXPIRY, 2.0, 3.0, "x: the certificate ends in 2 days, limit 3 days"),
        (Signal.TLS_EXPIRY, -0.5, 3.0, "x: the certificate ended 12h ago, limit 3 days"),
    ],
)
def test_each_signal_has_its_words_and_unit(signal: Signal, value: float, enter: float, said: str) -> None:
    assert words(signal, value, enter) == said


@pytest.mark.parametrize(("unit", "shown"), [(None, ("7", "5")), ("C", ("7 C", "5 C"))])
def test_a_value_of_a_check_is_told_with_its_unit(unit: str | None, shown: tuple[str, str]) -> None:
    broken = limit(Signal.VALUE, ABOVE, 5.0)
    rule = Rule("r", AlertType.ANOMALY, Signal.VALUE, direction=ABOVE, limits=Limits(warning=broken))
    assert describe(rule, "x", 7.0, broken, unit=unit) == f"x is at {shown[0]}, limit {shown[1]}"


def test_the_end_of_the_alert_is_told_between_the_limits_only() -> None:
    assert words(Signal.CPU_USAGE, 75.0, 80.0, between=True) == "x is at 75 %, limit 80 %, ends at 72 %"
    assert words(Signal.CPU_USAGE, 75.0, 80.0) == "x is at 75 %, limit 80 %"


def test_a_window_is_told_with_how_its_values_became_one() -> None:
    hour = {"window": 3600.0, "aggregate": Aggregate.P95}
    assert words(Signal.LOAD, 5.0, 4.0, **hour) == "load is at 5 at the 95th percentile over 1h, limit 4"
    for signal in (Signal.ERROR_RATE, Signal.UPTIME):
        assert "% of its probes over 1h," in (said := words(signal, 5.0, 6.0, **hour)) or "time over 1h," in said


@pytest.mark.parametrize(("value", "verb"), [(0.0, "rises by 0"), (0.5, "rises by 0.5"), (-0.5, "falls by 0.5")])
def test_a_rate_is_told_by_its_direction(value: float, verb: str) -> None:
    said = words(Signal.FIGURE, value, 2.0, window=600.0, aggregate=Aggregate.RATE)
    assert said == f"x {verb} a minute over 10m, limit 2 a minute"


@pytest.mark.parametrize(
    ("value", "beside", "shown"),
    [
        (0.0, 5.0, "0"),
        (-0.0, None, "0"),
        (1.000000012345, 1.0, "1.000000012345"),
        (1e-9, None, "0.000000001"),
        (1.234e-10, None, "1.23e-10"),
        (999e12, None, "999,000,000,000,000"),
        (1e15, None, "1e+15"),
        (1.0000001, 1.0, "1.0000001"),
        (1.00000001, 1.0, "1.00000001"),
        (0.5, None, "0.5"),
        (12.0, None, "12"),
    ],
)
def test_a_number_has_as_many_digits_as_it_needs(value: float, beside: float | None, shown: str) -> None:
    assert number(value, beside) == shown


def test_some_locations_are_named_and_of_many_the_rest_is_counted() -> None:
    names = ["e", "d", "c", "b", "a", "f"]
    assert from_locations(["b", "a"], 3) == "from a, b (2 of 3)"
    assert from_locations(names[:MOST_NAMED], 9) == "from b, c, d, e (4 of 9)"
    assert from_locations(names[: MOST_NAMED + 1], 9) == "from a, b, c, d, 1 more (5 of 9)"
    assert from_locations(names, 9) == "from a, b, c, d, 2 more (6 of 9)"
