"""Host samples, business figures, gaps and the monitor's sign of life."""

from __future__ import annotations

import math
import random

import pytest
from support.stores import START, at

from amt_console.model import (
    BusinessFigures,
    DiskUsage,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    NetworkRates,
)
from amt_console.store import MonitorRow, Store

pytestmark = pytest.mark.slow

DISK = DiskUsage("/", "/dev/vda1", "ext4", 1000, 420, 42.0)
NETWORK = NetworkRates(sent_bytes=1000.5, received_bytes=2000.25, errors=0.0, drops=0.1)


def sample(seconds: float = 0, cpu: float | None = 12.5) -> HostSample:
    return HostSample(
        timestamp=at(seconds),
        cpu_usage=cpu,
        memory_usage=50.25,
        disk_usage=42.0,
        disks=(DISK,),
        network=NETWORK,
        active_connections=17,
        load=(0.5, 0.25, 0.125),
        memory_total_bytes=8 * 2**30,
        swap_usage=1.5,
    )


def figures(kind: FigureKind, seconds: float, **values: object) -> BusinessFigures:
    found = {
        name: value if isinstance(value, Figure) else Figure(value)  # type: ignore[arg-type]
        for name, value in values.items()
    }
    return BusinessFigures(kind=kind, timestamp=at(seconds), figures=found)


def add_samples(store: Store, *samples: HostSample) -> None:
    with store.transaction() as writes:
        for each in samples:
            writes.add_host_sample(each)


def test_every_field_of_a_sample_comes_back_and_the_past_too(store: Store) -> None:
    add_samples(store, sample(0), sample(60, cpu=99.0), HostSample(at(120), None, None, None))
    with store.read() as reads:
        assert reads.host.sample() == HostSample(at(120), None, None, None)
        assert reads.host.sample(at(119)) == sample(60, cpu=99.0)
        assert reads.host.sample(at(-1)) is None
        assert reads.host.samples(at(0), at(120)) == [sample(0), sample(60, cpu=99.0)]


def test_figures_that_are_not_finite_are_unreadable(store: Store) -> None:
    add_samples(store, HostSample(at(0), math.nan, math.inf, 5.0, network=NetworkRates(math.nan, 1, 1, 1)))
    with store.read() as reads:
        stored = reads.host.sample()
        assert stored is not None
        assert (stored.cpu_usage, stored.memory_usage, stored.disk_usage) == (None, None, 5.0)
        assert set(reads.host.rollups(resolution=60, start=START, end=at(60))) == {"disk_usage", "received_bytes"}


def test_host_rollups_are_those_of_the_samples_in_any_order(store: Store) -> None:
    chooser = random.Random(7)
    samples = [sample(15.0 * i, cpu=round(chooser.uniform(0, 100), 3)) for i in range(300)]
    shuffled = [*samples, *samples[:50]]
    chooser.shuffle(shuffled)
    for begin in range(0, len(shuffled), 120):
        add_samples(store, *shuffled[begin : begin + 120])
    with store.read() as reads:
        before = {
            length: reads.host.rollups(resolution=length, start=START, end=at(4_500)) for length in (60, 300, 3600)
        }
    for bucket in before[3600]["cpu_usage"]:
        inside = [
            each.cpu_usage or 0.0 for each in samples if 0 <= (each.timestamp - bucket.start).total_seconds() < 3600
        ]
        assert bucket.samples == len(inside)
        assert bucket.histogram.mean == pytest.approx(sum(inside) / len(inside))
        assert (bucket.histogram.low, bucket.histogram.high) == (min(inside), max(inside))
        rank = math.ceil(0.95 * len(inside))
        assert bucket.histogram.quantile(0.95) == pytest.approx(sorted(inside)[rank - 1], rel=0.011)
    with store.transaction() as writes:
        writes.rebuild_rollups(START, at(4_500))
    with store.read() as reads:
        assert before == {
            length: reads.host.rollups(resolution=length, start=START, end=at(4_500)) for length in (60, 300, 3600)
        }


def test_each_kind_has_its_newest_figures_whatever_the_others_have(store: Store) -> None:
    with store.transaction() as writes:
        for kind in FigureKind:
            writes.add_figures(figures(kind, 0, value=1.0))
        writes.add_figures(figures(FigureKind.PLANS, 90, value=2.0))
    with store.read() as reads:
        found = {kind: each.figures["value"].value for kind, each in reads.figures.newest().items()}
        assert found == {kind: 2.0 if kind is FigureKind.PLANS else 1.0 for kind in FigureKind}
        assert {each.timestamp for each in reads.figures.newest(at(89)).values()} == {at(0)}


def test_figures_come_back_newest_first_and_as_of_then(store: Store) -> None:
    whole = figures(
        FigureKind.REVENUE,
        0,
        mrr=1234.5,
        plans=(("free", 10.0), ("pro", 5.0)),
        churn=Figure(None, "not in the answer", "percent", "130 is more than 100 percent"),
        arpu=Figure(0.5, None, "EUR", "looks wrong"),
    )
    with store.transaction() as writes:
        writes.add_figures(whole)
        writes.add_figures(whole)
        writes.add_figures(figures(FigureKind.REVENUE, 60, mrr=2000.0))
        writes.add_figures(figures(FigureKind.PLANS, 60, pro=49.0))
    with store.read() as reads:
        assert reads.figures.newest(at(59)) == {FigureKind.REVENUE: whole}
        newest = reads.figures.newest()
        assert set(newest) == {FigureKind.REVENUE, FigureKind.PLANS}
        assert newest[FigureKind.REVENUE].figures["mrr"] == Figure(2000.0)
        assert reads.figures.history(FigureKind.REVENUE, "mrr", at(0), at(120)) == [(at(0), 1234.5), (at(60), 2000.0)]
        assert reads.figures.history(FigureKind.REVENUE, "plans", at(0), at(120)) == []


def test_a_figure_that_is_not_finite_is_missing_with_the_reason(store: Store) -> None:
    with store.transaction() as writes:
        writes.add_figures(
            figures(FigureKind.CHATBOT, 0, messages=math.nan, topics=(("a", 1.0), ("b", math.inf)), good=1.0)
        )
    with store.read() as reads:
        stored = reads.figures.newest()[FigureKind.CHATBOT].figures
    assert stored["messages"] == stored["topics"] == Figure(None, "not a finite number")
    assert stored["good"] == Figure(1.0)


def test_long_histories_of_a_figure_are_hourly(store: Store) -> None:
    with store.transaction() as writes:
        for i in range(4 * 24 * 4):
            writes.add_figures(figures(FigureKind.OVERVIEW, 900 * i, total_users=float(i)))
    with store.read() as reads:
        short = reads.figures.history(FigureKind.OVERVIEW, "total_users", at(0), at(86_400))
        long = reads.figures.history(FigureKind.OVERVIEW, "total_users", at(0), at(4 * 86_400))
    assert len(short) == 96
    assert long == [(at(3600 * i), float(4 * i)) for i in range(96)]


def test_daily_values_of_a_figure_are_of_one_time_of_day_and_of_days_that_were_read(store: Store) -> None:
    hours = [*range(30), *range(54, 24 * 100, 6)]
    with store.transaction() as writes:
        for hour in hours:
            writes.add_figures(figures(FigureKind.OVERVIEW, 3600 * hour, total_users=float(hour), pages=(("a", 1.0),)))
    end = 24 * 100 * 3600 - 1
    with store.read() as reads:
        daily = reads.figures.daily(FigureKind.OVERVIEW, at(end), 400)
        two = reads.figures.daily(FigureKind.OVERVIEW, at(3600 * 29), 2)
        none = reads.figures.daily(FigureKind.REVENUE, at(end), 400)
    assert daily == {"total_users": [(at(3600 * hour), float(hour)) for hour in (23, 29, *range(66, 2400, 24))]}
    assert two == {"total_users": [(at(3600 * 5), 5.0), (at(3600 * 29), 29.0)]}
    assert none == {}


def test_gaps_that_touch_a_window(store: Store) -> None:
    gaps = [Gap(at(0), at(100), GapReason.STOPPED), Gap(at(200), at(300), GapReason.SUSPENDED)]
    with store.transaction(durable=True) as writes:
        for gap in gaps:
            writes.add_gap(gap)
    with store.read() as reads:
        assert reads.monitor.gaps(at(-50), at(500)) == gaps
        assert reads.monitor.gaps(at(50), at(60)) == gaps[:1]
        assert reads.monitor.gaps(at(100), at(200)) == []


def test_the_newest_sign_of_life_is_kept(store: Store) -> None:
    with store.read() as reads:
        assert reads.monitor.sign_of_life() is None
    for seconds in (10, 20):
        with store.transaction() as writes:
            writes.sign_of_life(host="watch", pid=42, started_at=at(0), at=at(seconds))
    with store.read() as reads:
        assert reads.monitor.sign_of_life() == MonitorRow("watch", 42, at(0), at(20))
