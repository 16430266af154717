"""Every number of every JSON report against raw rows, by code that shares nothing with the program."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from support.stores import lay_out
from truth.compare import Explained, Near, faults
from truth.expected import Service, Truth
from truth.histories import END, TARGETS, History, history, write
from truth.raw import read, us

from amt_console.clock import FakeClock
from amt_console.config import Settings, load_config
from amt_console.reports.build import build
from amt_console.reports.export import report_data
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.gather import gather
from amt_console.reports.scheduled.child import window_of_period
from amt_console.reports.scheduled.schedule import Period
from amt_console.store import Store

pytestmark = pytest.mark.slow

SETTINGS: Settings = load_config(cwd=Path("/nonexistent"), env={}).settings
SERVICES = tuple(Service(target.name, target.degraded_above_ms, target.timeout) for target in TARGETS)
PARTS = ("overview", "chatbot", "revenue", "performance", "executive", "monitoring")
Documents = dict[str, dict[str, Any]]


def stored(
    folder: Path, told: History, now: datetime, *, until: datetime | None = None, order: random.Random | None = None
) -> Path:
    path = folder / "monitoring.db"
    lay_out(path)
    with Store.open(f"sqlite:///{path}", clock=FakeClock(now)) as store:
        write(store, told, until=until, order=order)
    return path


def documents(path: Path, now: datetime, hours: float, *, end: datetime = END) -> Documents:
    """The JSON reports of the window up to ``end``, made at a moment."""
    clock = FakeClock(now)
    with Store.open(f"sqlite:///{path}", clock=clock, read_only=True) as store:
        data = report_data(store, TARGETS, SETTINGS, clock, hours=hours, end=end, zone="UTC")
    return built(data)


def built(data: ReportData) -> Documents:
    made = build(data, plan(PARTS, ("json",)), progress=lambda *_: None)
    return {name.removesuffix(".json"): json.loads(content) for name, content in made}


def wrong(path: Path, found: Documents) -> list[str]:
    """The numbers that are not those of the raw rows, or that nothing checks."""
    window = found["performance_analysis_report"]["window"]
    limits = {
        name: value
        for name, value in SETTINGS.alert_thresholds.model_dump().items()
        if name in found["performance_analysis_report"]["limits"]
    }
    start = us(datetime.fromisoformat(window["start"]))
    truth = Truth(read(path), SERVICES, start, us(END), window["step_seconds"], limits)
    checks: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "performance_analysis_report": truth.performance,
        "monitoring_report": lambda _: truth.monitoring(),
        "executive_summary": truth.executive,
        **{f"{name}_dashboard": truth.figures for name in ("overview", "chatbot", "revenue")},
    }
    assert set(found) == set(checks), "a report that nothing checks"
    return [fault for name, document in found.items() for fault in faults(document, checks[name](document), name)]


AT_ONCE = END + timedelta(seconds=1)
LATER = END + timedelta(hours=1)
AVAILABLE = ("up_seconds", "degraded_seconds", "down_seconds", "maintenance_seconds", "unknown_seconds")


@pytest.mark.parametrize(
    ("seed", "hours"), [(1, 3), (2, 6), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((4, 24), (8, 48)))]
)
def test_every_number_is_that_of_the_raw_rows(tmp_path: Path, seed: int, hours: float) -> None:
    path = stored(tmp_path, history(seed, hours=2 * hours + 1), LATER)
    assert wrong(path, documents(path, LATER, hours)) == []


def test_a_scheduled_report_from_an_odd_minute_has_the_numbers_of_the_raw_rows(tmp_path: Path) -> None:
    path = stored(tmp_path, history(5, hours=15), LATER)
    period = Period(END - timedelta(hours=6, minutes=37, seconds=30), END, END)
    window = window_of_period(period, SETTINGS.retention.rollups, LATER)
    assert (window.start, window.step) == (period.start, 300)
    clock = FakeClock(LATER)
    with Store.open(f"sqlite:///{path}", clock=clock, read_only=True) as store, store.read() as reads:
        data = gather(reads, targets=TARGETS, settings=SETTINGS, window=window, zone="UTC", made_at=LATER)
    assert wrong(path, built(data)) == []


@example(seed=4441).via("an unconfirmed failure beside an outage of another service")
@settings(max_examples=5, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10_000))
def test_small_histories_of_any_kind_are_told_as_they_were(seed: int) -> None:
    with TemporaryDirectory() as folder:
        path = stored(Path(folder), history(seed, hours=2.5, after=0.3), LATER)
        assert wrong(path, documents(path, LATER, 1)) == []


@settings(max_examples=3, phases=[Phase.generate])
@given(seed=st.integers(0, 10_000))
def test_a_past_window_is_the_same_whenever_and_in_whatever_order_it_was_stored(seed: int) -> None:
    """Made at once, and from a database with what came later, its results stored in another order."""
    told = history(seed, hours=2.5, after=0.5)
    made = []
    for now, until, order in ((AT_ONCE, AT_ONCE, None), (LATER, None, random.Random(seed))):
        with TemporaryDirectory() as folder:
            found = documents(stored(Path(folder), told, now, until=until, order=order), now, 1)
        for document in found.values():
            del document["generated_at"]
        made.append(found)
    assert made[0] == made[1]


@settings(max_examples=3, phases=[Phase.generate])
@given(seed=st.integers(0, 10_000))
def test_windows_add_up(seed: int) -> None:
    """The parts of a window sum to it, and those of its halves to those of the whole."""
    whole_hour = END.replace(minute=0, second=0)
    with TemporaryDirectory() as folder:
        path = stored(Path(folder), history(seed, hours=3.5), LATER)
        both, late, early = (
            documents(path, LATER, hours, end=whole_hour - timedelta(hours=back))["performance_analysis_report"]
            for hours, back in ((2, 0), (1, 0), (1, 1))
        )
    for sums, *halves in zip(both["services"], late["services"], early["services"], strict=True):
        # Degraded seconds are a part of those up.
        parts = (sums["availability"][part] for part in AVAILABLE if part != "degraded_seconds")
        assert sum(parts) == pytest.approx(7200)
        for part in AVAILABLE:
            added = sum(half["availability"][part] for half in halves)
            assert sums["availability"][part] == pytest.approx(added, abs=0.002), part
        for count in ("samples", "errors"):
            assert sums["latency"][count] == sum(half["latency"][count] for half in halves)


def test_a_number_that_nothing_checks_is_a_failure() -> None:
    expected = {"a": 1, "list": [{"b": 2.0}], "near": Near(100.0), "hidden": Explained("why")}
    document = {"a": 1, "list": [{"b": 2.0}], "near": 100.9, "hidden": {"x": 9}, "text": "x", "none": None}
    assert faults(document, expected) == []
    assert faults({**document, "new": {"c": [7]}}, expected) == [".new.c[0]: 7, and nothing checks it"]
    assert faults({**document, "a": 1.01}, expected) == [".a: 1.01 instead of 1"]
    assert faults({**document, "near": 102.0}, expected) != []
    assert faults({**document, "list": []}, expected) == [".list: 0 items instead of 1"]
    assert faults({key: value for key, value in document.items() if key != "a"}, expected) == [".a: missing"]
