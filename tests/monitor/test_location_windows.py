"""Rules over a window with a quorum: the window of each location is judged by itself, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, Episode, ProbeResult, Service, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.cluster.locations import LocationMerger
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store

pytestmark = pytest.mark.slow

INTERVAL = 15.0
SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=INTERVAL)
SLOW = {"name": "sluggish", "signal": "response_time", "window": "10m", "aggregate": "p95", "above": 800, "fail": 1}
ERRORS = {"name": "error_rate", "signal": "error_rate", "above": 5, "severity": "critical", "fail": 1}
UPTIME = {"name": "uptime", "signal": "uptime", "window": "1h", "below": 99, "severity": "critical", "fail": 1}


class Watched:
    """A service that three locations probe every 15 seconds."""

    def __init__(self, store: Store, clock: FakeClock, rule: Mapping[str, object]) -> None:
        self.store = store
        self.clock = clock
        settings = Settings.model_validate({"web_app_url": "http://127.0.0.1:1", "rules": [dict(rule)]})
        ruleset = build_ruleset(settings, [SERVICE])
        self.points = LocationMerger(ruleset.depth)
        self.recorder = Recorder(store=store, ruleset=ruleset, clock=clock)

    def rounds(self, count: int, answer: Callable[[str, int], float | None]) -> None:
        """So many probes of each; ``answer`` gives the response time by location and number, ``None`` for a failure."""
        for number in range(count):
            items: list[Collected] = []
            for location in ("fra", "nyc", "sgp"):
                self.clock.advance(INTERVAL / 3)
                ms = answer(location, number)
                result = ProbeResult(
                    service="web",
                    timestamp=self.clock.now(),
                    state=ServiceState.UP if ms is not None else ServiceState.DOWN,
                    interval=INTERVAL,
                    response_time_ms=ms,
                    error=None if ms is not None else "refused",
                    location=location,
                )
                items += self.points.arrive(Collected(result, self.clock.instant()), {"fra", "nyc", "sgp"})
            self.recorder.write(items)

    def alert(self, rule: str) -> Episode | None:
        with self.store.read() as reads:
            mine = [each for each in reads.alerts.open() if each.rule_id == rule and each.state is AlertState.FIRING]
        return mine[0] if mine else None


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[[Mapping[str, object]], Watched]]:
    clock = FakeClock()
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        yield lambda rule: Watched(store, clock, rule)


def test_a_percentile_must_be_too_high_in_enough_locations(watched: Callable[..., Watched]) -> None:
    web = watched({**SLOW, "quorum": "2 of 3"})
    web.rounds(12, lambda location, _: 900.0 if location == "fra" else 20.0)
    assert web.alert("sluggish") is None
    web.rounds(12, lambda location, _: 20.0 if location == "sgp" else 900.0)
    alert = web.alert("sluggish")
    assert alert is not None
    assert alert.subject == "web"
    assert alert.message.startswith("web answers in 900 ms")
    assert alert.message.endswith(", from fra, nyc (2 of 3)")
    web.rounds(60, lambda *_: 20.0)
    assert web.alert("sluggish") is None


def test_failures_that_only_one_location_sees_are_not_the_services(watched: Callable[..., Watched]) -> None:
    web = watched({**ERRORS, "quorum": "2 of 3"})
    web.rounds(60, lambda location, number: None if location == "fra" and number % 5 == 4 else 20.0)
    assert web.alert("error_rate") is None
    web.rounds(60, lambda location, number: None if location != "nyc" and number % 5 == (location == "fra") else 20.0)
    alert = web.alert("error_rate")
    assert alert is not None
    assert "from fra, sgp (2 of 3)" in alert.message


def test_an_outage_is_left_out_of_every_locations_error_rate(watched: Callable[..., Watched]) -> None:
    web = watched({**ERRORS, "quorum": "1 of 3"})
    web.rounds(30, lambda *_: 20.0)
    web.rounds(8, lambda *_: None)
    assert web.alert("service_down") is not None
    web.rounds(30, lambda *_: 20.0)
    assert web.alert("service_down") is None
    assert web.alert("error_rate") is None, "the outage had an alert of its own"


def test_an_uptime_that_one_location_misses_is_its_own(watched: Callable[..., Watched]) -> None:
    web = watched({**UPTIME, "quorum": "2 of 3"})
    web.rounds(240, lambda location, number: None if location == "fra" and number % 4 == 3 else 20.0)
    assert web.alert("uptime") is None
    with web.store.read() as reads:
        now = web.clock.now()
        totals = reads.services.totals(start=now - timedelta(hours=1), end=now)
    assert (totals["web@fra"].availability or 1.0) < 0.8
    assert totals["web"].availability == 1.0, "of the service itself most had it up"


def test_without_a_quorum_the_window_is_that_of_the_combined_results(watched: Callable[..., Watched]) -> None:
    web = watched(ERRORS)
    web.rounds(60, lambda location, number: None if location == "fra" and number % 5 == 4 else 20.0)
    assert web.alert("error_rate") is None
    web.rounds(80, lambda location, number: None if location != "sgp" and number % 7 == 0 else 20.0)
    alert = web.alert("error_rate")
    assert alert is not None
    assert "from" not in alert.message
