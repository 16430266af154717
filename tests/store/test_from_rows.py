"""Reads from raw rows agree with the stored sums, by code that shares nothing with them."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.model import HostSample, NetworkRates, ProbeResult, ServiceState
from amt_console.store import Reads, ReadsFromRows, Store
from amt_console.store.reads.from_rows import count_probes
from amt_console.store.reads.raw import RawProbe
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

STATES = tuple(ServiceState)
STEPS = (1, 14.5, 15, 60, 61, 90, 300, 450, 4000)


def history(seed: int) -> list[ProbeResult]:
    """Results of two services over some hours: intervals, gaps, re-checks and states of all kinds."""
    chance = random.Random(seed)
    results = []
    for service in ("api", "web"):
        moment = 0.0
        for _ in range(60):
            results.append(
                result(
                    service,
                    moment,
                    chance.choice(STATES),
                    ms=chance.choice([None, chance.randrange(30_000) / 7]),
                    interval=chance.choice([15, 60, 300]),
                    attempt=chance.choice([1, 1, 1, 2]),
                    error=chance.choice([None, "HTTP 503", "timed out"]),
                )
            )
            moment += chance.choice(STEPS)
    chance.shuffle(results)
    return results


def services(reads: Reads, end: float) -> object:
    start, upto = at(0), at(end)
    return (
        {
            resolution: {
                name: [(each.start_us, each.samples, each.errors, each.known_us, each.histogram) for each in buckets]
                for name, buckets in reads.services.rollups(resolution=resolution, start=start, end=upto).items()
            }
            for resolution in (60, 300, 3600, 86_400)
        },
        {
            name: (total.samples, total.up_us, total.degraded_us, total.down_us, total.maintenance_us, total.histogram)
            for name, total in reads.services.totals(start=start, end=upto).items()
        },
        sorted(reads.services.state_changes(start=start, end=upto), key=lambda each: (each.at, each.service)),
        reads.services.statuses(upto),
    )


@pytest.mark.parametrize("seed", range(3))
def test_services_from_rows_are_what_is_stored(store: Store, clock: FakeClock, seed: int) -> None:
    results = history(seed)
    clock.advance(86_400)
    with store.transaction() as writes:
        writes.add_results(results)
    with store.read() as reads:
        for end in (0.5, 333.25, 7200, 86_400):
            assert services(ReadsFromRows(reads, clock), end) == services(reads, end)


def test_the_host_from_rows_is_what_is_stored(store: Store, clock: FakeClock) -> None:
    chance = random.Random(5)
    with store.transaction() as writes:
        for position in range(400):
            network = NetworkRates(chance.random() * 1e6, 2.0, 0.0, 0.0)
            writes.add_host_sample(HostSample(at(10 * position), chance.random() * 100, None, 70.1, network=network))
    clock.advance(7200)
    with store.read() as reads:
        rows = ReadsFromRows(reads, clock)
        for resolution in (60, 3600):
            for end in (1805, 4000):
                found, stored = (
                    {
                        metric: [(each.start_us, each.histogram) for each in buckets]
                        for metric, buckets in read.host.rollups(
                            resolution=resolution, start=START, end=at(end)
                        ).items()
                    }
                    for read in (rows, reads)
                )
                assert found == stored
        assert rows.host.sample(at(95)) == reads.host.sample(at(95))


@pytest.mark.slow
def test_time_without_rows_keeps_its_stored_sums(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result("api", 600 * step, interval=600) for step in range(6 * 24 * 3)])
    clock.advance(3 * 86_400)
    with store.read() as reads:
        before = reads.services.rollups(resolution=3600, start=START, end=clock.now())["api"]
    run = Retention(store, RetentionPolicy(monitoring_logs=timedelta(days=1)), clock=clock)
    while run.step() is not None:
        pass
    with store.read() as reads:
        rows = ReadsFromRows(reads, clock)
        whole = rows.services.whole_from("api")
        assert whole is not None
        assert START < whole < clock.now()
        assert len(list(rows.raw.probes(START, clock.now()))) < len(before) * 6
        assert rows.services.rollups(resolution=3600, start=START, end=clock.now())["api"] == before
        assert rows.services.totals(start=START, end=clock.now()) == reads.services.totals(start=START, end=clock.now())
        assert rows.services.statuses(clock.now()) == reads.services.statuses(clock.now())


def test_rows_that_came_later_do_not_count(store: Store, clock: FakeClock) -> None:
    with store.transaction() as writes:
        writes.add_results([result("api", 60 * step) for step in range(3)])
        writes.add_host_sample(HostSample(at(0), 20.0, 50.0, 70.0))
    with store.read() as reads:
        known = reads.raw.newest_ids()
        assert reads.raw.counts(START, at(3600)) == {"monitoring_logs": 3, "system_metrics": 1, "business_figures": 0}
    with store.transaction() as writes:
        writes.add_results([result("api", 30, ServiceState.DOWN), result("late", 50)])
    clock.advance(3600)
    with store.read() as reads:
        rows = ReadsFromRows(reads, clock, known)
        (bucket,) = rows.services.rollups(resolution=3600, start=START, end=at(3600))["api"]
        assert (bucket.samples, bucket.down_us) == (3, 0)
        assert rows.raw.counts(START, at(3600))["monitoring_logs"] == 3
        assert rows.services.statuses(at(3600)).keys() == {"api"}


@pytest.mark.parametrize("window", [(0, 3600), (0, 540), (60, 541), (240, 300), (600, 3600), (-600, 0), (-600, 3600)])
def test_rows_are_counted_within_the_window(store: Store, window: tuple[int, int]) -> None:
    moments = range(0, 600, 60)
    with store.transaction() as writes:
        writes.add_results([result("api", moment) for moment in moments])
        writes.add_host_sample(HostSample(at(0), 20.0, 50.0, 70.0))
    low, high = window
    with store.read() as reads:
        assert reads.raw.counts(at(low), at(high)) == {
            "monitoring_logs": sum(low <= moment < high for moment in moments),
            "system_metrics": int(low <= 0 < high),
            "business_figures": 0,
        }


def test_a_probe_speaks_over_buckets_until_one_and_a_half_intervals() -> None:
    second = 1_000_000
    probe = RawProbe(5 * second, "api", ServiceState.UP, 20 * second, 1, 1500, None)
    found = count_probes([probe], 0, 100 * second, 10 * second)
    assert [(start // second, each.up_us // second, each.samples) for start, each in sorted(found.items())] == [
        (0, 5, 1),
        (10, 10, 0),
        (20, 10, 0),
        (30, 5, 0),
    ]
    assert count_probes([], 0, 100 * second, 10 * second) == {}
