"""A changed error is an event of the alert, with its own kept answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.alerting import Key

from amt_console.alerts import Rule, Sight, default_rules, fold_story, judge_probe, judge_sights, step
from amt_console.clock import FakeClock
from amt_console.model import AlertEvent, AlertState, Episode, ErrorClass, ProbeResult, ServiceState, Severity

REFUSED = "connection refused by 127.0.0.1:5000"


def down_rule() -> Rule:
    return next(rule for rule in default_rules() if rule.id == "service_down")


class Outage(Key):
    """A service that is probed."""

    def __init__(self) -> None:
        super().__init__(down_rule())
        self.answers: list[str | None] = []

    def probe(self, state: ServiceState = ServiceState.DOWN, **more: object) -> None:
        result = ProbeResult(self.subject, self.clock.now(), state, 15.0, **more)  # type: ignore[arg-type]
        observation = judge_probe(self.rule, result, at=self.clock.instant(), episode=self.episode)
        assert observation is not None
        done = step(self.episode, observation, self.rule)
        self.save(done)
        self.answers.append(done.answer)
        self.clock.advance(15)

    def refused(self) -> None:
        self.probe(error_class=ErrorClass.CONNECT_REFUSED, error=REFUSED)

    def status(self, code: int, answer: str = "") -> None:
        self.probe(
            error_class=ErrorClass.HTTP_STATUS, error=f"HTTP {code}", status_code=code, answer=lambda: answer or None
        )


def test_the_answer_of_the_first_failure_is_kept_and_later_ones_of_the_same_error_are_not() -> None:
    outage = Outage()
    for number in range(4):
        outage.status(500, f"answer {number}")
    outage.status(503, "another status")
    assert outage.answers == ["answer 0", None, None, None, None]
    assert outage.told == ["opened", "fired"]


def test_another_error_is_an_event_with_both_and_a_new_answer() -> None:
    outage = Outage()
    for _ in range(3):
        outage.refused()
    outage.status(500, "queue full")
    assert outage.answers == [None, None, None, "queue full"]
    changed = outage.events[outage.now.id or 0][-1]
    assert changed.kind == "error_changed"
    assert changed.detail == {"old_error": REFUSED, "new_error": "HTTP 500"}
    assert changed.message == outage.now.message
    outage.refused()
    assert outage.told == ["opened", "fired", "error_changed", "error_changed"]
    assert outage.answers[-1] is None
    assert outage.now.state is AlertState.FIRING


def test_other_words_of_the_same_error_are_no_event() -> None:
    outage = Outage()
    for seconds in (5.0, 5.1, 5.2, 5.3):
        outage.probe(error_class=ErrorClass.TIMEOUT, error=f"no answer within {seconds} s")
    assert outage.told == ["opened", "fired"]


def test_an_error_may_change_before_the_alert_fires_and_while_it_recovers() -> None:
    outage = Outage()
    outage.refused()
    outage.refused()
    outage.status(500, "queue full")
    assert outage.told == ["opened", "error_changed", "fired"]
    assert outage.answers[-1] == "queue full"
    outage.probe(ServiceState.UP)
    outage.refused()
    assert outage.told[-3:] == ["recovering", "relapsed", "error_changed"]
    assert outage.events[outage.now.id or 0][-1].detail == {"old_error": "HTTP 500", "new_error": REFUSED}


def test_an_alert_of_before_takes_its_error_without_an_event() -> None:
    outage = Outage()
    for _ in range(3):
        outage.refused()
    outage.episode = replace(outage.now, error_class=None)
    outage.status(500)
    assert outage.told == ["opened", "fired"]
    assert outage.now.error_class is ErrorClass.HTTP_STATUS


def test_locations_that_see_different_errors_do_not_change_it_again_and_again() -> None:
    clock, rule = FakeClock(), down_rule()

    def seen(location: str, error: ErrorClass) -> Sight:
        result = ProbeResult(
            "api", clock.now(), ServiceState.DOWN, 15.0, error_class=error, error=str(error), location=location
        )
        return Sight(location, (result,))

    episode: Episode | None = None
    kinds: list[str] = []
    for turn in range(6):
        errors = (ErrorClass.TIMEOUT, ErrorClass.CONNECT_REFUSED)
        sights = [seen("fra", errors[turn % 2]), seen("iad", errors[1 - turn % 2])]
        observation = judge_sights(rule, sights, at=clock.instant(), episode=episode)
        assert observation is not None
        done = step(episode, observation, rule)
        episode = done.episode
        kinds += [event.kind for event in done.events]
        clock.advance(15)
    assert "error_changed" not in kinds


def event(kind: str, clock: FakeClock, **more: object) -> AlertEvent:
    clock.advance(10)
    return AlertEvent(kind, clock.now(), AlertState.FIRING, Severity.CRITICAL, f"it is {kind}", **more)  # type: ignore[arg-type]


def test_runs_without_data_are_one_line() -> None:
    clock = FakeClock()
    opened, fired = event("opened", clock), event("fired", clock)
    blind = [event(kind, clock) for kind in ("stale", "fresh") * 3]
    note = event("note", clock, actor="ann", note="on it")
    alone = event("stale", clock)
    lines = fold_story([opened, fired, *blind, note, alone])
    assert [line.summary for line in lines] == [None, None, "no fresh data 3 times, for 30s in all", None, None]
    assert (lines[2].since, lines[2].event) == (blind[0].at, blind[-1])
    assert [line.event for line in lines if line.summary is None] == [opened, fired, note, alone]


@pytest.mark.parametrize(
    ("kinds", "summary"),
    [
        (("stale", "fresh"), "no fresh data once, for 10s in all"),
        (("stale", "fresh", "stale"), "no fresh data 2 times, for 10s in all, and now again"),
    ],
)
def test_a_run_says_how_often_and_how_long(kinds: tuple[str, ...], summary: str) -> None:
    clock = FakeClock()
    (line,) = fold_story([event(kind, clock) for kind in kinds])
    assert line.summary == summary


def test_long_runs_of_changing_errors_are_one_line() -> None:
    clock = FakeClock()
    changes = [
        event("error_changed", clock, detail={"old_error": str(turn), "new_error": str(turn + 1)}) for turn in range(5)
    ]
    (line,) = fold_story(changes)
    assert (line.summary, line.event, line.since) == (
        "the error changed 5 times, in the end: 5",
        changes[-1],
        changes[0].at,
    )
    assert [line.summary for line in fold_story(changes[:3])] == ["the error changed 3 times, in the end: 3"]
    assert [line.event for line in fold_story(changes[:2])] == changes[:2]
    plain = [replace(each, message=f"error {number}", detail={}) for number, each in enumerate(changes)]
    assert [line.summary for line in fold_story(plain)] == ["the error changed 5 times, in the end: error 4"]
