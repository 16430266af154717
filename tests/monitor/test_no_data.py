"""Alerts about missing data."""

from __future__ import annotations

import pytest

from amt_console.monitor.watches.no_data import UNHEARD, NoDataWatch, Overdue


def test_a_subject_is_silent_after_three_intervals_and_told_of_once_per_interval() -> None:
    watch = NoDataWatch({"web-app": 10.0}, now=0.0)
    assert watch.overdue(29.9) == []
    assert watch.overdue(30.0) == [Overdue("web-app", 30.0, UNHEARD)]
    assert watch.overdue(35.0) == []
    assert watch.overdue(40.0) == [Overdue("web-app", 40.0, UNHEARD)]


def test_a_fresh_result_ends_the_silence() -> None:
    watch = NoDataWatch({"web-app": 10.0}, now=0.0)
    watch.overdue(30.0)
    watch.heard("web-app", 31.0)
    watch.heard("nobody", 31.0)
    assert watch.overdue(60.9) == []
    assert watch.overdue(61.0) == [Overdue("web-app", 30.0, UNHEARD)]


def test_nobody_is_blamed_for_a_time_in_which_nobody_listened() -> None:
    watch = NoDataWatch({"web-app": 10.0, "api": 60.0}, now=0.0)
    watch.forgive(3600.0)
    assert watch.overdue(3600.0) == []


def test_a_reload_keeps_what_was_heard_of_those_that_stay() -> None:
    watch = NoDataWatch({"a": 10.0, "b": 10.0}, now=0.0)
    watch.replace({"a": 10.0, "c": 10.0}, now=20.0)
    assert watch.overdue(30.0) == [Overdue("a", pytest.approx(30.0), UNHEARD)]
    assert watch.overdue(50.0) == [
        Overdue("a", pytest.approx(50.0), UNHEARD),
        Overdue("c", pytest.approx(30.0), UNHEARD),
    ]


def test_the_reason_is_that_of_the_last_result_that_said_nothing() -> None:
    watch = NoDataWatch({"web-app": 10.0}, now=0.0)
    watch.unmeasured("web-app", "out of file descriptors")
    assert watch.overdue(30.0) == [Overdue("web-app", 30.0, "out of file descriptors")]
    watch.heard("web-app", 31.0)
    assert watch.overdue(61.0)[0].reason == UNHEARD
