"""Monitors in several locations on one PostgreSQL database: each probes everything, and one brings it together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from support.monitored import settings
from support.platform import Platform, serving
from support.programs import until
from support.stores import new_schema, server_url

from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import AlertState, Episode, FigureKind, ServiceState
from amt_console.monitor.cluster.probing_monitor import ProbingMonitor
from amt_console.monitor.thread import EngineThread
from amt_console.store import Reads, Store
from amt_console.store.cluster.members import Cluster, Member, monitors_of

__all__ = ["new_schema", "server_url"]
pytestmark = [pytest.mark.postgres, pytest.mark.waits]
CLOCK = SystemClock()
UP, DOWN, DEGRADED = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED


class World:
    """A platform, a database, and monitors wherever a test wants them."""

    def __init__(self, url: str, platform: Platform, stack: ExitStack) -> None:
        self.url = url
        self.platform = platform
        self.stack = stack
        self.store = stack.enter_context(Store.open(url, clock=CLOCK))

    def settings(self, location: str | None, **document: Any) -> Settings:
        service = {"name": "api", "url": self.platform.url, "interval": 1, "timeout": 0.5}
        headers = {"X-Location": location or "default"}
        return settings({"services": [{**service, "headers": headers}], **document})

    @contextmanager
    def evaluator(self, location: str | None, **document: Any) -> Iterator[EngineThread]:
        """The monitor that evaluates."""
        with Store.open(self.url, clock=CLOCK) as store:
            chosen = self.settings(location, **document)
            engine = EngineThread(settings=chosen, store=store, store_url=self.url, clock=CLOCK, location=location)
            engine.start()
            try:
                yield engine
            finally:
                engine.stop()

    def helper(self, location: str | None, **document: Any) -> ProbingMonitor:
        """A monitor beside it."""
        store = self.stack.enter_context(Store.open(self.url, clock=CLOCK))
        chosen = self.settings(location, **document)
        helper = ProbingMonitor(settings=chosen, store=store, store_url=self.url, clock=CLOCK, location=location)
        helper.start()
        self.stack.callback(helper.stop)
        return helper

    def holds(self, found: Callable[[Reads], object]) -> Callable[[], object]:
        def look() -> object:
            with self.store.read() as reads:
                return found(reads)

        return look

    def state_is(self, name: str, state: ServiceState, error: str | None = None) -> Callable[[], object]:
        def right(reads: Reads) -> bool:
            status = reads.services.statuses().get(name)
            return (
                status is not None and status.state is state and (error is None or error in (status.last.error or ""))
            )

        return self.holds(right)

    def alert(self, rule: str = "service_down", state: AlertState = AlertState.FIRING) -> Callable[[], Episode | None]:
        def found() -> Episode | None:
            with self.store.read() as reads:
                mine = [each for each in reads.alerts.open() if each.rule_id == rule and each.state is state]
            return mine[0] if mine else None

        return found

    def episodes(self, rule: str = "service_down") -> list[Episode]:
        now = CLOCK.now()
        with self.store.read() as reads:
            found = reads.alerts.episodes(start=now.replace(year=2000), end=now.replace(year=9000), limit=100)
        return [episode for episode in found if episode.rule_id == rule]


@pytest.fixture
def world(server_url: str) -> Iterator[World]:
    with serving() as platform, ExitStack() as stack:
        yield World(server_url, platform, stack)


def test_one_location_that_sees_a_fault_is_told_and_alarms_nobody_and_two_do(world: World) -> None:
    with world.evaluator("fra"):
        world.helper("nyc")
        world.helper("sgp")
        for place in ("fra", "nyc", "sgp"):
            until(world.state_is(f"api@{place}", UP))
        world.platform.cut_off = {"nyc"}
        until(world.state_is("api", DEGRADED, "down from nyc (1 of 3): got 503 Service Unavailable, expected 2xx"))
        until(world.state_is("api@nyc", DOWN))
        asked = world.platform.asked["/"]
        world.platform.wait_asked("/", asked + 9)
        assert world.episodes() == []

        world.platform.cut_off = {"nyc", "sgp"}
        episode = until_found(world.alert())
        assert episode.message.startswith("api is down: from nyc, sgp (2 of 3): got 503 Service Unavailable")
        until(world.state_is("api", DOWN, "from nyc, sgp (2 of 3)"))
        until(world.state_is("api@fra", UP))

        world.platform.cut_off = set()
        until(lambda: world.alert()() is None and world.alert(state=AlertState.RECOVERING)() is None)
        until(world.state_is("api", UP))
        assert len(world.episodes()) == 1


def until_found(found: Callable[[], Episode | None]) -> Episode:
    until(found)
    episode = found()
    assert episode is not None
    return episode


def test_each_location_probes_everything_and_two_of_one_location_share(world: World) -> None:
    with world.evaluator("fra"):
        world.helper("fra")
        world.helper("nyc")
        until(lambda: len([each for each in monitors_of(world.store) if each.alive]) == 3)
        for place in ("fra", "nyc"):
            until(world.state_is(f"api@{place}", UP))
        begun = CLOCK.now()
        asked = world.platform.asked["/"]
        world.platform.wait_asked("/", asked + 12, 20)
        ended = CLOCK.now()
        seconds = (ended - begun).total_seconds()
        with world.store.read() as reads:
            for place in ("fra", "nyc"):
                found = reads.services.results(service=f"api@{place}", start=begun, end=ended, limit=100)
                assert {result.location for result in found} == {place}
                assert 3 <= len(found) <= seconds / 0.8 + 1, "once in a slot of each location"
        assert {(each.member.location, each.member.evaluates) for each in monitors_of(world.store)} == {
            ("fra", True),
            ("fra", False),
            ("nyc", False),
        }


def test_a_takeover_by_another_location_loses_no_alert_and_tells_none_twice(world: World) -> None:
    with world.evaluator("fra"):
        nyc = world.helper("nyc")
        world.helper("sgp")
        for place in ("fra", "nyc", "sgp"):
            until(world.state_is(f"api@{place}", UP))
        world.platform.cut_off = {"nyc", "sgp"}
        first = until_found(world.alert())
    nyc.stop()
    with world.evaluator("nyc"):
        until(world.state_is("api@nyc", DOWN))
        until(world.state_is("api", DOWN))
        asked = world.platform.asked["/"]
        world.platform.wait_asked("/", asked + 6)
        assert [episode.id for episode in world.episodes()] == [first.id]
        world.helper("fra")
        world.platform.cut_off = {"nyc"}
        until(lambda: world.alert()() is None and world.alert(state=AlertState.RECOVERING)() is None)
        until(world.state_is("api", DEGRADED, "down from nyc (1 of 3)"))
    (episode,) = world.episodes()
    with world.store.read() as reads:
        kinds = [event.kind for event in reads.alerts.events(episode.id or 0)]
    assert (kinds.count("fired"), kinds.count("resolved")) == (1, 1)


def test_a_fault_of_the_next_evaluators_own_network_is_outvoted_from_its_first_result_on(world: World) -> None:
    with world.evaluator("fra"):
        nyc = world.helper("nyc")
        world.helper("sgp")
        for place in ("fra", "nyc", "sgp"):
            until(world.state_is(f"api@{place}", UP))
        world.platform.cut_off = {"nyc"}
        until(world.state_is("api", DEGRADED))
        world.helper("fra")
        nyc.stop()
    with world.evaluator("nyc"):
        asked = world.platform.asked["/"]
        world.platform.wait_asked("/", asked + 9)
        until(world.state_is("api", DEGRADED, "down from nyc (1 of 3)"))
    assert world.episodes() == []
    with world.store.read() as reads:
        changes = reads.services.state_changes(start=CLOCK.now().replace(year=2000), end=CLOCK.now(), services=["api"])
    assert DOWN not in {change.state for change in changes}


def test_a_location_that_ends_leaves_the_decision_to_the_others(world: World) -> None:
    with world.evaluator("fra"):
        nyc = world.helper("nyc")
        until(world.state_is("api@nyc", UP))
        world.platform.cut_off = {"fra"}
        until(world.state_is("api", DEGRADED, "down from fra (1 of 2)"))
        nyc.stop()
        until(world.state_is("api", DOWN))
        until(world.alert())


def test_a_location_that_fell_silent_is_told_and_one_that_ended_is_not(world: World) -> None:
    killed = Cluster(world.store, Member("host:1:x", "host", 1, CLOCK.now(), "sgp"))
    killed.check_in()
    with world.evaluator("fra") as engine:
        nyc = world.helper("nyc")
        until(lambda: len([each for each in monitors_of(world.store) if each.alive]) == 3)
        nyc.stop()
        until(lambda: any("Location sgp has not been heard of since" in each for each in engine.status.notices))
        assert not [notice for notice in engine.status.notices if "nyc" in notice]
        killed.check_in()
        until(lambda: not [notice for notice in engine.status.notices if "sgp" in notice])
    killed.leave()


def test_what_the_platform_counts_is_read_by_the_location_that_evaluates(world: World) -> None:
    def document(place: str, mrr: int) -> dict[str, Any]:
        world.platform.bodies[f"/{place}"] = f'{{"mrr": {mrr}}}'.encode()
        url = f"{world.platform.url}/{place}"
        return {"services": [{"name": "revenue", "url": url, "interval": 1, "timeout": 0.5, "figures": "revenue"}]}

    def stored() -> set[object]:
        with world.store.read() as reads:
            start, end = CLOCK.now().replace(year=2000), CLOCK.now().replace(year=9000)
            return {value for _, value in reads.figures.history(FigureKind.REVENUE, "mrr", start, end)}

    with world.evaluator("fra", **document("fra", 100)):
        until(stored)
        world.helper("nyc", **document("nyc", 200))
        world.platform.wait_asked("/nyc", 5)
        until(world.state_is("revenue@nyc", UP))
        assert stored() == {100.0}
