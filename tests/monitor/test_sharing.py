"""Several monitors of one database: each probe is made by one of them, and one evaluates all."""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from support.fair_time import fair_time
from support.monitored import settings
from support.platform import Platform, serving
from support.programs import until
from support.stores import clock, new_schema, result, server_url

from amt_console.clock import FakeClock, SystemClock
from amt_console.config import Settings
from amt_console.model import AlertState, ServiceState
from amt_console.monitor.cluster.probing_monitor import ProbingMonitor
from amt_console.monitor.cluster.slots import SlotClaims, falls_to
from amt_console.monitor.schedule import phase
from amt_console.monitor.thread import EngineThread
from amt_console.store import Keyring, Store, StoreUnavailable
from amt_console.store.cluster.members import Cluster, Member, SlotClaim
from amt_console.store.encryption.keyring import DataKey

pytestmark = [pytest.mark.slow, pytest.mark.waits]

__all__ = ["clock", "new_schema", "server_url"]
NAMES = st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True)


@given(NAMES, st.text())
def test_a_target_falls_to_one_and_the_end_of_another_moves_nothing(monitors: list[str], target: str) -> None:
    chosen = falls_to(target, monitors)
    assert falls_to(target, list(reversed(monitors))) == chosen
    for gone in monitors:
        if gone != chosen:
            assert falls_to(target, [name for name in monitors if name != gone]) == chosen


def test_the_targets_are_spread() -> None:
    counted = collections.Counter(falls_to(f"service-{i}", ["a:1:x", "b:2:y", "c:3:z"]) for i in range(900))
    assert set(counted) == {"a:1:x", "b:2:y", "c:3:z"}
    assert min(counted.values()) > 250


def test_each_shares_out_over_the_whole_interval() -> None:
    monitors = ["a:1:x", "b:2:y"]
    halves = collections.Counter(
        (falls_to(name, monitors), phase(name, 60) < 30) for name in (f"service-{i}" for i in range(900))
    )
    assert len(halves) == 4
    assert min(halves.values()) > 175


@pytest.fixture
def store(server_url: str, clock: FakeClock) -> Iterator[Store]:
    with Store.open(server_url, clock=clock) as opened:
        yield opened


@contextmanager
def sharers(store: Store, count: int) -> Iterator[list[Cluster]]:
    with ExitStack() as stack:
        made = []
        for index in range(count):
            sharing = Cluster(store, Member(f"m{index}", "host", index, SystemClock().now()))
            stack.callback(sharing.leave)
            made.append(sharing)
        yield made


def claim(sharing: Cluster, target: str, interval: float, *, mine: bool) -> bool:
    return sharing.claim([SlotClaim(target, interval, mine)]) == {target}


def alive(sharing: Cluster) -> list[str]:
    return [heard.member.name for heard in sharing.check_in() if heard.alive]


@pytest.mark.postgres
def test_a_slot_is_given_once(store: Store) -> None:
    with sharers(store, 4) as all_of_them, ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda each: claim(each, "api", 60, mine=True), all_of_them))
        assert sorted(won) == [False] * 3 + [True]
        others = [each for each, has in zip(all_of_them, won, strict=True) if not has]
        assert not any(pool.map(lambda each: claim(each, "api", 60, mine=True), others))
        assert claim(all_of_them[0], "web", 60, mine=False)


@pytest.mark.postgres
def test_each_slot_of_a_batch_is_given_once_whoever_asks_for_it_in_whichever_order(store: Store) -> None:
    asked = [SlotClaim(f"s{index}", 60, True) for index in range(200)]
    with sharers(store, 4) as all_of_them, ThreadPoolExecutor(4) as pool:
        orders = [asked, asked[::-1], asked[100:] + asked[:100], asked]
        won = list(pool.map(lambda each, order: each.claim(order), all_of_them, orders))
        assert sorted(name for each in won for name in each) == sorted(each.target for each in asked)


@pytest.mark.postgres
def test_a_batch_gives_what_is_free_by_each_targets_own_interval(store: Store) -> None:
    with sharers(store, 2) as (first, second):
        assert first.claim([SlotClaim("slow", 60, True), SlotClaim("quick", 0.1, True)]) == {"slow", "quick"}
        until(lambda: second.claim([SlotClaim("slow", 60, True), SlotClaim("quick", 0.1, False)]) == {"quick"})
        assert second.claim([SlotClaim("slow", 60, True), SlotClaim("new", 60, False)]) == {"new"}
        assert first.claim([]) == frozenset()


@pytest.mark.postgres
def test_whoever_has_a_target_may_probe_it_again_by_its_own_schedule(store: Store) -> None:
    with sharers(store, 2) as (holder, other):
        assert claim(holder, "api", 3600, mine=True)
        assert claim(holder, "api", 60, mine=True), "its interval was shortened"
        assert not claim(holder, "api", 60, mine=False), "it falls to the other one now"
        assert not claim(other, "api", 60, mine=True)


@pytest.mark.postgres
def test_a_dead_monitors_targets_are_free_after_two_intervals(store: Store) -> None:
    with sharers(store, 2) as (dead, living):
        begun, fairly = time.monotonic(), fair_time()
        assert claim(dead, "api", 0.4, mine=True)
        assert not claim(living, "api", 0.4, mine=False)
        until(lambda: claim(living, "api", 0.4, mine=False), 5)
        assert time.monotonic() - begun >= 0.75
        assert fair_time() - fairly < 2


@pytest.mark.postgres
def test_who_leaves_gives_back_at_once_and_who_is_silent_is_not_counted_on(store: Store) -> None:
    with sharers(store, 2) as (first, second):
        assert alive(first) == ["m0"]
        assert alive(second) == ["m0", "m1"]
        assert claim(first, "api", 60, mine=True)
        first.leave()
        assert alive(second) == ["m1"]
        assert claim(second, "api", 60, mine=True)


@pytest.mark.postgres
async def test_claims_that_are_due_together_are_one_statement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = SlotClaims(store, SystemClock(), None, evaluates=True)
    asked: list[int] = []
    claim_all = slots.cluster.claim

    def counted(claims: Sequence[SlotClaim]) -> frozenset[str]:
        asked.append(len(claims))
        return claim_all(claims)

    monkeypatch.setattr(slots.cluster, "claim", counted)
    beats = asyncio.create_task(slots.run())
    assert all(await asyncio.gather(*(slots.claim(f"s{index}", 5) for index in range(300))))
    assert asked == [300]
    beats.cancel()
    await slots.aclose()


@pytest.mark.postgres
async def test_a_monitor_that_cannot_claim_probes_what_falls_to_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Sequence[SlotClaim]) -> frozenset[str]:
        raise StoreUnavailable("the server does not answer")

    slots = SlotClaims(store, SystemClock(), None, evaluates=True)
    monkeypatch.setattr(slots.cluster, "claim", fails)
    with sharers(store, 1) as (other,):
        other.check_in()
        beats = asyncio.create_task(slots.run())
        names = [f"s{index}" for index in range(20)]
        ours = {name for name in names if await slots.claim(name, 60)}
        assert ours == {name for name in names if falls_to(name, [slots.cluster.me.name, "m0"]) != "m0"}
        assert 0 < len(ours) < len(names)
        beats.cancel()
        await slots.aclose()


@pytest.mark.postgres
def test_a_failing_answer_arrives_and_is_encrypted_on_its_way(server_url: str, clock: FakeClock) -> None:
    keys = Keyring(DataKey.new())
    with Store.open(server_url, clock=clock, keys=keys) as store, sharers(store, 2) as (helper, evaluator):
        helper.hand_in([result("api", 0, ServiceState.DOWN, ms=None, answer=lambda: "the queue is full")])
        ((_, found),) = evaluator.handed_in(())[1]
        assert found.answer is not None
        assert found.answer() == "the queue is full"
        with store.read() as reads:
            on_its_way = reads._connection.execute(text("SELECT answer FROM relayed_results")).scalar_one()
        assert "queue" not in on_its_way
    with Store.open(server_url, clock=clock) as store, sharers(store, 1) as (without,):
        assert without.handed_in(())[1][0][1].answer is None


@pytest.mark.postgres
def test_results_arrive_as_they_were_measured(store: Store) -> None:
    with sharers(store, 2) as (helper, evaluator):
        sent = [result("api", 0, ms=1.25, status_code=200), result("web", 1, ms=None, error="refused", attempt=2)]
        helper.hand_in(sent)
        _, found = evaluator.handed_in(())
        assert [each for _, each in found] == sent
        with store.transaction() as writes:
            writes.drop_relayed([found[0][0]])
        assert evaluator.handed_in(()) == (set(), found[1:])
        assert evaluator.handed_in([number for number, _ in found]) == ({found[1][0]}, [])


def shared_settings(platform: Platform, count: int) -> Settings:
    services: list[dict[str, Any]] = [
        {"name": f"s{index}", "url": f"{platform.url}/s{index}", "interval": 1, "timeout": 0.5}
        for index in range(count)
    ]
    return settings({"services": services})


@pytest.mark.postgres
def test_two_share_the_probes_and_one_evaluates_and_either_may_go(server_url: str) -> None:
    clock, count = SystemClock(), 8
    paths = [f"/s{index}" for index in range(count)]
    with (
        serving() as platform,
        Store.open(server_url, clock=clock) as mine,
        Store.open(server_url, clock=clock) as its,
    ):
        chosen = shared_settings(platform, count)
        engine = EngineThread(settings=chosen, store=mine, store_url=server_url, clock=clock)
        helper = ProbingMonitor(settings=chosen, store=its, store_url=server_url, clock=clock)
        engine.start()
        helper.start()
        try:
            until(lambda: helper.probes_run >= 6)
            before, begun = platform.asked.copy(), clock.monotonic()
            ran = engine.status.probes_run, helper.probes_run
            until(lambda: sum(platform.asked[path] - before[path] for path in paths) >= 5 * count)
            seconds = clock.monotonic() - begun
            for path in paths:
                assert platform.asked[path] - before[path] <= seconds / 0.8 + 1, "nothing is probed twice in a slot"
            assert engine.status.probes_run > ran[0]
            assert helper.probes_run > ran[1]

            platform.status = 503

            def fired() -> bool:
                with mine.read() as reads:
                    firing = {
                        each.subject
                        for each in reads.alerts.open()
                        if each.state is AlertState.FIRING and each.rule_id == "service_down"
                    }
                return len(firing) == count

            until(fired)
            assert helper.stop()
            asked = platform.asked.copy()
            until(lambda: all(platform.asked[path] >= asked[path] + 2 for path in paths), 8)
        finally:
            helper.stop()
            engine.stop()
