"""Rules with a quorum: how many locations must agree, confirmation, messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.alerting import two_tier_rule

from amt_console.alerts import (
    Account,
    Direction,
    Limits,
    Observation,
    Quorum,
    Rule,
    Sight,
    Signal,
    Verdict,
    agree,
    judge_sights,
    limit,
    step,
)
from amt_console.alerts.judging.observation import Streaks
from amt_console.clock import FakeClock
from amt_console.model import AlertState, AlertType, Episode, ErrorClass, ProbeResult, ServiceState, Value

UP, DOWN, DEGRADED, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UNKNOWN
RULE = Rule("service_down", AlertType.SERVICE_DOWN, Signal.SERVICE_DOWN)
AT = FakeClock().instant()
QUICK = settings(max_examples=60)


def probe(state: ServiceState, *, ms: float | None = 20.0, **more: object) -> ProbeResult:
    values: dict[str, object] = {
        "service": "api",
        "timestamp": AT.wall,
        "state": state,
        "interval": 15.0,
        "response_time_ms": None if state is DOWN else ms,
        "error": "connection refused" if state is DOWN else None,
    }
    return ProbeResult(**(values | more))  # type: ignore[arg-type]


def sight(location: str, *states: ServiceState) -> Sight:
    """What a location saw, newest first."""
    return Sight(location, tuple(probe(state) for state in states))


def seen(*sights: Sight, rule: Rule = RULE, episode: Episode | None = None) -> Observation:
    found = judge_sights(rule, sights, at=AT, episode=episode)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("need", "of", "living", "needed"),
    [(2, 3, 3, 2), (2, 3, 2, 2), (2, 3, 1, 1), (2, 3, 4, 3), (2, 3, 6, 4), (1, 3, 3, 1), (1, 3, 6, 2), (3, 3, 5, 5)],
)
def test_a_quorum_is_the_same_part_of_those_that_live(need: int, of: int, living: int, needed: int) -> None:
    assert Quorum(need, of).needed(living) == needed


@QUICK
@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_a_quorum_can_always_be_reached_and_never_by_nobody(one: int, other: int, living: int) -> None:
    quorum = Quorum(min(one, other), max(one, other))
    assert 1 <= quorum.needed(living) <= living
    assert quorum.needed(quorum.of) == quorum.need


@pytest.mark.parametrize(("need", "of"), [(0, 3), (3, 2), (-1, 1)])
def test_a_quorum_that_nobody_can_reach_is_refused(need: int, of: int) -> None:
    with pytest.raises(ValueError, match="quorum"):
        Quorum(need, of)


@pytest.mark.parametrize(
    ("states", "bad"),
    [
        ((DOWN,), True),
        ((DOWN, UP), False),
        ((DOWN, DOWN), True),
        ((DOWN, UP, UP), False),
        ((DOWN, DOWN, UP), True),
        ((DOWN, DOWN, UP, UP), False),
        ((DOWN, UNKNOWN, UP), False),
        ((DOWN, UNKNOWN, DOWN), True),
        ((DOWN, UNKNOWN), True),
    ],
)
def test_more_than_half_of_those_that_could_measure_must_see_it(states: tuple[ServiceState, ...], bad: bool) -> None:
    sights = [sight(f"l{index}", state) for index, state in enumerate(states)]
    assert seen(*sights).verdict.bad is bad


def test_a_rule_may_ask_for_one_or_for_all() -> None:
    sights = (sight("fra", DOWN), sight("nyc", UP), sight("sgp", UP))
    assert seen(*sights, rule=replace(RULE, quorum=Quorum(1, 3))).verdict is Verdict.CRITICAL
    two = (sight("fra", DOWN), sight("nyc", DOWN), sight("sgp", UP))
    assert seen(*two, rule=replace(RULE, quorum=Quorum(3, 3))).verdict is Verdict.OK


def test_the_words_name_the_locations_and_how_many_there_are() -> None:
    sights = (sight("nyc", DOWN), sight("fra", DOWN), sight("sgp", UP))
    assert seen(*sights).message == "api is down: from fra, nyc (2 of 3): connection refused"
    assert seen(sight("nyc", UP), sight("fra", DOWN), sight("sgp", UP)).message == "api is up, from nyc, sgp (2 of 3)"
    many = [sight(f"l{index}", DOWN) for index in range(7)]
    assert seen(*many).message == "api is down: from l0, l1, l2, l3, 3 more (7 of 7): connection refused"
    assert seen(sight("fra", DOWN), sight("nyc", UNKNOWN)).message == "api is down: connection refused"


def test_where_nobody_could_measure_there_is_no_data() -> None:
    local = Sight("nyc", (probe(DOWN, error_class=ErrorClass.LOCAL_ERROR, error="out of file descriptors"),))
    assert seen(sight("fra", UNKNOWN), local).verdict is Verdict.NO_DATA


def test_the_value_is_one_that_enough_locations_exceed() -> None:
    slow = [Sight(name, (probe(DEGRADED, ms=ms),)) for name, ms in (("fra", 6200.0), ("nyc", 9000.0), ("sgp", 30.0))]
    found = seen(*slow, rule=two_tier_rule())
    assert (found.verdict, found.value) == (Verdict.CRITICAL, 6200.0)
    assert found.message.endswith(", from fra, nyc (2 of 3)")
    found = seen(*slow, rule=two_tier_rule(quorum=Quorum(3, 3)))
    assert (found.verdict, found.value) == (Verdict.OK, 30.0)


def test_only_locations_that_find_it_as_bad_agree() -> None:
    slow = [Sight(name, (probe(DEGRADED, ms=ms),)) for name, ms in (("fra", 3000.0), ("nyc", 9000.0), ("sgp", 30.0))]
    one = seen(*slow, rule=two_tier_rule(quorum=Quorum(1, 3)))
    assert one.message == "api answers in 9 s, limit 5 s, from nyc (1 of 3)"
    two = seen(*slow, rule=two_tier_rule(quorum=Quorum(2, 3)))
    assert two.message == "api answers in 3 s, limit 2 s, from fra, nyc (2 of 3)"


@pytest.mark.parametrize(
    ("need", "streaks"),
    [
        (1, Streaks(bad=3, critical=2, mild=0, good=0)),
        (2, Streaks(bad=2, critical=0, mild=1, good=0)),
        (3, Streaks(bad=0, critical=0, mild=3, good=1)),
    ],
)
def test_a_run_is_as_long_as_enough_locations_have_it(need: int, streaks: Streaks) -> None:
    sights = [
        Sight(name, tuple(probe(DEGRADED, ms=ms) for ms in times))
        for name, times in (("fra", (9000, 9000, 3000, 30)), ("nyc", (3000, 9000)), ("sgp", (30, 3000, 30)))
    ]
    assert seen(*sights, rule=two_tier_rule(quorum=Quorum(need, 3)), episode=firing()).streaks == streaks


@pytest.mark.parametrize(
    ("known", "errors", "told"),
    [
        # The alert keeps its error while any location sees it, and takes the agreed one otherwise.
        (ErrorClass.TIMEOUT, (ErrorClass.TIMEOUT, ErrorClass.CONNECT_REFUSED), ErrorClass.TIMEOUT),
        (ErrorClass.CONNECT_REFUSED, (ErrorClass.TIMEOUT, ErrorClass.CONNECT_REFUSED), ErrorClass.CONNECT_REFUSED),
        (ErrorClass.DNS_ERROR, (ErrorClass.TIMEOUT, ErrorClass.CONNECT_REFUSED), ErrorClass.CONNECT_REFUSED),
        (None, (None, ErrorClass.TIMEOUT), ErrorClass.TIMEOUT),
    ],
)
def test_an_alert_keeps_its_error_while_a_location_sees_it(
    known: ErrorClass | None, errors: tuple[ErrorClass | None, ...], told: ErrorClass
) -> None:
    sights = [Sight(f"l{number}", (probe(DOWN, error_class=error),)) for number, error in enumerate(errors)]
    assert seen(*sights, episode=replace(firing(), error_class=known)).error_class is told


def test_what_the_few_see_is_no_error_of_a_service_that_is_up() -> None:
    down = Sight("fra", (probe(DOWN, error_class=ErrorClass.TIMEOUT),))
    episode = replace(firing(), error_class=ErrorClass.TIMEOUT)
    found = seen(down, sight("nyc", UP), sight("sgp", UP), episode=episode)
    assert (found.verdict, found.error_class) == (Verdict.OK, None)


def test_a_certificate_that_ends_is_judged_by_the_scheduled_probes_of_each() -> None:
    rule = Rule(
        "tls_expiry",
        AlertType.TLS_EXPIRY,
        Signal.TLS_EXPIRY,
        direction=Direction.BELOW,
        limits=Limits(warning=limit(Signal.TLS_EXPIRY, Direction.BELOW, 14.0)),
    )
    soon, late = (AT.wall + timedelta(days=days) for days in (3, 90))
    again = Sight("fra", (probe(UP, attempt=2), probe(UP, tls_expires_at=soon)))
    others = [Sight(name, (probe(UP, tls_expires_at=ends),)) for name, ends in (("nyc", soon), ("sgp", late))]
    assert seen(again, *others, rule=rule).verdict is Verdict.WARNING
    assert judge_sights(rule, [Sight("fra", (probe(UP, attempt=2),))], at=AT) is None


def test_each_location_confirms_for_itself() -> None:
    cut_off = sight("fra", *[DOWN] * 9)
    assert seen(cut_off, sight("nyc", DOWN, UP), sight("sgp", UP, UP)).streaks is not None
    first = seen(cut_off, sight("nyc", DOWN, UP), sight("sgp", UP, UP))
    opened = step(None, first, RULE)
    assert opened.episode is not None
    assert (opened.episode.state, opened.episode.bad_count) == (AlertState.PENDING, 1)
    for _ in range(5):
        again = step(opened.episode, seen(cut_off, sight("nyc", DOWN, UP), sight("sgp", UP, UP)), RULE)
        assert again.episode is not None
        assert again.episode.state is AlertState.PENDING, "the same result confirms nothing twice"
    confirmed = step(opened.episode, seen(cut_off, sight("nyc", DOWN, DOWN, DOWN), sight("sgp", UP)), RULE)
    assert confirmed.episode is not None
    assert confirmed.episode.state is AlertState.FIRING
    assert confirmed.episode.message == "api is down: from fra, nyc (2 of 3): connection refused"


def firing() -> Episode:
    found = step(None, seen(sight("fra", DOWN, DOWN, DOWN), sight("nyc", DOWN, DOWN, DOWN)), RULE).episode
    assert found is not None
    assert found.state is AlertState.FIRING
    return found


def test_the_end_is_confirmed_by_as_many_as_it_takes_to_contradict() -> None:
    episode = firing()
    once = seen(sight("fra", UP, DOWN), sight("nyc", DOWN, DOWN), sight("sgp", UP, UP), episode=episode)
    recovering = step(episode, once, RULE).episode
    assert recovering is not None
    assert recovering.state is AlertState.RECOVERING
    other = seen(sight("fra", UP, DOWN), sight("nyc", DOWN, DOWN), sight("sgp", UP, UP, UP), episode=recovering)
    still = step(recovering, other, RULE).episode
    assert still is not None
    assert still.state is AlertState.RECOVERING, "another probe of one that was never bad says nothing new"
    twice = seen(sight("fra", UP, UP), sight("nyc", DOWN, DOWN), sight("sgp", UP, UP), episode=recovering)
    ended = step(recovering, twice, RULE).episode
    assert ended is not None
    assert ended.state is AlertState.RESOLVED


STATES = st.lists(st.sampled_from([UP, DOWN, DEGRADED, UNKNOWN]), min_size=1, max_size=4)
SIGHTS = st.lists(STATES, min_size=1, max_size=5).map(
    lambda rows: [sight(f"l{index}", *states) for index, states in enumerate(rows)]
)


@pytest.mark.slow
@QUICK
@given(SIGHTS, st.randoms(), st.sampled_from([None, Quorum(1, 3), Quorum(2, 3), Quorum(3, 3)]))
def test_the_order_of_the_locations_does_not_matter(sights: list[Sight], random: object, quorum: Quorum | None) -> None:
    rule = replace(RULE, quorum=quorum)
    shuffled = list(sights)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = seen(*sights, rule=rule), seen(*shuffled, rule=rule)
    if one.verdict is not Verdict.NO_DATA:
        assert one == other


@QUICK
@given(SIGHTS)
def test_what_is_bad_to_a_larger_quorum_is_bad_to_a_smaller_one(sights: list[Sight]) -> None:
    of = len(sights)
    bad = [seen(*sights, rule=replace(RULE, quorum=Quorum(need, of))).verdict.bad for need in range(1, of + 1)]
    assert bad == sorted(bad, reverse=True)


def test_values_agree_in_the_same_way() -> None:
    rule = Rule("v", AlertType.ANOMALY, Signal.VALUE, limits=Limits(warning=limit(Signal.VALUE, Direction.ABOVE, 10.0)))

    def of(location: str, *numbers: float, attempt: int = 1) -> Sight:
        return Sight(location, tuple(probe(UP, values={"queue": Value(each)}, attempt=attempt) for each in numbers))

    def judged(*sights: Sight) -> Observation | None:
        return judge_sights(rule, sights, at=AT, value=("queue", "api/queue"))

    found = judged(of("fra", 30.0), of("nyc", 20.0, 5.0), of("sgp", 5.0))
    assert found is not None
    assert (found.subject, found.verdict, found.value) == ("api/queue", Verdict.WARNING, 20.0)
    assert found.streaks == Streaks(bad=1, critical=0, mild=1, good=0)
    found = judged(sight("fra", UP))
    assert found is not None
    assert (found.verdict, found.message) == (Verdict.NO_DATA, "api/queue: no data: the check gave no such value")
    found = judged(sight("fra", DOWN))
    assert found is not None
    assert found.message == "api/queue: no data: connection refused"
    assert judged(of("fra", 30.0, attempt=2)) is None


def test_windows_agree_in_the_same_way() -> None:
    def account(name: str, verdict: Verdict) -> Account:
        return Account(name, Observation("api", verdict, "api fails 9 % of its probes", AT, 9.0))

    rule = replace(two_tier_rule(), quorum=Quorum(2, 3))
    found = agree(rule, [account("fra", Verdict.WARNING), account("nyc", Verdict.CRITICAL), account("sgp", Verdict.OK)])
    assert found.verdict is Verdict.WARNING
    assert found.message == "api fails 9 % of its probes, from fra, nyc (2 of 3)"
    assert found.streaks is None
    assert agree(rule, [account("fra", Verdict.NO_DATA)]).verdict is Verdict.NO_DATA
