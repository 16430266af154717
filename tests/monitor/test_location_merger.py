"""Several locations and one result: combined on arrival, judged by quorum, whatever order the results come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, Episode, ErrorClass, ProbeResult, Service, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.cluster.locations import LocationMerger
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.ruleset import build_ruleset

UP, DOWN, DEGRADED, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UNKNOWN
INTERVAL = 15.0
TARGET = Service(name="api", url="http://127.0.0.1:1/", interval=INTERVAL)
PLACES = ("fra", "nyc", "sgp")
QUICK = settings(max_examples=60)


class Sky:
    """A target that several locations watch, with the alerts that follow."""

    def __init__(self, *living: str, rules: Sequence[dict[str, object]] = ()) -> None:
        self.clock = FakeClock()
        self.living = set(living or PLACES)
        chosen = Settings.model_validate({"api_base_url": "http://127.0.0.1:1", "rules": list(rules)})
        ruleset = build_ruleset(chosen, [TARGET])
        self.points = LocationMerger(ruleset.depth)
        self.evaluator = Evaluator(ruleset)
        self.episodes: list[Episode] = []
        self.stored: dict[str, ProbeResult] = {}
        self.states: list[ServiceState] = []

    def see(self, location: str | None, state: ServiceState, *, attempt: int = 1, **more: object) -> list[Collected]:
        values: dict[str, object] = {
            "response_time_ms": None if state is DOWN else 20.0,
            "error": "connection refused" if state is DOWN else None,
            "error_class": ErrorClass.CONNECT_REFUSED if state is DOWN else None,
        }
        result = ProbeResult(
            service="api",
            timestamp=self.clock.now(),
            state=state,
            interval=INTERVAL,
            attempt=attempt,
            location=location,
            **(values | more),  # type: ignore[arg-type]
        )
        items = self.points.arrive(Collected(result, self.clock.instant()), self.living)
        for item in items:
            self.stored[item.result.service] = item.result
            if item.result.service == "api":
                self.states.append(item.result.state)
        ledger = Ledger(self.episodes)
        self.evaluator.evaluate(ledger, items)
        self.episodes = ledger.all()
        return items

    def fail(self, location: str) -> None:
        """A failure with its two re-checks, as the probing of one location makes them."""
        for attempt, wait in ((1, 1.0), (2, 2.0), (3, 0.0)):
            self.see(location, DOWN, attempt=attempt)
            self.clock.advance(wait)

    def around(self, **states: ServiceState) -> None:
        """One scheduled probe of each location."""
        for location, state in states.items():
            self.see(location, state)
            self.clock.advance(INTERVAL / len(states))

    @property
    def alert(self) -> Episode | None:
        found = [episode for episode in self.episodes if episode.rule_id == "service_down" and episode.open]
        return found[0] if found else None

    @property
    def api(self) -> ProbeResult:
        return self.stored["api"]


def test_what_one_location_alone_watches_is_left_as_it_is() -> None:
    sky = Sky("default")
    (item,) = sky.see(None, DOWN)
    assert (item.result.service, item.result.location, item.sights) == ("api", None, ())
    named = Sky("fra")
    (item,) = named.see("fra", UP)
    assert (item.result.service, item.result.location, item.sights) == ("api", "fra", ())


def test_with_the_second_location_each_has_its_own_series_and_the_target_a_combined_one() -> None:
    sky = Sky()
    sky.see("fra", UP, response_time_ms=40.0)
    sky.clock.advance(5)
    combined, own = sky.see("nyc", UP, response_time_ms=90.0)
    assert (combined.result.service, combined.result.location) == ("api", None)
    assert (own.result.service, own.result.location) == ("api@nyc", "nyc")
    assert own.sights == ()
    assert (combined.result.state, combined.result.response_time_ms) == (UP, 90.0)
    assert [sight.location for sight in combined.sights] == ["fra", "nyc"]


def test_a_monitor_without_a_location_is_one_as_well() -> None:
    sky = Sky("default", "fra")
    sky.see(None, UP)
    _, own = sky.see("fra", DOWN)
    assert own.result.service == "api@fra"
    _, own = sky.see(None, UP)
    assert (own.result.service, own.result.location) == ("api@default", "default")


def test_what_less_than_half_find_down_is_degraded_and_says_from_where() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    sky.see("fra", DOWN)
    assert sky.api.state is DEGRADED
    assert sky.api.error == "down from fra (1 of 3): connection refused"
    assert sky.api.error_class is ErrorClass.CONNECT_REFUSED
    assert sky.api.response_time_ms == 20.0, "of one that agrees"
    sky.see("sgp", DOWN)
    assert sky.api.state is DOWN
    assert sky.api.error == "from fra, sgp (2 of 3): connection refused"
    sky.see("nyc", UP)
    assert sky.api.state is DOWN, "the newest result is not the truth of all"
    assert sky.api.response_time_ms is None


def test_who_cannot_measure_leaves_the_denominator() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    sky.see("nyc", UNKNOWN, error_class=ErrorClass.LOCAL_ERROR, error="no route")
    assert sky.api.state is UP
    sky.see("sgp", UNKNOWN)
    sky.see("fra", DOWN)
    assert (sky.api.state, sky.api.error) == (DOWN, "connection refused")
    sky.see("fra", UNKNOWN, error="no file descriptors")
    assert (sky.api.state, sky.api.error) == (UNKNOWN, "no file descriptors")


def test_a_location_without_a_sign_of_life_is_not_asked() -> None:
    sky = Sky()
    sky.around(fra=DOWN, nyc=UP, sgp=UP)
    sky.living = {"fra", "nyc"}
    sky.see("fra", DOWN)
    assert sky.api.error == "down from fra (1 of 2): connection refused"
    sky.living = {"fra"}
    sky.see("fra", DOWN)
    assert (sky.api.state, sky.api.error) == (DOWN, "connection refused")
    (own,) = sky.see("nyc", UP)
    assert own.result.service == "api@nyc", "what comes in late is kept, and decides nothing"
    assert sky.api.state is DOWN


def test_a_location_that_nobody_has_heard_of_yet_decides_nothing() -> None:
    sky = Sky("fra")
    sky.see("fra", UP)
    (own,) = sky.see("nyc", DOWN)
    assert own.result.service == "api@nyc"
    assert sky.api.state is UP
    sky.living.add("nyc")
    sky.see("nyc", DOWN, attempt=2)
    assert sky.api.state is DEGRADED


def test_what_a_dead_location_had_left_behind_is_kept_as_its_own() -> None:
    sky = Sky("fra")
    stored = ProbeResult("api", sky.clock.now(), UP, INTERVAL)
    sky.points.recall("nyc", [stored], sky.clock.instant(), several=True)
    (own,) = sky.see("nyc", DOWN)
    assert own.result.service == "api@nyc"
    combined, own = sky.see("fra", UP)
    assert (combined.result.state, own.result.service) == (UP, "api@fra")


def test_what_is_recalled_confirms_only_without_a_pause() -> None:
    sky = Sky()
    now = sky.clock.now()
    row = [ProbeResult("api", now - timedelta(seconds=age), DOWN, INTERVAL) for age in (10, 25, 40, 3600, 3615)]
    sky.points.recall("fra", row[:3], sky.clock.instant(), several=True)
    sky.points.recall("nyc", [row[0], *row[3:]], sky.clock.instant(), several=True)
    sky.see("sgp", UP)
    assert sky.alert is not None
    assert (sky.alert.state, sky.alert.bad_count) == (AlertState.PENDING, 1)
    sky.see("nyc", DOWN, attempt=2)
    sky.see("nyc", DOWN, attempt=3)
    assert sky.alert.state is AlertState.FIRING


def test_a_living_location_whose_result_is_too_old_is_not_asked() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    sky.clock.advance(22)
    sky.see("fra", DOWN)
    assert sky.api.error == "down from fra (1 of 2): connection refused", "nyc was heard of 32 seconds ago, sgp 27"
    sky.clock.advance(16)
    sky.see("fra", DOWN)
    assert sky.api.state is DOWN


def test_after_a_day_without_the_others_a_target_is_one_locations_again() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP)
    assert len(sky.see("fra", UP)) == 2
    sky.living = {"fra"}
    for _ in range(25):
        sky.clock.advance(3600)
        items = sky.see("fra", UP)
    assert [item.result.service for item in items] == ["api"]


def test_an_outage_that_all_see_fires_as_fast_as_one_location_confirms_it() -> None:
    sky = Sky()
    for _ in range(3):
        sky.around(fra=UP, nyc=UP, sgp=UP)
    began = sky.clock.instant()
    sky.fail("fra")
    sky.clock.advance(2)
    assert sky.alert is None
    sky.fail("nyc")
    assert sky.alert is not None
    assert sky.alert.state is AlertState.FIRING
    assert sky.alert.message == "api is down: from fra, nyc (2 of 3): connection refused"
    assert sky.clock.instant().seconds_since(began) <= 8


@pytest.mark.slow
@QUICK
@given(st.tuples(*[st.floats(0.0, 14.9)] * 3), st.floats(0.0, 14.9))
def test_wherever_the_grids_lie_an_outage_is_known_within_an_interval_and_the_re_checks(
    grids: tuple[float, float, float], onset: float
) -> None:
    """At 15 s an interval that is 18 s, with the way of the results under 20 s."""
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    probes: list[tuple[float, str, ServiceState, int]] = []
    for place, grid in zip(PLACES, grids, strict=True):
        slots = [grid, grid + INTERVAL, grid + 2 * INTERVAL]
        failed = next(slot for slot in slots if slot >= onset)
        probes += [(slot, place, UP if slot < onset else DOWN, 1) for slot in slots]
        probes += [(failed + 1.0, place, DOWN, 2), (failed + 3.0, place, DOWN, 3)]
    now = 0.0
    for moment, place, state, attempt in sorted(probes):
        sky.clock.advance(moment - now)
        now = moment
        sky.see(place, state, attempt=attempt)
        if sky.alert is not None and sky.alert.state is AlertState.FIRING:
            break
    assert sky.alert is not None
    assert sky.alert.state is AlertState.FIRING
    assert now - onset <= INTERVAL + 3.0


def test_an_end_is_confirmed_too_and_told_once() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    for place in PLACES:
        sky.fail(place)
    first = sky.alert
    assert first is not None
    sky.around(fra=UP, nyc=UP, sgp=UP)
    assert sky.alert is not None
    assert sky.alert.state is AlertState.RECOVERING
    sky.around(fra=UP, nyc=UP, sgp=UP)
    assert sky.alert is None
    assert len([episode for episode in sky.episodes if episode.rule_id == "service_down"]) == 1
    assert sky.api.state is UP


def test_a_rule_of_ones_own_may_listen_to_a_single_location() -> None:
    rule = {"name": "anywhere", "signal": "service_down", "quorum": "1 of 3", "severity": "warning"}
    sky = Sky(rules=[rule])
    sky.around(fra=UP, nyc=UP, sgp=UP)
    sky.fail("fra")
    assert sky.alert is None
    (episode,) = [each for each in sky.episodes if each.open]
    assert (episode.rule_id, episode.state) == ("anywhere", AlertState.FIRING)
    assert episode.message == "api is down: from fra (1 of 3): connection refused"


def test_the_death_of_the_others_leaves_the_fault_to_the_last_one_and_it_fires_at_once() -> None:
    sky = Sky()
    sky.around(fra=UP, nyc=UP, sgp=UP)
    sky.fail("fra")
    sky.around(fra=DOWN, nyc=UP, sgp=UP)
    assert sky.alert is None
    sky.living = {"fra"}
    sky.see("fra", DOWN)
    assert sky.alert is not None
    assert sky.alert.state is AlertState.FIRING


STATES = st.sampled_from([UP, DOWN, DEGRADED, UNKNOWN])
LIVES = st.lists(st.tuples(st.sampled_from(PLACES), STATES, st.integers(1, 10)), max_size=60)


@pytest.mark.slow
@QUICK
@given(st.lists(st.tuples(STATES, st.integers(1, 3)), max_size=40))
def test_one_location_that_flaps_never_fires_a_rule_that_two_must_agree_on(
    flaps: list[tuple[ServiceState, int]],
) -> None:
    rule = {"name": "service_down", "signal": "service_down", "quorum": "2 of 3", "severity": "critical"}
    sky = Sky(rules=[rule])
    sky.around(fra=UP, nyc=UP, sgp=UP)
    for state, repeated in flaps:
        for attempt in range(1, repeated + 1):
            sky.see("fra", state, attempt=attempt)
            sky.clock.advance(1)
        sky.around(nyc=UP, sgp=UP)
        assert sky.alert is None
        assert sky.api.state is not DOWN


@pytest.mark.slow
@QUICK
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=40))
def test_locations_that_are_cut_off_confirm_no_lost_probe_of_another(rounds: list[tuple[bool, int]]) -> None:
    sky = Sky("ams", *PLACES)
    sky.around(ams=DOWN, fra=DOWN, nyc=UP, sgp=UP)
    for nyc_lost, meanwhile in rounds:
        if nyc_lost:
            sky.see("nyc", DOWN)
            for _ in range(meanwhile):
                for cut_off in ("ams", "fra"):
                    sky.see(cut_off, DOWN)
                    sky.clock.advance(0.1)
                assert sky.alert is not None
                assert (sky.alert.state, sky.alert.bad_count) == (AlertState.PENDING, 1)
            sky.see("nyc", UP, attempt=2)
        assert sky.alert is None
        sky.around(ams=DOWN, fra=DOWN, nyc=UP, sgp=UP)


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations(PLACES)))
@QUICK
@given(states=st.tuples(STATES, STATES, STATES))
def test_the_order_of_arrival_does_not_change_the_outcome(
    order: tuple[str, ...], states: tuple[ServiceState, ServiceState, ServiceState]
) -> None:
    seen = dict(zip(PLACES, states, strict=True))
    outcomes = []
    for places in (PLACES, order):
        sky = Sky()
        sky.around(fra=UP, nyc=UP, sgp=UP)
        for _ in range(3):
            for place in places:
                sky.see(place, seen[place])
                sky.clock.advance(1)
        alert = sky.alert
        outcomes.append((sky.api.state, sky.api.error if sky.api.state is not UNKNOWN else None, alert and alert.state))
    assert outcomes[0] == outcomes[1]


@pytest.mark.slow
@QUICK
@given(LIVES)
def test_of_any_history_the_combined_state_is_what_the_newest_results_say(
    history: list[tuple[str, ServiceState, int]],
) -> None:
    sky = Sky()
    newest: dict[str, tuple[ServiceState, float]] = {}
    several = False
    for place, state, wait in history:
        sky.clock.advance(wait)
        now = sky.clock.monotonic()
        sky.see(place, state)
        newest[place] = state, now
        speaking = {name: each for name, (each, at) in newest.items() if now - at <= 2 * INTERVAL}
        several = several or len(speaking) > 1
        known = [each for each in speaking.values() if each is not UNKNOWN]
        down = known.count(DOWN)
        if not known:
            expected = UNKNOWN
        elif 2 * down > len(known):
            expected = DOWN
        elif down or 2 * (known.count(DEGRADED) + down) > len(known):
            expected = DEGRADED
        else:
            expected = UP
        assert sky.api.state is (expected if several else state)


@pytest.mark.slow
@QUICK
@given(LIVES)
def test_results_have_times_of_their_own_whatever_comes_in_at_once(
    history: list[tuple[str, ServiceState, int]],
) -> None:
    sky = Sky()
    times = []
    for place, state, _ in history:
        times += [item.result.timestamp for item in sky.see(place, state) if item.sights]
    assert times == sorted(set(times))
